/// What a value of a manifest may be.
indirect enum ManifestShape: Sendable {
    case string, boolean, integer, anything
    case choice([String])
    case list(ManifestShape)
    /// Exactly these keys.
    case table([ManifestKey])
    /// Any keys, with values of one shape.
    case map(ManifestShape)
    case mount(withPath: Bool)
    /// Of the environment.
    case variable
    case trustedFile

    /// As Gramine's message has it.
    var pythonName: String {
        switch self {
        case .string, .choice, .variable, .trustedFile: "str"
        case .boolean: "bool"
        case .integer: "int"
        case .list: "a list"
        case .table, .map, .mount: "a dictionary"
        case .anything: "anything"
        }
    }
}

struct ManifestKey: Sendable {
    let name: String
    let shape: ManifestShape
    let isRequired: Bool

    init(_ name: String, _ shape: ManifestShape, isRequired: Bool = false) {
        self.name = name
        self.shape = shape
        self.isRequired = isRequired
    }
}

/// Every key of Gramine 1.9 (its page "Manifest syntax", and the check that `gramine-manifest` makes).
enum ManifestSchema {
    static var manifest: ManifestShape {
        .table([
            ManifestKey("fs", fileSystem, isRequired: true),
            ManifestKey("libos", libOS, isRequired: true),
            ManifestKey("loader", loader, isRequired: true),
            ManifestKey("sgx", sgx),
            ManifestKey("sys", system),
        ])
    }

    private static var fileSystem: ManifestShape {
        .table([
            ManifestKey("mounts", .list(.mount(withPath: true)), isRequired: true),
            ManifestKey("root", .mount(withPath: false)),
            ManifestKey("start_dir", .string),
            ManifestKey("insecure__keys", .map(.string)),
        ])
    }

    private static var libOS: ManifestShape {
        .table([
            ManifestKey("entrypoint", .string, isRequired: true),
            ManifestKey("check_invalid_pointers", .boolean),
        ])
    }

    private static var loader: ManifestShape {
        .table([
            ManifestKey(
                "entrypoint",
                .table([ManifestKey("uri", .string, isRequired: true), ManifestKey("sha256", .string)]),
                isRequired: true
            ),
            ManifestKey("argv", .list(.string)),
            ManifestKey("argv_src_file", .string),
            ManifestKey("env", .map(.variable)),
            ManifestKey("env_src_file", .string),
            ManifestKey("gid", .integer),
            ManifestKey("uid", .integer),
            ManifestKey("insecure__use_cmdline_argv", .boolean),
            ManifestKey("insecure__use_host_env", .boolean),
            ManifestKey("insecure__disable_aslr", .boolean),
            ManifestKey("log_file", .string),
            ManifestKey("log_level", .choice(["none", "error", "warning", "debug", "trace", "all"])),
        ])
    }

    private static var openFeature: ManifestShape { .choice(["unspecified", "disabled", "required"]) }
    private static var closedFeature: ManifestShape { .choice(["disabled", "required"]) }

    private static var sgx: ManifestShape {
        .table([
            ManifestKey("allowed_files", .list(.string)),
            ManifestKey(
                "cpu_features",
                .table(
                    CPUFeature.allCases.map {
                        ManifestKey($0.rawValue, $0.canBeUnspecified ? openFeature : closedFeature)
                    }
                )
            ),
            ManifestKey("debug", .boolean),
            ManifestKey("edmm_enable", .boolean),
            ManifestKey("enable_stats", .boolean),
            ManifestKey("insecure__allow_memfaults_without_exinfo", .boolean),
            ManifestKey("preheat_enclave", .boolean),
            ManifestKey("use_exinfo", .boolean),
            ManifestKey("vtune_profile", .boolean),
            ManifestKey("enclave_size", .string),
            ManifestKey("file_check_policy", .choice(["strict", "allow_all_but_log"])),
            ManifestKey("insecure__rpc_thread_num", .integer),
            ManifestKey("isvprodid", .integer),
            ManifestKey("isvsvn", .integer),
            ManifestKey("max_threads", .integer),
            ManifestKey(
                "profile",
                .table([
                    ManifestKey("enable", .choice(["none", "main", "all"])),
                    ManifestKey("mode", .choice(["aex", "ocall_inner", "ocall_outer"])),
                    ManifestKey("with_stack", .boolean),
                    ManifestKey("frequency", .integer),
                ])
            ),
            ManifestKey("remote_attestation", .choice(["none", "dcap"])),
            ManifestKey(
                "seal_key",
                .table(["flags_mask", "xfrm_mask", "misc_mask"].map { ManifestKey($0, .string) })
            ),
            ManifestKey("trusted_files", .list(.trustedFile)),
        ])
    }

    static let trustedFile = [ManifestKey("uri", .string, isRequired: true), ManifestKey("sha256", .string)]

    private static var system: ManifestShape {
        .table([
            ManifestKey(
                "allowed_ioctls",
                .list(
                    .table([ManifestKey("request_code", .integer, isRequired: true), ManifestKey("struct", .string)])
                )
            ),
            ManifestKey("ioctl_structs", .map(.anything)),
            ManifestKey("brk", .table([ManifestKey("max_size", .string)])),
            ManifestKey("stack", .table([ManifestKey("size", .string)])),
            ManifestKey("fds", .table([ManifestKey("limit", .integer)])),
            ManifestKey("disallow_subprocesses", .boolean),
            ManifestKey("enable_extra_runtime_domain_names_conf", .boolean),
            ManifestKey("enable_sigterm_injection", .boolean),
            ManifestKey("experimental__enable_flock", .boolean),
            ManifestKey("insecure__allow_eventfd", .boolean),
            ManifestKey(
                "debug__mock_syscalls",
                .list(.table([ManifestKey("name", .string, isRequired: true), ManifestKey("return", .integer)]))
            ),
        ])
    }

    /// What a mount of a type has beside `type` and `path`.
    static let mountTypes: [String: [ManifestKey]] = [
        "chroot": [ManifestKey("uri", .string, isRequired: true)],
        "encrypted": [
            ManifestKey("uri", .string, isRequired: true),
            ManifestKey("key_name", .string),
            ManifestKey("enable_recovery", .boolean),
        ],
        "tmpfs": [ManifestKey("uri", .string)],
        "untrusted_shm": [ManifestKey("uri", .string, isRequired: true)],
    ]

    /// Keys of earlier versions, and what to write today.
    static let former: [String: String] = [
        "fs.mount": "it is the array fs.mounts since Gramine 1.2",
        "fs.experimental__enable_sysfs_topology": "leave it out",
        "libos.check_invalid_pointer": "it is libos.check_invalid_pointers",
        "loader.exec": "it is libos.entrypoint since Gramine 1.0",
        "loader.pal_internal_mem_size": "leave it out; Gramine has no such limit since 1.5",
        "loader.preload": "leave it out; it is loader.entrypoint since Gramine 1.2",
        "sgx.nonpie_binary": "leave it out; it has no meaning since Gramine 1.5",
        "sgx.protected_files": "mount them with type = \"encrypted\" in fs.mounts",
        "sgx.ra_client_linkable": "leave it out; it belonged to EPID, which is gone",
        "sgx.ra_client_spid": "leave it out; it belonged to EPID, which is gone",
        "sgx.require_amx": "it is sgx.cpu_features.amx = \"required\" since Gramine 1.6",
        "sgx.require_avx": "it is sgx.cpu_features.avx = \"required\" since Gramine 1.6",
        "sgx.require_avx512": "it is sgx.cpu_features.avx512 = \"required\" since Gramine 1.6",
        "sgx.require_exinfo": "it is sgx.use_exinfo since Gramine 1.6",
        "sgx.require_mpx": "it is sgx.cpu_features.mpx = \"required\" since Gramine 1.6",
        "sgx.require_pkru": "it is sgx.cpu_features.pkru = \"required\" since Gramine 1.6",
        "sgx.rpc_thread_num": "it is sgx.insecure__rpc_thread_num since Gramine 1.2, and 0 is the secure value",
        "sgx.sigfile": "leave it out; Gramine finds the signature by its name",
        "sgx.static_address": "leave it out; it has no meaning any more",
        "sgx.thread_num": "it is sgx.max_threads since Gramine 1.4",
        "sgx.zero_heap_on_demand": "leave it out",
        "sys.insecure__allow_memfaults_without_exinfo": "it is sgx.insecure__allow_memfaults_without_exinfo",
    ]
}

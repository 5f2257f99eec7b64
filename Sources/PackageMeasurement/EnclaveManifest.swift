internal import Files
internal import Gramine
internal import Notation
package import PackageFormat

/// The Gramine manifest of a service: a function of its record alone (docs/decisions/0016-the-services-manifest.md).
struct EnclaveManifest {
    let record: EnclaveRecord

    /// The folder beside the manifest that is the enclave's root. What runs lies there under its measured path.
    static let root = "root"
    private static let home = "home"

    private static let stack = "2M"
    private static let heap = "64M"
    private static let descriptors = 4096

    /// The manifest before its trusted files were hashed.
    /// - Throws: `GramineError`.
    func manifest(_ surroundings: RecordSurroundings) throws(GramineError) -> Manifest {
        var manifest = try Manifest(root)
        try manifest.addEntrypoint(libOS: Self.root + record.libraryOS, surroundings: surroundings)
        return manifest
    }

    private var root: Node {
        let agent = record.settings.agent
        return .object([
            "loader": .object([
                "log_level": "error",
                "argv": Self.texts(arguments(.measured)),
                "env": Node(.object(variables(.measured).map { Member($0.name, Node($0.value)) })),
            ]),
            "libos": .object(["entrypoint": Node(agent.path)]),
            "sys": .object([
                "stack": .object(["size": Node(Self.stack)]),
                "brk": .object(["max_size": Node(Self.heap)]),
                "fds": .object(["limit": Node(Self.descriptors)]),
                "disallow_subprocesses": true,
                "enable_sigterm_injection": true,
                // It would stand above a file that is measured.
                "enable_extra_runtime_domain_names_conf":
                    Node(.boolean(record.digest(of: OperatorData.readByGramine) == nil)),
            ]),
            "fs": .object([
                "root": .object(["type": "chroot", "uri": Node("file:" + Self.root)]),
                "mounts": Node(.array(mounts)),
            ]),
            "sgx": enclave,
        ])
    }

    /// What the agent is started with, its own path first. The record that goes with it holds what the agent proves
    /// itself; for the other files the library OS does.
    func arguments(_ places: EnclavePlaces) -> [String] {
        let agent = record.settings.agent
        let own = EnclaveRecord(settings: record.settings, files: record.packageFiles)
        return [
            places.root + agent.path, "--platform", agent.platform.rawValue, "--package", places.package,
            "--launch", places.launch, "--state", places.sealed, "--memory", places.memory,
            "--record", JSON.canonical(own.node),
        ]
    }

    /// All variables that the agent finds.
    func variables(_ places: EnclavePlaces) -> [(name: String, value: String)] {
        [
            ("LD_LIBRARY_PATH", record.libraryFolders.map { places.root + $0 }.joined(separator: ":")),
            ("LANG", "C.UTF-8"),
            ("SSL_CERT_FILE", OperatorData.authorities),
            // It would start a program.
            ("SWIFT_BACKTRACE", "enable=no"),
            // An arena of 64 MiB for each thread doesn't fit.
            ("MALLOC_ARENA_MAX", "1"),
        ]
    }

    private var mounts: [Node] {
        [
            .object(["type": "tmpfs", "path": Node(EnclavePlaces.measured.memory)]),
            .object(["type": "tmpfs", "path": "/tmp"]),
            .object(["type": "chroot", "path": Node(EnclavePlaces.instance), "uri": "file:."]),
            .object([
                "type": "encrypted", "path": Node(EnclavePlaces.instance + "/" + Self.home),
                "uri": Node("file:" + Self.home),
                "key_name": Node(Self.home),
            ]),
        ]
    }

    private var enclave: Node {
        let settings = record.settings.enclave
        var data = OperatorData.files(beside: record).filter { ExactText($0) != ExactText(OperatorData.readByGramine) }
        if OperatorData.hasTimeZones(beside: record) { data.append(OperatorData.timeZones + "/") }
        return .object([
            "remote_attestation": "dcap",
            "debug": Node(.boolean(settings.isDebug)),
            "enclave_size": Node(Self.size(settings.byteCount)),
            "max_threads": Node(settings.threads),
            "isvprodid": Node(settings.productID),
            "isvsvn": Node(settings.securityVersion),
            "file_check_policy": "strict",
            "allowed_files": Self.texts(
                ["file:package.tar", "file:launch.json", "file:sealed/"]
                    + data.map { "file:" + Self.root + $0 }
            ),
            "trusted_files": Self.texts(record.machineFiles.map { "file:" + Self.root + $0.path }),
        ])
    }

    /// As signer and loader both read it.
    private static func size(_ byteCount: Int) -> String {
        for (unit, shift) in [("G", 30), ("M", 20), ("K", 10)]
        where byteCount > 0 && byteCount & ((1 << shift) - 1) == 0 {
            return "\(byteCount >> shift)\(unit)"
        }
        return "\(byteCount)"
    }

    private static func texts(_ list: [String]) -> Node { Node(.array(list.map { Node($0) })) }
}

extension EnclaveRecord {
    /// Files of the machine; those of the package have no path.
    var machineFiles: [File] { files.filter { $0.path.utf8.first == UInt8(ascii: "/") } }
    package var packageFiles: [File] { files.filter { $0.path.utf8.first != UInt8(ascii: "/") } }

    /// Gramine's, which lies beside its loader's folder; on the simulated processor the loader stands in for it.
    var libraryOS: String {
        let loader = settings.agent.loader
        switch settings.agent.platform {
        case .simulator: return loader
        case .sgx: return Files.split(Files.split(loader).folder).folder + "/libsysdb.so"
        }
    }

    /// Where the shared objects lie, for the loader of shared objects.
    var libraryFolders: [String] {
        var seen: Set<ExactText> = []
        return files.filter(\.isSharedObject).map { Files.split($0.path).folder }.filter {
            !ExactText($0).hasSuffix("/lib-dynload") && seen.insert(ExactText($0)).inserted
        }
    }
}

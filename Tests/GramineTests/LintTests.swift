import Files
import Foundation
import Gramine
import GramineVectors
import Notation
import SGXQuote
import Testing

@Suite("Lint")
struct LintTests {
    /// A manifest without any finding.
    private static let clean: [String: String] = [
        "libos.entrypoint": "'/app/main'", "loader.log_level": "'error'", "loader.env.MALLOC_ARENA_MAX": "'1'",
        "fs.root.type": "'tmpfs'",
        "fs.mounts": "[{ path = '/app', uri = 'file:app' }, { path = '/tmp', type = 'tmpfs' }]",
        "sgx.edmm_enable": "true", "sgx.enclave_size": "'1G'", "sgx.max_threads": "8", "sgx.isvprodid": "1",
        "sgx.isvsvn": "1", "sgx.cpu_features": "{ avx = 'required', avx512 = 'required', amx = 'required' }",
        "sgx.trusted_files": "['file:app/']", "sgx.remote_attestation": "'dcap'", "sys.stack.size": "'2M'",
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let rule: LintRule
        var level: LintFinding.Level?
        var changes: [String: String] = [:]
        var facts = ServiceFacts()
        /// Whether the files that are odd are there.
        var isOdd = false

        init(
            _ rule: LintRule,
            _ changes: [String: String] = [:],
            level: LintFinding.Level? = nil,
            isOdd: Bool = false,
            facts: (inout ServiceFacts) -> Void = { _ in }
        ) {
            self.rule = rule
            self.changes = changes
            self.level = level
            self.isOdd = isOdd
            facts(&self.facts)
        }

        var testDescription: String { "\(rule.rawValue) \(changes)" }
    }

    static let cases: [Case] = [
        Case(.debugEnclave, ["sgx.debug": "true"]),
        Case(.allowedShadowsTrusted, ["sgx.allowed_files": "['file:app']"]),
        Case(.allowedShadowsTrusted, ["sgx.allowed_files": "['file:./app//main']"]),
        Case(.allowedCode, ["sgx.allowed_files": "['file:x/lib.so.1']"]),
        Case(.allowedCode, ["sgx.allowed_files": "['file:other/']"]),
        Case(.allowedCode, ["sgx.allowed_files": "['file:x/args']", "loader.argv_src_file": "'file:x/args'"]),
        Case(.allowedBroad, ["sgx.allowed_files": "['file:/']"]),
        Case(.allowedBroad, ["sgx.allowed_files": "['file:./']"]),
        Case(.allowedBroad, ["sgx.allowed_files": "['file:/etc/']"]),
        Case(.allowedBroad, ["sgx.allowed_files": "['file:app/']"]),
        Case(.allowedAny, ["sgx.allowed_files": "['file:data/x']"]),
        Case(.allowedDevice, ["sgx.allowed_files": "['dev:/dev/x']"]),
        Case(.checkPolicy, ["sgx.file_check_policy": "'allow_all_but_log'"]),
        Case(.hostArgv, ["loader.insecure__use_cmdline_argv": "true"]),
        Case(.hostEnv, ["loader.insecure__use_host_env": "true"]),
        Case(.envPassthrough, ["loader.env.TZ": "{ passthrough = true }"], level: .warning),
        Case(.envPassthrough, ["loader.env.LD_PRELOAD": "{ passthrough = true }"], level: .error),
        Case(.envPassthrough, ["loader.env.https_proxy": "{ passthrough = true }"], level: .error),
        Case(.argvSourceUnprotected, ["loader.argv_src_file": "'file:args'"]),
        Case(.argvSourceUnprotected, ["loader.env_src_file": "'file:env'"]),
        Case(.keyInManifest, ["fs.insecure__keys.default": "'00'"]),
        Case(.aslrOff, ["loader.insecure__disable_aslr": "true"]),
        Case(.logLevel, ["loader.log_level": "'debug'"]),
        Case(.logFile, ["loader.log_file": "'x'"]),
        Case(.memfaultWithoutExinfo, ["sgx.insecure__allow_memfaults_without_exinfo": "true"]),
        Case(.noExinfo) { $0.handlesFaults = true },
        Case(.exitless, ["sgx.insecure__rpc_thread_num": "2"]),
        Case(.eventfdHost, ["sys.insecure__allow_eventfd": "true"]),
        Case(.sigterm, ["sys.enable_sigterm_injection": "true"]),
        Case(.flock, ["sys.experimental__enable_flock": "true"]),
        Case(.mockSyscalls, ["sys.debug__mock_syscalls": "[{ name = 'sched_yield' }]"]),
        Case(.ioctl, ["sys.allowed_ioctls": "[{ request_code = 1 }]"]),
        Case(.untrustedShm, mounts("{ path = '/shm', type = 'untrusted_shm', uri = 'dev:/dev/shm' }")),
        Case(.mountHostProc, mounts("{ path = '/p', uri = 'file:/proc/self/' }")),
        Case(.mountHostProc, mounts("{ path = '/p', uri = 'file:/usr/../dev' }")),
        Case(.mountRoot, mounts("{ path = '/host', uri = 'file:/' }")),
        Case(.mountRoot, ["fs.root": "{ uri = 'file:/' }"]),
        Case(.mountShadow, mounts("{ path = '/tmp', type = 'tmpfs' }")),
        Case(.mountShadow, mounts("{ path = '/a/b', type = 'tmpfs' }, { path = '/a', type = 'tmpfs' }")),
        Case(.encryptedOverlap, mounts(encrypted("/x", "x", "k") + ", " + encrypted("/y", "x/y", "k"))),
        Case(.encryptedOverlap, mounts(encrypted("/x", "x", "k") + ", " + encrypted("/y", "./x/", "k"))),
        Case(.encryptedDefaultKey, mounts("{ path = '/x', type = 'encrypted', uri = 'file:x' }")),
        Case(.sealedMrsigner, mounts(encrypted("/x", "x", "_sgx_mrsigner"))),
        Case(.sealedNotDurable, mounts(encrypted("/x", "x", "_sgx_mrenclave"))),
        Case(.sealMaskFlags, ["sgx.seal_key.flags_mask": "'0xfffffffffffffff0'"]),
        Case(.sealMaskOdd, ["sgx.seal_key.misc_mask": "'0x0'"]),
        Case(.domainConf, ["sys.enable_extra_runtime_domain_names_conf": "true"]),
        Case(.noAttestation, ["sgx.remote_attestation": "'none'"]) { $0.readsQuotes = true },
        Case(.svnZero, ["sgx.isvprodid": "0", "sgx.isvsvn": "0"]),
        Case(.enclaveNotPower, ["sgx.enclave_size": "'768M'"]),
        Case(.enclaveSizeSpelling, ["sgx.enclave_size": "'0x40000000'"]),
        Case(.enclaveSizeSpelling, ["sys.stack.size": "'2m'"]),
        Case(.enclaveTooLarge, ["sgx.edmm_enable": "false", "sgx.enclave_size": "'8G'"]),
        Case(.enclaveTooLarge, ["sgx.edmm_enable": "false"]) { $0.enclavePageCache = 512 << 20 },
        Case(.enclaveRange, ["sgx.enclave_size": "'2048G'"]),
        Case(.threadsLow, ["sgx.max_threads": "3"]),
        Case(.threadsHigh, ["sgx.max_threads": "65"]),
        Case(.threadsArena, ["sgx.edmm_enable": "false", "sgx.max_threads": "32", "loader.env.MALLOC_ARENA_MAX": ""]),
        Case(.stackSmall, ["sys.stack.size": "'512K'"]) { $0.minimumStack = 1 << 20 },
        Case(.stackSmall, ["sys.stack.size": "'1M'", "libos.entrypoint": "'/app/python3.11'"]),
        Case(.stackLarge, ["sgx.edmm_enable": "false", "sys.stack.size": "'64M'"]),
        Case(.brkSmall) { $0.allocatesHeavily = true },
        Case(.fdsLow) { $0.connections = 1000 },
        Case(.preheatEDMM, ["sgx.preheat_enclave": "true"]),
        Case(.preheatLarge, ["sgx.edmm_enable": "false", "sgx.preheat_enclave": "true", "sgx.enclave_size": "'2G'"]),
        Case(.edmmOff, ["sgx.edmm_enable": "false"]),
        Case(.edmmLatency) { $0.allocatesHeavily = true },
        Case(.pointerChecks) { $0.isHot = true },
        Case(.subprocess) { $0.isSingleProcess = true },
        Case(.cpuUnspecified, ["sgx.cpu_features": "{ avx = 'required', avx512 = 'required' }"]),
        Case(.cpuDisabledAVX, ["sgx.cpu_features": "{ avx = 'disabled' }"]) { $0.usesAVX = true },
        Case(.avx512ClearsAVX, ["sgx.cpu_features": "{ avx = 'required', avx512 = 'disabled' }"]),
        Case(.pkruMPX, ["sgx.cpu_features": "{ pkru = 'required' }"]),
        Case(.statsProfile, ["sgx.enable_stats": "true"]),
        Case(.statsProfile, ["sgx.profile.enable": "'main'"]),
        Case(.trustedMany, ["sgx.trusted_files": given((0...2000).map { "file:app/\($0)" })]),
        Case(.trustedLarge, ["sgx.trusted_files": "['file:app/', 'file:odd/large']"], isOdd: true),
        Case(.trustedBytecode, ["sgx.trusted_files": given(["file:app/__pycache__/x.pyc", "file:app/main"])]),
        Case(.trustedVolatile, ["sgx.trusted_files": given(["file:/etc/hosts", "file:app/main"])]),
        Case(.trustedVolatile, ["sgx.trusted_files": given(["file:app/.git/HEAD", "file:app/main"])]),
        Case(.trustedUnmounted, ["sgx.trusted_files": "['file:app/', 'file:other/tool.py']"]),
        Case(.mountUntrusted, mounts("{ path = '/o', uri = 'file:other' }")),
        Case(.trustedSymlinkDir, ["sgx.trusted_files": "['file:app/', 'file:odd/']"], isOdd: true),
        Case(.trustedUnreadable, ["sgx.trusted_files": "['file:app/', 'file:odd/']"], isOdd: true),
        Case(.entrypointUntrusted, ["libos.entrypoint": "'/app/absent'"]),
        Case(.entrypointUntrusted, ["libos.entrypoint": "'/tmp/main'"]),
        Case(.interpreterScript, ["libos.entrypoint": "'/app/script'"]),
        Case(.hashGiven, ["sgx.trusted_files": given(["file:app/main"])]),
        Case(.duplicateURI, ["sgx.trusted_files": "['file:app/', 'file:./app/main']"]),
        Case(.oldSyntax, ["sgx.thread_num": "4"]),
        Case(.oldSyntax, ["sgx.remote_attestation": "'epid'"]),
        Case(.oldSyntax, ["loader.entrypoint": "'file:libsysdb.so'"]),
        Case(.oldGramine) { $0.gramine = [1, 5] },
        Case(.oldGramine) { $0.gramine = [1, 6, 1] },
        Case(.signingDate) { $0.isDatedToday = true },
    ]

    private static func mounts(_ more: String) -> [String: String] {
        ["fs.mounts": "[{ path = '/app', uri = 'file:app' }, { path = '/tmp', type = 'tmpfs' }, \(more)]"]
    }

    private static func encrypted(_ path: String, _ uri: String, _ key: String) -> String {
        "{ path = '\(path)', type = 'encrypted', uri = 'file:\(uri)', key_name = '\(key)' }"
    }

    private static func given(_ uris: [String]) -> String {
        "[" + uris.map { "{ uri = '\($0)', sha256 = '00' }" }.joined(separator: ", ") + "]"
    }

    private func findings(
        _ changes: [String: String] = [:],
        facts: ServiceFacts = ServiceFacts(),
        image: ELFImage? = nil,
        isOdd: Bool = false
    ) throws -> [LintFinding] {
        let folder = try Files.makeTemporaryFolder(in: NSTemporaryDirectory(), prefix: "lint")
        defer { try? Files.remove(folder) }
        for name in ["app", "other", "odd"] { try Files.makeFolder(folder + "/" + name) }
        try Files.write("main", to: folder + "/app/main")
        try Files.write("#!/usr/bin/env python3\n", to: folder + "/app/script")
        try Files.write("", to: folder + "/other/tool.py")
        if isOdd {
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/odd/link",
                withDestinationPath: "../other"
            )
            try FileManager.default.createSymbolicLink(atPath: folder + "/odd/broken", withDestinationPath: "nowhere")
            // Full of nothing.
            try Files.write("", to: folder + "/odd/large")
            let file = try FileHandle(forWritingTo: URL(filePath: folder + "/odd/large"))
            try file.truncate(atOffset: 65 << 20)
            try file.close()
        }
        let lines = Self.clean.merging(changes) { $1 }.filter { !$0.value.isEmpty }
        let changed = lines.filter { line in
            // What a change defines as a whole takes the place of its parts.
            !changes.keys.contains { $0 != line.key && line.key.hasPrefix($0 + ".") }
        }
        let text = changed.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }.joined()
        let manifest = try Manifest(reading: Array(text.utf8))
        let surroundings = SparseSurroundings(inner: VectorSurroundings(folder: folder))
        var expanded = manifest
        let files = try expanded.expandTrustedFiles(surroundings: surroundings)
        return LintSubject(manifest, files: files, image: image, facts: facts, surroundings: surroundings).findings
    }

    @Test("a manifest in order has no finding")
    func none() throws {
        #expect(try findings() == [])
    }

    @Test("each rule finds what it is for, and nothing in a manifest in order", arguments: cases)
    func rule(vector: Case) throws {
        let found = try findings(vector.changes, facts: vector.facts, isOdd: vector.isOdd)
            .filter { $0.rule == vector.rule }
        let finding = try #require(found.first)
        #expect(finding.level == vector.level ?? vector.rule.level)
        #expect(finding.description.contains(vector.rule.rawValue))
    }

    @Test("every rule is tried")
    func complete() {
        let ofImages: Set<LintRule> = [.imageOverlap, .imageUnaligned, .imageOrder]
        #expect(Set(Self.cases.map(\.rule)).union(ofImages) == Set(LintRule.allCases))
    }

    @Test("the document lists every rule with its level")
    func document() throws {
        let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder
        let page = String(decoding: try Files.read(project + "/docs/gramine.md"), as: UTF8.self)
        let rows = page.matches(of: /(?m)^\| `([a-z0-9-]+)` \| ([EWI]) \|/).map { "\($0.1) \($0.2)" }
        #expect(rows == LintRule.allCases.map { "\($0.rawValue) \($0.level.rawValue)" })
    }

    @Test("findings come with the worst first, each with its place")
    func order() throws {
        let found = try findings([
            "sgx.debug": "true", "sys.enable_sigterm_injection": "true", "loader.log_file": "'x'",
        ])
        #expect(found.map(\.rule) == [.debugEnclave, .logFile, .sigterm])
        #expect(found.allSatisfy { $0.place.line > 0 })
    }

    @Test("loaders that no processor takes are told")
    func images() throws {
        let bytes = try GramineCase.image("pal-basic.so")
        #expect(try findings(image: ELFImage(reading: bytes)) == [])
        /// Of the second segment's header.
        let header = 64 + 56
        for (place, value, rule) in [
            (header + 16, UInt8(0x08), LintRule.imageUnaligned), (header + 17, 0, .imageOverlap),
            (header + 17, 0x70, .imageOrder),
        ] {
            var changed = bytes
            changed[place] = value
            let found = try findings(image: ELFImage(reading: changed)).map(\.rule)
            #expect(found.contains(rule), "\(rule): \(found)")
        }
    }
}

/// Files whose hashes nobody looks at.
private struct SparseSurroundings: Surroundings {
    let inner: VectorSurroundings

    func kind(of path: String) -> EntryKind? { inner.kind(of: path) }
    func linkTarget(of path: String) -> String? { inner.linkTarget(of: path) }
    func isReadable(_ path: String) -> Bool { inner.isReadable(path) }
    func names(in folder: String) throws(GramineError) -> [String] { try inner.names(in: folder) }
    func digests(of paths: [String]) throws(GramineError) -> [FixedBytes<32>] { paths.map { _ in FixedBytes() } }
    func byteCount(of path: String) -> Int? { inner.byteCount(of: path) }
    func beginning(of path: String) -> [UInt8]? { inner.beginning(of: path) }
    func resolved(_ path: String) throws(GramineError) -> String { try inner.resolved(path) }
    func output(of program: String, arguments: [String]) throws(GramineError) -> String { "" }
    func variable(_ name: String) -> String? { nil }
}

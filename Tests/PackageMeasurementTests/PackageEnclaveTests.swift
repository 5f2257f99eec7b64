import Crypto
import Files
import Gramine
import Notation
import PackageFormat
import PackageMeasurement
import SGXQuote
import TestSupport
import Testing

@Suite("Enclaves of packages")
struct PackageEnclaveTests {
    private static let loader = SmallLoader.bytes()

    /// - Parameter loader: whose digest is measured.
    private static func record(
        _ platform: PackageFormat.EnclaveSettings.Platform = .simulator,
        in folder: String = "/opt/mse",
        loader: [UInt8] = loader
    ) -> EnclaveRecord {
        var settings = PackageFormat.EnclaveSettings(
            application: "app:app",
            mode: .plain(tokenDigest: [UInt8](repeating: 9, count: 32)),
            python: "3.11.2",
            agent: .init(path: folder + "/mse-bootstrap", loader: folder + "/sgx/loader", platform: platform)
        )
        settings.enclave.byteCount = 256 << 20
        settings.enclave.threads = 8
        let others = [
            folder + "/mse-bootstrap", folder + "/libsysdb.so", "/usr/lib/x86_64-linux-gnu/libc.so.6",
            "/usr/lib/python3.11/os.py", "app.tar", "environment.tar",
        ]
        return EnclaveRecord(
            settings: settings,
            files: [.init(path: folder + "/sgx/loader", digest: Array(SHA256.hash(data: loader)))]
                + others.map { .init(path: $0, digest: Array(SHA256.hash(data: Array($0.utf8)))) }
        )
    }

    /// Every document that differs in one value, with the value's place.
    private static func changes(_ node: Node, _ path: String = "") -> [(path: String, node: Node)] {
        switch node.value {
        case .object(let members):
            members.indices.flatMap { index in
                changes(members[index].node, path + "." + members[index].name).map { change in
                    var members = members
                    members[index].node = change.node
                    return (change.path, Node(.object(members)))
                }
            }
        case .array(let elements):
            elements.indices.flatMap { index in
                changes(elements[index], path + "[\(index)]").map { change in
                    var elements = elements
                    elements[index] = change.node
                    return (change.path, Node(.array(elements)))
                }
            } + (elements.isEmpty ? [] : [(path, Node(.array(elements.dropLast())))])
        case .string(let text):
            [(path, Node(text + "0")), (path, Node("\(text.dropLast())\(text.last == "1" ? 2 : 1)"))]
        case .number(let digits): [(path, Node(digits == "8" ? 9 : 8))]
        case .boolean(let isTrue): [(path, Node(.boolean(!isTrue)))]
        default: []
        }
    }

    @Test("each value of a record is measured, or refused when it is another")
    func changedRecords() throws {
        let record = Self.record(), own = try PackageEnclave(record, loader: Self.loader).measurement
        let changes = Self.changes(record.node)
        #expect(changes.count > 50)
        for (path, changed) in changes {
            let other = try? PackageEnclave(EnclaveRecord(changed), loader: Self.loader).measurement
            #expect(other != own, "\(path)")
        }
    }

    @Test("every other choice is another measurement")
    func choices() throws {
        let base = Self.record(), own = try PackageEnclave(base, loader: Self.loader).measurement
        var found: Set<FixedBytes<32>> = [own]
        let changes: [(inout EnclaveRecord) -> Void] = [
            { $0.settings.mode = .open }, { $0.settings.mode = .encrypted }, { $0.settings.agent.tls = .clear },
            { $0.settings.agent.tls = .owner }, { $0.settings.agent.platform = .sgx }, { $0.settings.log = .open },
            { $0.settings.log = .none }, { $0.settings.enclave.byteCount *= 2 }, { $0.settings.enclave.isDebug = true },
            { $0.settings.agent.path = $0.files[0].path }, { $0.settings.server.interface = "wsgi" },
            { $0.files[0].path = "/y" }, { $0.files.append(.init(path: "/z", digest: $0.files[0].digest)) },
            { $0.files.append(.init(path: "other.tar", digest: $0.files[0].digest)) }, { $0.files.removeLast() },
        ]
        for change in changes {
            var record = base
            change(&record)
            let other = try PackageEnclave(record, loader: Self.loader).measurement
            #expect(found.insert(other).inserted, "\(record)")
        }
    }

    @Test("each value of the manifest is measured: files, arguments, variables, keys")
    func changedManifests() throws {
        let enclave = try PackageEnclave(Self.record(), loader: Self.loader)
        let image = try ELFImage(reading: Self.loader)
        #expect(try EnclaveLayout(manifest: enclave.manifest, image: image).measurement == enclave.measurement)
        let manifest = try TOML.read(enclave.manifest)
        let changes = Self.changes(manifest)
        #expect(changes.count > 100)
        for (path, changed) in changes {
            guard let text = try? Manifest(changed).text else { continue }
            let other = try? EnclaveLayout(manifest: text, image: image).measurement
            #expect(other != enclave.measurement, "\(path)")
        }
    }

    @Test("each byte of the loader is measured, and another loader than the record's is refused")
    func loaders() throws {
        let other = SmallLoader.bytes(mark: 1)
        let error = #expect(throws: GramineError.self) { try PackageEnclave(Self.record(), loader: other) }
        #expect(error?.kind == .image)
        let own = try PackageEnclave(Self.record(), loader: Self.loader)
        let changed = try PackageEnclave(Self.record(loader: other), loader: other)
        #expect(own.measurement != changed.measurement)
        // Its pages too, not its digest in the manifest alone.
        let image = try ELFImage(reading: other)
        #expect(try EnclaveLayout(manifest: own.manifest, image: image).measurement != own.measurement)
        #expect(throws: GramineError.self) { try PackageEnclave(Self.record(loader: [1, 2]), loader: [1, 2]) }
    }

    @Test(
        "its own text is what is measured of it, and Gramine takes every key",
        arguments: PackageFormat.EnclaveSettings.Platform.allCases
    )
    func texts(platform: PackageFormat.EnclaveSettings.Platform) throws {
        let enclave = try PackageEnclave(Self.record(platform), loader: Self.loader)
        let manifest = try Manifest(reading: enclave.manifest)
        #expect(manifest.text == enclave.manifest)
        #expect(manifest.schemaProblems.isEmpty)
        let libraryOS = platform == .sgx ? "file:root/opt/mse/libsysdb.so" : "file:root/opt/mse/sgx/loader"
        #expect(manifest["loader", "entrypoint", "uri"]?.value == .string(libraryOS))
    }

    @Test("a package for SGX whose list lacks the library OS has no enclave")
    func withoutLibraryOS() throws {
        var record = Self.record(.sgx)
        record.files.removeAll { $0.path.hasSuffix("libsysdb.so") }
        let error = #expect(throws: GramineError.self) { try PackageEnclave(record, loader: Self.loader) }
        #expect(error?.kind == .missingFile)
    }

    @Test(
        "of the operator's data, what is measured is trusted alone: Gramine compares no hash of what is allowed too",
        arguments: OperatorData.files + [OperatorData.timeZones + "/Europe/Berlin"]
    )
    func measuredData(path: String) throws {
        var record = Self.record()
        record.files.append(.init(path: path, digest: record.files[0].digest))
        let enclave = try PackageEnclave(record, loader: Self.loader)
        #expect(enclave.findings.allSatisfy { $0.level != .error }, "\(enclave.findings)")
        #expect(enclave.trustedFiles.contains { $0.uri == "file:root" + path })
    }

    @Test("nothing in it names a place on the machine that launches it")
    func places() throws {
        let enclave = try PackageEnclave(Self.record(), loader: Self.loader)
        let text = String(decoding: enclave.manifest, as: UTF8.self)
        let uris = text.matches(of: /"((?:file|dev):[^"]*)"/).map(\.output.1)
        #expect(uris.count > 10)
        for uri in uris { #expect(uri.hasPrefix("file:") && !uri.hasPrefix("file:/") && !uri.contains("..")) }
    }

    @Test("what Gramine's users would object to is in the decision record with its reason, and nothing else")
    func findings() throws {
        let path = Files.split(Files.split(ProjectVectors.root).folder).folder
        let page = String(
            decoding: try Files.read(path + "/docs/decisions/0016-the-services-manifest.md"),
            as: UTF8.self
        )
        let reasons = page.matches(of: /(?m)^\| `([a-z-]+)` \| ([WI]) \| .{20,} \|$/)
        var expected: Set<String> = []
        for reason in reasons { expected.insert("\(reason.output.2) \(reason.output.1)") }
        let findings = try PackageEnclave(Self.record(), loader: Self.loader).findings
        #expect(Set(findings.map { "\($0.level.rawValue) \($0.rule.rawValue)" }) == expected)
        #expect(findings.allSatisfy { $0.level != .error })
        // What isn't told of a package has its reason there, and nothing else is passed over.
        #expect(Set(PackageEnclave.reasoned.map(\.rawValue)) == Set(reasons.map { String($0.output.1) }))
        #expect(try PackageEnclave(Self.record(), loader: Self.loader).objections.isEmpty)
    }

    @Test("what the owner chose and lint objects to is told, and nothing that every service has")
    func objections() throws {
        var record = Self.record()
        record.settings.enclave.isDebug = true
        let enclave = try PackageEnclave(record, loader: Self.loader)
        #expect(enclave.objections.map(\.rule) == [.debugEnclave])
        #expect(enclave.objections.allSatisfy { $0.level == .error })
        #expect(enclave.findings.count > enclave.objections.count)
    }

    /// - Parameter paths: of further files.
    private static func enclave(_ paths: [String]) throws -> PackageEnclave {
        var record = record()
        record.files += paths.map { .init(path: $0, digest: Array(SHA256.hash(data: Array($0.utf8)))) }
        return try PackageEnclave(record, loader: loader)
    }

    @Test(
        "a sign that takes the next one into it hides no file's kind",
        arguments: [
            ("/usr/lib/python3/mod.pyc", LintRule.trustedBytecode),
            // U+0D4E is a letter to Python, and one character with the dot behind it to a String.
            ("/usr/lib/python3/mod\u{D4E}.pyc", .trustedBytecode), ("/usr/lib/x\u{D4E}.log", .trustedVolatile),
        ]
    )
    func hiddenNames(path: String, rule: LintRule) throws {
        #expect(try Self.enclave([path]).objections.map(\.rule) == [rule])
    }

    @Test("names that look alike are those of two files")
    func alike() throws {
        #expect(try Self.enclave(["/u/K", "/u/\u{212A}"]).objections.isEmpty)
        for (name, isAgent) in [("\u{212A}-agent", false), ("K-agent", true)] {
            var record = Self.record()
            record.settings.agent.path = "/opt/mse/K-agent"
            record.files.append(.init(path: "/opt/mse/" + name, digest: record.files[0].digest))
            let changed = record
            if isAgent {
                #expect(try PackageEnclave(changed, loader: Self.loader).objections.isEmpty)
            } else {
                #expect(throws: GramineError.self) { try PackageEnclave(changed, loader: Self.loader) }
            }
        }
    }

    @Test("an agent that isn't among the files is refused, wherever it would lie")
    func noAgent() throws {
        for path in ["/opt/mse/other", "/instance/home/agent", "/tmp/agent"] {
            var record = Self.record()
            record.settings.agent.path = path
            #expect(throws: GramineError.self) { try PackageEnclave(record, loader: Self.loader) }
        }
    }

    private static let growths = [
        Growth("files", 8...2048, make: { count in try enclave((0..<count).map { "/f/\($0)" }) }) { _ = $0.findings },
        Growth("depth", 8...2048, make: { try enclave(["/" + String(repeating: "a/", count: $0) + "b"]) }) {
            _ = $0.findings
        },
    ]

    @Test("eight times the files, or the folders above one, take lint some eight times as long", arguments: growths)
    func growth(_ lint: Growth) throws {
        let result = try lint.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }
}

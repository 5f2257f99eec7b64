import CodeEncryption
import Files
import Foundation
import Notation
import PackageBuilding
import PackageFormat
import PackageMeasurement
import SGXQuote
import TestSupport
import Testing

/// What a package says is measured, refused, or read by nothing that runs it.
@Suite("Fields of a package")
struct MeasuredFieldTests {
    private let folder: TemporaryFolder
    private var members: [(name: String, bytes: [UInt8])] = []
    private let measurement: FixedBytes<32>

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("project/mse.toml", Self.settings)
        try folder.write("project/mse_src/app.py", "app = print\n")
        let package = try SmallProject.build(in: folder, encrypts: false).package
        measurement = try PackageFile(package).enclave().measurement
        var reader = try TarReader(package)
        while let member = try reader.next() {
            members.append((member.name, try reader.content(limit: member.byteCount)))
        }
    }

    private static let settings = """
        name = "p"
        python_application = "app:app"
        healthcheck_endpoint = "/"
        tests_cmd = "pytest"
        tests_requirements = ["pytest"]
        [enclave]
        size = "1G"
        threads = 64
        debug = false
        product_id = 1
        svn = 1
        [server]
        interface = "auto"
        threads = 4
        grace = 30
        max_body = "256M"
        max_header = "64K"
        [log]
        application = "sealed"
        [package]
        include = []
        allow_sources = false

        """

    /// With one member replaced.
    private func packageIsOther(_ name: String, _ bytes: [UInt8]) throws -> Bool {
        let path = folder.path + "/changed.tar"
        try Files.remove(path)
        let tar = try TarWriter(path)
        for member in members { try tar.add(member.name, member.name == name ? bytes : member.bytes) }
        try tar.finish()
        do {
            return try PackageFile(path).enclave().measurement != measurement
        } catch {
            return true
        }
    }

    private func text(_ name: String) throws -> [UInt8] { try #require(members.first { $0.name == name }).bytes }

    /// Every document that differs in one value, with the value's place.
    private static func changes(_ value: Any, _ path: String = "") -> [(path: String, value: Any)] {
        switch value {
        case let object as [String: Any]:
            object.keys.sorted().flatMap { key in
                changes(object[key]!, path + "." + key).map { change in
                    (change.path, object.merging([key: change.value]) { $1 } as Any)
                } + [(path + "." + key, object.filter { $0.key != key } as Any)]
            }
        case let list as [Any]:
            list.indices.flatMap { index in
                changes(list[index], path + "[\(index)]").map { change in
                    var copy = list
                    copy[index] = change.value
                    return (change.path, copy as Any)
                }
            } + [(path, Array(list.dropLast()) as Any)]
        case let text as String:
            [
                (path, text + "0"), (path, "/usr/bin/other"), (path, "sgx"), (path, "3.12.1"),
                (path, text.replacing("0", with: "1")), (path, ""),
            ].filter { $0.1 != text }
        case let number as Int: [(path, number + 1), (path, 0)]
        default: []
        }
    }

    @Test(
        "each field of runtime.json and start.json is measured, or refused when it is another",
        arguments: [
            "runtime.json", "start.json",
        ]
    )
    func documents(name: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(text(name)))
        let changes = Self.changes(object)
        #expect(changes.count >= 10)
        for (path, changed) in changes {
            let bytes = Array(try JSONSerialization.data(withJSONObject: changed))
            #expect(try packageIsOther(name, bytes), "\(name)\(path)")
        }
    }

    @Test("a field that isn't known is refused", arguments: ["runtime.json", "start.json"])
    func unknown(name: String) throws {
        for field in ["interpreter", "python3", "environment", "preload"] {
            var object = try #require(JSONSerialization.jsonObject(with: Data(text(name))) as? [String: Any])
            object[field] = "/usr/bin/python3"
            #expect(try packageIsOther(name, Array(JSONSerialization.data(withJSONObject: object))), "\(field)")
        }
    }

    /// Of mse.toml; what they mean is their owner's or their operator's affair.
    private static let unmeasured: Set<String> = [
        "name", "healthcheck_endpoint", "tests_cmd", "tests_requirements", "include", "allow_sources",
    ]

    @Test("each line of mse.toml is measured, but for those that nothing in the enclave reads")
    func settings() throws {
        let others = [
            "\"p\"": "\"q\"", "\"app:app\"": "\"other:app\"", "\"/\"": "\"/x\"", "\"pytest\"": "\"nose\"",
            "[\"pytest\"]": "[\"nose\"]", "\"1G\"": "\"512M\"", "64": "32", "1": "2", "\"auto\"": "\"wsgi\"", "4": "8",
            "30": "31", "\"256M\"": "\"1M\"", "\"64K\"": "\"8K\"", "\"sealed\"": "\"open\"", "[]": "[\".env\"]",
            "false": "true",
        ]
        let lines = Self.settings.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (index, line) in lines.enumerated() where line.contains("=") {
            let parts = line.components(separatedBy: " = "), other = try #require(others[parts[1]])
            var changed = lines
            changed[index] = parts[0] + " = " + other
            let isOther = try packageIsOther("mse.toml", Array(changed.joined(separator: "\n").utf8))
            #expect(isOther == !Self.unmeasured.contains(parts[0]), "\(line)")
        }
    }

    @Test("what isn't measured has no reader among the targets that run a package")
    func readers() throws {
        let sources = Files.split(Files.split(Files.split(#filePath).folder).folder).folder + "/Sources/"
        let properties = /\.(healthCheck|testCommand|testRequirements|allowSources|include|interpreter)\b/
        for target in ["EnclaveAgent", "SimulatedProcessor", "ApplicationServing", "mse-bootstrap"] {
            let files = FileManager.default.enumerator(atPath: sources + target)
            while let file = files?.nextObject() as? String {
                guard file.hasSuffix(".swift"), !file.hasSuffix("/RuntimeDescription.swift") else { continue }
                let text = String(decoding: try Files.read(sources + target + "/" + file), as: UTF8.self)
                #expect(text.matches(of: properties).isEmpty, "\(target)/\(file)")
            }
        }
    }

    @Test("the archives of code and environment are measured, lock and tests aren't")
    func archives() throws {
        for (name, isMeasured) in [
            ("app.tar", true), ("environment.tar", true), ("loader", true), ("environment.lock", false),
            ("tests.tar", false),
        ] {
            let isOther = try packageIsOther(name, try text(name) + [0])
            #expect(isOther == isMeasured, "\(name)")
        }
    }
}

import CodeEncryption
import Files
import Notation
import PackageFormat
import PackageMeasurement
import Secrets
import TestSupport
import Testing

/// docs/formats/package.md and record.md, by what Python makes of them.
@Suite("Vectors of packages and records")
struct PackageVectorTests {
    private let vectors: Vector
    private let folder: TemporaryFolder

    init() throws {
        vectors = try ProjectVectors.read("package.json")
        folder = try TemporaryFolder()
    }

    /// A file with these bytes.
    private func file(_ vector: Vector) throws -> String {
        try folder.write("file", vector.base64("file"))
        return folder.path + "/file"
    }

    private struct Content: Equatable {
        var name: String
        var bytes: [UInt8]
    }

    private func members(_ path: String) throws -> [Content] {
        var reader = try TarReader(path)
        var members: [Content] = []
        while let member = try reader.next() {
            members.append(Content(name: member.name, bytes: try reader.content(limit: member.byteCount)))
        }
        return members
    }

    private func opens(_ package: PackageFile, _ key: [UInt8]) throws -> Bool {
        let proof = try KeyProof(package, mode: package.mode)
        let key = try SecretKey(copying: key.span.bytes)
        return try proof.accepts(key)
    }

    private func write(_ contents: [Content], to path: String) throws {
        let writer = try TarWriter(path)
        for content in contents { try writer.add(content.name, content.bytes) }
        try writer.finish()
    }

    @Test("archives are written and read as Python's are, byte for byte")
    func tars() throws {
        for archive in try vectors.list("tars") {
            let path = folder.path + "/own.tar"
            try Files.remove(path)
            let wanted = try archive.list("members").map { member in
                Content(name: try member.text("name"), bytes: try member.hex("content"))
            }
            try write(wanted, to: path)
            let own = try folder.read("own.tar"), theirs = try archive.base64("file")
            #expect(own == theirs)
            let found = try members(file(archive))
            #expect(found == wanted)
        }
    }

    @Test("archives that aren't as the page says are refused")
    func refusedTars() throws {
        for archive in try vectors.list("refusedTars") {
            let path = try file(archive)
            #expect(throws: CodeError.self, "\(archive.what)") { try members(path) }
        }
    }

    @Test("a package has the record and the measurement that Python computes, and its key opens it")
    func packages() throws {
        for vector in try vectors.list("packages") {
            let path = try file(vector), expected = try vector["record"].node
            let package = try PackageFile(path)
            let record = try package.record()
            #expect(JSON.canonical(record.node) == JSON.canonical(expected), "\(vector.what)")
            #expect(try Hex.text(package.enclave().measurement) == vector.text("measurement"), "\(vector.what)")
            let isOpened = try opens(package, vector.hex("opens"))
            let isOpenedByOther = try opens(package, [UInt8](repeating: 7, count: 32))
            #expect(isOpened && !isOpenedByOther)
        }
    }

    @Test("a package without its loader's bytes, or with others, is read and has no enclave")
    func packagesWithoutEnclave() throws {
        for vector in try vectors.list("packagesWithoutEnclave") {
            let package = try PackageFile(try file(vector))
            #expect(throws: PackageError.self, "\(vector.what)") { try package.enclave() }
        }
    }

    @Test("packages that aren't as the page says are refused")
    func refusedPackages() throws {
        for vector in try vectors.list("refusedPackages") {
            let path = try file(vector)
            #expect(throws: PackageError.self, "\(vector.what)") { try PackageFile(path) }
        }
        for vector in try vectors.list("refusedRuntimes") {
            let text = Array(try vector.text("text").utf8)
            #expect(throws: NotationError.self, "\(vector.what)") { try RuntimeList(text) }
        }
        for vector in try vectors.list("refusedSettings") {
            let text = Array(try vector.text("text").utf8)
            #expect(throws: NotationError.self, "\(vector.what)") { try ProjectConfiguration(text) }
        }
    }

    @Test("records have one form")
    func records() throws {
        let vectors = try ProjectVectors.read("record.json")
        for vector in try vectors.list("records") {
            let node = try vector["record"].node
            let record = try EnclaveRecord(node)
            #expect(try JSON.canonical(record.node) == vector.text("canonical"))
        }
        for vector in try vectors.list("canonicalForms") {
            #expect(try JSON.canonical(vector["value"].node) == vector.text("canonical"))
        }
        for vector in try vectors.list("refused") {
            let text = Array(try vector.text("text").utf8)
            let node = try JSON.read(text)
            #expect(throws: NotationError.self, "\(vector.what)") { try EnclaveRecord(node) }
        }
    }

    @Test("the page's limits are the code's")
    func limits() throws {
        let limits = try FormatPage("package").limits
        #expect(limits["members of a tar"] == TarReader.memberLimit)
        #expect(limits["bytes of a path"] == CodeTree.pathLimit)
        #expect(limits["bytes of a name in a path"] == CodeTree.nameLimit)
        #expect(limits["components of a path"] == CodeTree.depthLimit)
        #expect(limits["bytes of an extended header"] == TarReader.paxLimit)
        #expect(limits["bytes of a text member"] == PackageFile.textLimit)
    }
}

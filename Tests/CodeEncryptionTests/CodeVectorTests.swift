import Crypto
import Files
import Notation
import Secrets
import TestSupport
import Testing

@testable import CodeEncryption

/// docs/formats/code-encryption.md, by what PyNaCl makes of it.
@Suite("Vectors of code encryption")
struct CodeVectorTests {
    private let vectors: Vector

    init() throws { vectors = try ProjectVectors.read("code-encryption.json") }

    private func key() throws -> SecretKey {
        let bytes = try vectors.hex("key")
        return try SecretKey(copying: bytes.span.bytes)
    }

    /// The file that a nonce makes of a text.
    private func encrypted(_ plain: [UInt8], _ nonce: [UInt8]) throws -> [UInt8] {
        let work = try TemporaryFolder(), key = try key()
        try work.write("plain/x", plain)
        _ = try TreeEncryption.encrypt(
            work.path + "/plain",
            to: work.path + "/encrypted",
            key: key,
            nonces: .given(["x": nonce])
        )
        return try work.read("encrypted/x.enc")
    }

    private func decrypted(_ sealed: [UInt8]) throws -> [UInt8] {
        let work = try TemporaryFolder(), key = try key()
        try work.write("encrypted/x.enc", sealed)
        _ = try TreeEncryption.decrypt(work.path + "/encrypted", to: work.path + "/plain", key: key)
        return try work.read("plain/x")
    }

    @Test("files have the same bytes, both ways")
    func files() throws {
        let key = try key()
        for file in try vectors.list("files") {
            let (plain, sealed) = (try file.hex("plain"), try file.hex("sealed"))
            #expect(try encrypted(plain, file.hex("nonce")) == sealed, "\(plain.count) bytes")
            #expect(try decrypted(sealed) == plain, "\(plain.count) bytes")
            let opened = revealed(SecretBox.open(sealed, with: key))
            #expect(opened == plain)
        }
        for file in try vectors.list("longFiles") {
            let unit = Array(try file.text("plainRepeats").utf8)
            let plain = try (0..<file.number("byteCount")).map { unit[$0 % unit.count] }
            let sealed = try encrypted(plain, file.hex("nonce"))
            #expect(try Hex.text(SHA256.hash(data: sealed)) == file.text("sealedSHA256"), "\(plain.count) bytes")
            #expect(try decrypted(sealed) == plain)
        }
    }

    @Test("what isn't authentic is refused, with its code")
    func refusedFiles() throws {
        for file in try vectors.list("refusedFiles") {
            let error = #expect(throws: CodeError.self, "\(file.what)") {
                try decrypted(file.hex("sealed"))
            }
            #expect(try error?.code == file.text("code"), "\(file.what)")
        }
    }

    @Test("names, paths and their order")
    func names() throws {
        for pair in try vectors.list("names") {
            guard case .array(let both) = pair.node.value else { continue }
            let (plain, name) = (try Vector(node: both[0]).text, try Vector(node: both[1]).text)
            #expect(TreeEncryption.encryptedName(plain) == name)
            #expect(try TreeEncryption.decryptedName(name) == (TreeEncryption.isPlain(plain) ? nil : plain))
        }
        for name in try vectors.texts("refusedNames") {
            #expect(throws: CodeError.self, "\(name)") { try TreeEncryption.decryptedName(name) }
        }
        for path in try vectors.texts("paths") { try CodeTree.check(path) }
        for path in try vectors.texts("refusedPaths") {
            #expect(throws: CodeError.self, "\(path)") { try CodeTree.check(path) }
        }
        let order = try vectors.texts("order")
        #expect(order.reversed().sorted(by: CodeTree.precedes) == order)
    }

    @Test("boxes open for their receiver, and for nobody else")
    func boxes() throws {
        let receiver = try vectors["receiver"]
        let bytes = try receiver.hex("secret")
        let secret = try SecretKey(copying: bytes.span.bytes)
        let publicKey = SealedBox.publicKey(of: secret)
        #expect(try publicKey == receiver.hex("public"))
        for box in try vectors.list("boxes") {
            let sealed = try box.hex("box")
            let opened = revealed(SealedBox.open(sealed, with: secret))
            #expect(try opened == box.hex("message"))
        }
        for box in try vectors.list("refusedBoxes") {
            let sealed = try box.hex("box")
            let opened = revealed(SealedBox.open(sealed, with: secret))
            #expect(opened == nil, "\(box.what)")
        }
    }

    @Test("ignore lists")
    func ignoring() throws {
        for one in try vectors.list("ignore") {
            let list = IgnoreList(text: try one.text("list"))
            for name in try one.list("names") {
                #expect(try list.matches(name.text("name")) == name.flag("matches"), "\(name.node)")
            }
        }
    }

    @Test("the page's limits are the code's")
    func limits() throws {
        let limits = try FormatPage("code-encryption").limits
        #expect(limits["bytes that a file grows by"] == FileCipher.overhead)
        #expect(limits["files of a tree"] == CodeTree.fileLimit)
        #expect(limits["files, folders and links of a tree"] == CodeTree.entryLimit)
        #expect(limits["ways to one folder: its own, and through links"] == CodeTree.entranceLimit)
        #expect(limits["bytes of what links to files lead to"] == CodeTree.linkedByteLimit)
        #expect(limits["depth of a tree"] == CodeTree.depthLimit)
        #expect(limits["patterns of an ignore list"] == IgnoreList.patternLimit)
    }
}

/// docs/formats/sealed-log.md, by what PyNaCl makes of it.
@Suite("Vectors of the sealed log")
struct SealedLogVectorTests {
    private let vectors: Vector

    init() throws { vectors = try ProjectVectors.read("sealed-log.json") }

    private func root() throws -> SecretKey {
        let bytes = try vectors.hex("root")
        return try SecretKey(copying: bytes.span.bytes)
    }

    @Test("the key is derived alike")
    func key() throws {
        let (id, epoch) = (try vectors.text("id"), try #require(Epoch(hex: vectors.text("epoch"))))
        let root = try root()
        let key = SealedLogHead.key(root, id: id, epoch: epoch)
        let bytes = key.withBytes { Array($0) }
        #expect(try bytes == vectors.hex("key"))
    }

    private func read(_ path: String) throws -> SealedLogReader.Contents {
        let root = try root()
        return try SealedLogReader(root: root).read(path)
    }

    @Test("logs are read with what is missing and what was altered")
    func logs() throws {
        for log in try vectors.list("logs") {
            let what = try log.text("what")
            let folder = try TemporaryFolder()
            for piece in try log.list("pieces") { try folder.write("log/" + piece.text("name"), piece.base64("file")) }
            let contents = try read(folder.path + "/log")
            let entries = try log.list("entries").map { entry in
                SealedLogEntry(
                    time: UInt64(try entry.number("time")),
                    source: try #require(SealedLogEntry.Source(rawValue: UInt8(try entry.number("source")))),
                    incident: entry.node["incident"] == nil ? nil : try entry.hex("incident"),
                    text: try entry.hex("text")
                )
            }
            #expect(contents.entries == entries, "\(what)")
            #expect(try contents.notes.count == log.number("notes"), "\(what): \(contents.notes)")
            #expect(try contents.faults.count == log.number("faults"), "\(what): \(contents.faults)")
            let open = log.node["openPiece"] == nil ? nil : UInt64(try log.number("openPiece"))
            #expect(contents.openPiece == open, "\(what)")
        }
    }

    @Test("what is no log, or another key's, is refused")
    func refused() throws {
        for one in try vectors.list("refused") {
            let folder = try TemporaryFolder()
            try folder.write("piece.log", one.base64("file"))
            #expect(try problem(of: folder.path + "/piece.log") == one.text("code"), "\(one.what)")
        }
    }

    private func problem(of path: String) throws -> String? {
        do {
            _ = try read(path)
            return nil
        } catch let error as SealedLogError {
            return switch error {
            case .notALog: "notALog"
            case .otherKey: "otherKey"
            case .tooMany: "tooMany"
            case .altered: "altered"
            case .file: "file"
            }
        }
    }

    @Test("a writer's pieces are what the page says, byte for byte but for what is drawn at random")
    func writer() throws {
        let folder = try TemporaryFolder()
        let (id, epoch) = (try vectors.text("id"), try #require(Epoch(hex: vectors.text("epoch"))))
        let root = try root()
        let writer = try SealedLogWriter(folder: folder.path + "/log", root: root, id: id, epoch: epoch)
        try writer.append(SealedLogEntry(time: 1, source: .output, text: [1]))
        try writer.close(at: 2)
        let bytes = try folder.read("log/" + (try #require(Files.names(in: folder.path + "/log").first)))
        let head =
            Array("MSELOG".utf8) + [1] + epoch.bytes + [0, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 16)
        #expect(bytes.starts(with: head + [UInt8(id.utf8.count)] + Array(id.utf8)))
        #expect(bytes.count == 64 + id.utf8.count + 24 + 3 * (2 + 256 + 17))
    }

    @Test("the page's limits are the code's")
    func limits() throws {
        let limits = try FormatPage("sealed-log").limits
        #expect(limits["bytes of a text"] == SealedLogEntry.textLimit)
        #expect(limits["bytes of a block"] == SealedLogEntry.blockByteCount)
        #expect(limits["blocks of a frame"] == SealedLogEntry.blockLimit)
        #expect(limits["bytes of a piece that is read"] == SealedLogPiece.byteLimit)
        #expect(limits["bytes of a piece that is written, about"] == SealedLogWriter.Limits().pieceByteCount)
        #expect(limits["pieces that are kept"] == SealedLogWriter.Limits().pieces)
        #expect(limits["pieces of a folder that are read, the last by name"] == SealedLogReader.pieceLimit)
        #expect(limits["bytes that are read together"] == SealedLogReader.byteLimit)
        #expect(limits["a number"].map { UInt64($0) } == SealedLogHead.lastNumber)
    }
}

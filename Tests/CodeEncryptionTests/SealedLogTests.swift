import Files
import Glibc
import Secrets
import TestSupport
import Testing

@testable import CodeEncryption

@Suite("Sealed log")
final class SealedLogTests {
    private let folder: TemporaryFolder
    private let key = SecretKey()
    private let epoch = Epoch()
    private var path: String { folder.path + "/log" }

    init() throws { folder = try TemporaryFolder() }

    private func writer(_ id: String = "one", epoch: Epoch? = nil, pieceByteCount: Int = 2 << 20, pieces: Int = 16)
        throws
        -> SealedLogWriter
    {
        var limits = SealedLogWriter.Limits()
        limits.pieceByteCount = pieceByteCount
        limits.pieces = pieces
        return try SealedLogWriter(folder: path, root: key, id: id, epoch: epoch ?? self.epoch, limits: limits)
    }

    private func entry(_ text: String, at time: UInt64 = 1) -> SealedLogEntry {
        SealedLogEntry(time: time, source: .output, text: Array(text.utf8))
    }

    private func read() throws -> (texts: [String], notes: [String]) {
        let contents = try SealedLogReader(root: key).read(path)
        if let fault = contents.faults.first { throw fault }
        return (texts(contents), contents.notes + (contents.openPiece.map { ["piece \($0) has no end"] } ?? []))
    }

    private func texts(_ contents: SealedLogReader.Contents) -> [String] {
        contents.entries.map { String(decoding: $0.text, as: UTF8.self) }
    }

    private func problem(of path: String, key: borrowing SecretKey) -> SealedLogError? {
        do throws(SealedLogError) {
            _ = try SealedLogReader(root: key).read(path)
            return nil
        } catch {
            return error
        }
    }

    private func pieces() throws -> [String] { try Files.names(in: path) }

    /// Twelve entries in several closed pieces.
    private func several(closing: Bool = true) throws -> [String] {
        let writer = try writer(pieceByteCount: 1000)
        for index in 0..<12 { try writer.append(entry("line \(index)", at: UInt64(index))) }
        if closing { try writer.close(at: 99) }
        return try pieces()
    }

    @Test("what was written is read, in order, with nothing to note; sizes tell no more than multiples of 256")
    func roundTrip() throws {
        let writer = try writer()
        for text in ["", "a", String(repeating: "b", count: 300), "secret: hunter2"] { try writer.append(entry(text)) }
        try writer.close(at: 2)
        let (texts, notes) = try read()
        #expect(texts == ["", "a", String(repeating: "b", count: 300), "secret: hunter2"] && notes.isEmpty)
        let bytes = try folder.read("log/" + pieces()[0])
        #expect(!String(decoding: bytes, as: UTF8.self).contains("hunter2"))
        let head = 64 + 3 + 24
        #expect((bytes.count - head - 6 * (2 + 17)) % 256 == 0)
    }

    @Test("every changed byte of every piece is refused, none is read as something else")
    func changed() throws {
        let names = try several()
        #expect(names.count > 2)
        let whole = try read().texts
        for name in names.prefix(2) {
            let bytes = try folder.read("log/" + name)
            for index in bytes.indices {
                var altered = bytes
                altered[index] ^= 0x10
                try folder.write("log/" + name, altered)
                // A changed length leaves what can't be a whole message: that is a cut, and told as one.
                if let (texts, notes) = try? read() {
                    #expect(!notes.isEmpty && texts.allSatisfy(whole.contains), "\(name) \(index)")
                }
            }
            try folder.write("log/" + name, bytes)
        }
        #expect(try read().texts == whole)
    }

    @Test("every cut is told: of a piece, of the last one, of several")
    func cut() throws {
        let names = try several()
        let whole = try read().texts
        for name in [names[0], names[1], names.last!] {
            let bytes = try folder.read("log/" + name)
            for count in stride(from: bytes.count - 1, to: 64, by: -37) {
                try folder.write("log/" + name, Array(bytes[..<count]))
                do {
                    let (texts, notes) = try read()
                    #expect(!notes.isEmpty && texts.count <= whole.count, "\(name) at \(count)")
                } catch is SealedLogError {
                    // Nothing of it is left to open.
                }
            }
            try folder.write("log/" + name, bytes)
            try Files.remove(path + "/" + name)
            #expect(try read().notes.contains { $0.contains("missing") }, "\(name)")
            try folder.write("log/" + name, bytes)
        }
    }

    @Test("pieces can't be exchanged, doubled, or taken from another instance or epoch for this one's")
    func exchanged() throws {
        let names = try several()
        let first = try folder.read("log/" + names[0]), second = try folder.read("log/" + names[1])
        // Names mean nothing: what counts is sealed.
        try folder.write("log/" + names[0], second)
        try folder.write("log/" + names[1], first)
        #expect(try read().texts == (0..<12).map { "line \($0)" })
        try folder.write("log/" + names[1], second)
        #expect(throws: SealedLogError.self) { try read() }
        try folder.write("log/" + names[0], first)
        var relabelled = first
        relabelled[46] = 9
        try folder.write("log/" + names[0], relabelled)
        #expect(throws: SealedLogError.self) { try read() }
        try folder.write("log/" + names[0], first)
        #expect(problem(of: path, key: SecretKey()) == .otherKey(path + "/" + names[0]))
    }

    @Test("a writer goes on behind what is there, after a clean end and after a kill in the middle of a message")
    func goesOn() throws {
        try writer().append(entry("before the kill", at: 1))
        let name = try pieces()[0]
        try folder.write("log/" + name, folder.read("log/" + name) + [0, 1, 7, 7])
        let second = try writer()
        try second.append(entry("after", at: 2))
        try second.close(at: 3)
        let third = try writer()
        try third.append(entry("again", at: 4))
        try third.close(at: 5)
        let (texts, notes) = try read()
        // A cut looks like a kill: the next writer knows what is on the disk, and no more.
        #expect(texts == ["before the kill", "after", "again"], "\(texts)")
        #expect(notes == ["piece 1 has no end: the agent was killed, or the tail was cut"], "\(notes)")
    }

    @Test("a piece that is taken away or replaced while it is written is told, and what is said after that is kept")
    func takenAway() throws {
        let writer = try writer()
        try writer.begin(at: 1)
        try writer.append(entry("before", at: 2))
        try Files.remove(path + "/" + pieces()[0])
        try writer.append(entry("after", at: 3))
        #expect(try read().texts == ["after"])
        #expect(try read().notes == ["piece 1 is missing", "piece 2 has no end"])
        let name = try pieces()[0], bytes = try folder.read("log/" + name)
        try Files.remove(path + "/" + name)
        try folder.write("log/" + name, bytes)
        try writer.append(entry("at the end", at: 4))
        try writer.close(at: 5)
        #expect(try read().texts == ["after", "at the end"])
        #expect(
            try read().notes == [
                "piece 1 is missing", "piece 2 has no end: the agent was killed, or the tail was cut",
            ]
        )
    }

    @Test("a piece that was cut after its orderly end is told, however many follow", arguments: 1...3, 1...3)
    func cutBeforeTheNext(cut: Int, followers: Int) throws {
        let first = try writer()
        for index in 1...3 { try first.append(entry("entry \(index)", at: UInt64(index))) }
        try first.close(at: 4)
        let name = try pieces()[0], bytes = try folder.read("log/" + name)
        // Whole messages, from the end: each has its length before it.
        let lengths = try SealedLogPiece(path + "/" + name).messages.suffix(cut).map { $0.count + 2 }
        try folder.write("log/" + name, Array(bytes.dropLast(lengths.reduce(0, +))))
        for index in 0..<followers {
            let next = try writer()
            try next.append(entry("later", at: UInt64(10 + index)))
            try next.close(at: UInt64(11 + index))
        }
        #expect(try read().notes == ["piece 1 has no end: the agent was killed, or the tail was cut"])
        #expect(try read().texts.count == 4 - cut + followers)
    }

    @Test("a log of which nothing is left is told when its writer is there again")
    func removed() throws {
        try writer().begin(at: 1)
        let kept = try writer()
        kept.resume()
        try kept.append(entry("more", at: 2))
        #expect(try read().notes.filter { $0.contains("missing") }.isEmpty)
        for name in try pieces() { try Files.remove(path + "/" + name) }
        let resumed = try writer()
        resumed.resume()
        try resumed.append(entry("again", at: 3))
        #expect(try read().texts == ["again"])
        #expect(try read().notes.contains("piece 1 is missing"))
    }

    @Test("the oldest pieces go, their number is bounded, and that isn't told as a loss")
    func rotation() throws {
        let writer = try writer(pieceByteCount: 1000, pieces: 4)
        for index in 0..<200 { try writer.append(entry("line \(index)", at: UInt64(index))) }
        try writer.close(at: 300)
        #expect(try pieces().count == 4)
        let (texts, notes) = try read()
        #expect(texts.last == "line 199" && texts.count < 20 && notes.isEmpty, "\(notes)")
        try Files.remove(path + "/" + pieces()[0])
        #expect(try !read().notes.isEmpty)
    }

    @Test(
        "what was laid among the pieces keeps nobody waiting, hides nothing, and is told",
        arguments: ["pipe", "socket", "link", "folder", "junk", "empty", "zero"]
    )
    func laid(kind: String) throws {
        let writer = try writer()
        try writer.append(entry("here", at: 1))
        try writer.close(at: 2)
        for name in ["0000000000000000-00000001.log", "9999999999999999-00000099.log"] {
            let laid = path + "/" + name
            switch kind {
            case "pipe": #expect(mkfifo(laid, 0o600) == 0)
            case "socket":
                #expect(mknod(laid, S_IFSOCK | 0o600, 0) == 0)
            case "link": #expect(symlink("/dev/zero", laid) == 0)
            case "folder": #expect(mkdir(laid, 0o700) == 0)
            case "junk": try folder.write("log/" + name, [UInt8](repeating: 0x41, count: 5000))
            case "empty": try folder.write("log/" + name, [])
            default: try folder.write("log/" + name, Array("MSELOG".utf8) + [UInt8](repeating: 0, count: 5000))
            }
            let contents = try SealedLogReader(root: key).read(path)
            #expect(texts(contents) == ["here"])
            #expect(contents.faults.count == 1 && contents.faults[0].description.contains(laid), "\(contents.faults)")
            try Files.remove(laid)
        }
    }

    @Test("what was altered in one piece hides nothing of the others, nor what stands before it")
    func alteredPiece() throws {
        let names = try several()
        let whole = texts(try SealedLogReader(root: key).read(path))
        var bytes = try folder.read("log/" + names[1])
        bytes[bytes.count - 300] ^= 1
        try folder.write("log/" + names[1], bytes)
        let contents = try SealedLogReader(root: key).read(path)
        let left = texts(contents)
        #expect(
            left.count < whole.count && left.count >= whole.count - 3 && left.last == whole.last
                && left == whole.filter(left.contains)
        )
        #expect(contents.faults.count == 1 && "\(contents.faults)".contains("altered"), "\(contents.faults)")
    }

    @Test(
        "a head alone proves nothing: laid beside a log it is told, and alone it is none, whatever its number",
        arguments: [1, 2, 5, 12, UInt64(Int.max), UInt64(Int.max) + 1, .max],
        [0, 1, 200]
    )
    func heads(number: UInt64, rest: Int) throws {
        _ = try several()
        let whole = try read()
        let head = SealedLogHead(id: "one", epoch: epoch, number: number, previous: nil)
        let bytes = head.encoded + [UInt8](repeating: 7, count: SecretStream.headerByteCount)
        try Files.write(bytes + [UInt8](repeating: 0, count: rest), to: path + "/laid.log")
        let contents = try SealedLogReader(root: key).read(path)
        #expect(texts(contents) == whole.texts)
        #expect(
            contents.faults == [
                number > SealedLogHead.lastNumber
                    ? .notALog(path + "/laid.log") : .altered(path + "/laid.log", entry: 0)
            ]
        )
        let alone = try? SealedLogReader(root: key).read(path + "/laid.log")
        #expect((alone != nil) == (number == 1))
        #expect(alone.map(texts) ?? [] == [])
    }

    /// Somebody who broke into the service has the log's key, though not the code's.
    @Test(
        "whatever numbers and times a piece holds that opens, it is read",
        arguments: [1, 2, UInt64(Int.max) - 1, UInt64(Int.max)],
        ["0", "1", "9223372036854775807", "18446744073709551615", "none"]
    )
    func anyNumber(number: UInt64, oldest: String) throws {
        try Files.makeFolder(path, mode: 0o700)
        let head = SealedLogHead(id: "one", epoch: epoch, number: number, previous: nil)
        for end in ["next", "stop", ""] {
            var stream = SecretStream.Writer(key: SealedLogHead.key(key, id: "one", epoch: epoch))
            var bytes = head.encoded + stream.header
            var bound = head.encoded
            func add(_ source: SealedLogEntry.Source, _ text: String, _ tag: SecretStream.Tag) {
                let message = SealedLogEntry(time: .max, source: source, text: Array(text.utf8)).encoded
                bytes += [0, UInt8(message.count / 256)] + stream.seal(message, with: bound, as: tag)
                bound = []
            }
            add(.begin, oldest, .message)
            add(.output, "said", .message)
            if !end.isEmpty { add(.end, end, .final) }
            try Files.write(bytes, to: path + "/0-1.log")
            #expect(texts(try SealedLogReader(root: key).read(path)) == ["said"])
        }
    }

    @Test("of very many files the last are read, and that there are more is told")
    func many() throws {
        let whole = try several()
        let first = try Files.read(path + "/" + (whole.first ?? ""))
        for index in 0..<300 { try Files.write(first, to: path + "/!\(index).log") }
        let contents = try SealedLogReader(root: key).read(path)
        #expect(contents.faults.contains(.tooMany(path)))
        #expect(Set((0..<12).map { "line \($0)" }).isSubset(of: texts(contents)))
    }

    @Test("epochs follow each other, whatever the names of their pieces")
    func epochs() throws {
        let first = try writer()
        try first.append(entry("first", at: 10))
        try first.close(at: 11)
        let second = try writer(epoch: Epoch())
        try second.append(entry("second", at: 20))
        #expect(try read().texts == ["first", "second"])
        #expect(try read().notes.count == 1)
    }

    @Test("the log's key is HKDF-SHA256, as the documents say")
    func derivation() throws {
        // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:00…1f -kdfopt hexinfo:6d7365206c6f672031 HKDF
        try folder.write("root", (0..<32).map { UInt8($0) })
        let root = try SecretKey(file: folder.path + "/root")
        let key = root.derived(info: Array("mse log 1".utf8))
        let derived = key.withBytes { Array($0) }
        #expect(derived == Self.expected)
    }

    private static let expected: [UInt8] = [
        0xD9, 0xBA, 0x2F, 0x3F, 0xDB, 0xBD, 0xC4, 0x10, 0x2F, 0x4D, 0xE5, 0xEC, 0x0D, 0x9C, 0x88, 0x79,
        0x70, 0xE9, 0xD4, 0x7D, 0xB3, 0x22, 0xD0, 0xF5, 0x15, 0x5E, 0xED, 0xDF, 0x7E, 0x27, 0xFA, 0x20,
    ]

    @Test(
        "what is no log is called so",
        arguments: [[], [1, 2, 3], Array("MSELOG".utf8), [UInt8](repeating: 0x4D, count: 5000)]
    )
    func noLog(bytes: [UInt8]) throws {
        try folder.write("file", bytes)
        #expect(problem(of: folder.path + "/file", key: key) == .notALog(folder.path + "/file"))
    }
}

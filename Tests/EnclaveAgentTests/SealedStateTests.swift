import CodeEncryption
import Enclave
import Files
import Glibc
import Secrets
import TestSupport
import Testing

@testable import EnclaveAgent

@Suite("Sealed state")
struct SealedStateTests {
    private static let one = "533a2b83-4bc5-4a9c-955e-208c530bfd15"
    private static let other = "00000000-0000-4000-8000-000000000000"
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func state(_ id: String = one, key: UInt8 = 7) throws -> SealedState {
        try SealedState(
            folder: folder.path,
            id: id,
            platform: SealingKeyPlatform(secret: [UInt8](repeating: key, count: 32))
        )
    }

    private func content(_ state: SealedState, _ item: SealedState.Item) throws -> (bytes: [UInt8], epoch: Epoch)? {
        guard let opened = try state.read(item) else { return nil }
        return (opened.content.withBytes { Array($0) }, opened.epoch)
    }

    @Test("what was sealed opens again, with its epoch")
    func opens() throws {
        let epoch = Epoch()
        try state().write(SecretBytes(copying: "secret".utf8.span.bytes), as: .configuration, epoch: epoch)
        let found = try #require(try content(state(), .configuration))
        #expect(found.bytes == Array("secret".utf8) && found.epoch == epoch)
        #expect(try content(state(), .identity)?.bytes == nil)
    }

    @Test("what an agent left that was killed while it sealed is removed at the next start, and nothing else is")
    func killed() throws {
        let epochs = [Epoch().hex, Epoch().hex]
        let left =
            [".home.sealed.237er2o9to74g", ".home.sealed.mse-unfinished-1"].flatMap { name in
                epochs.map { "home/\($0)/\(name)" }
            } + [".configuration.sealed.1", ".identity.sealed.mse-unfinished-237er2o9to74g"]
        let kept =
            epochs.map { "home/\($0)/home.sealed" }
            + ["identity.sealed", "home.json", ".keep", ".home.sealed", "home/\(epochs[0])/.other", "home/file"]
        for path in left + kept { try folder.write(path, "x") }
        _ = try state()
        #expect(left.filter { Files.exists(folder.path + "/" + $0) } == [])
        #expect(kept.filter { !Files.exists(folder.path + "/" + $0) } == [])
    }

    @Test("one file can't stand for another: neither of another name, nor of another instance or processor")
    func purposes() throws {
        try state().write(SecretBytes(copying: ([1, 2, 3] as [UInt8]).span.bytes), as: .identity, epoch: Epoch())
        try Files.write(try folder.read("identity.sealed"), to: folder.path + "/configuration.sealed")
        #expect(throws: SealedStateError.self) { _ = try state().read(.configuration) }
        #expect(throws: SealedStateError.self) { _ = try state(Self.other).read(.identity) }
        #expect(throws: SealedStateError.self) { _ = try state(key: 8).read(.identity) }
        #expect(try content(state(), .identity)?.bytes == [1, 2, 3])
    }

    @Test("every changed byte and every truncation is refused, the head included")
    func changed() throws {
        try state().write(SecretBytes(copying: ([1, 2, 3] as [UInt8]).span.bytes), as: .identity, epoch: Epoch())
        let sealed = try folder.read("identity.sealed")
        for index in sealed.indices {
            var bytes = sealed
            bytes[index] ^= 1
            try folder.write("identity.sealed", bytes)
            #expect(throws: SealedStateError.self, "byte \(index)") { _ = try state().read(.identity) }
            try folder.write("identity.sealed", Array(sealed[..<index]))
            #expect(throws: SealedStateError.self, "cut at \(index)") { _ = try state().read(.identity) }
        }
    }

    @Test("HOME of another epoch doesn't open, wherever it is laid, and stays where it is")
    func home() throws {
        let first = Epoch(), second = Epoch()
        func seal(_ text: String) throws {
            try state().home(first).seal { stream in
                try Array(text.utf8).withUnsafeBytes { try stream.write($0) }
            }
        }
        func open(_ epoch: Epoch) throws -> String? {
            var text: String?
            let isThere = try state().home(epoch).open {
                text = String(decoding: try content($0), as: UTF8.self)
            }
            #expect(isThere == (text != nil))
            return text
        }
        try seal("data")
        let sealed = try folder.read("home/\(first.hex)/home.sealed")
        try folder.write("home/\(second.hex)/home.sealed", sealed)
        #expect(throws: SealedStateError.self) { try open(second) }
        #expect(try open(Epoch()) == nil)
        var relabelled = sealed
        relabelled.replaceSubrange(8..<40, with: second.bytes)
        try folder.write("home/\(second.hex)/home.sealed", relabelled)
        #expect(throws: SealedStateError.self) { try open(second) }
        #expect(try open(first) == "data")
    }

    private func content(_ stream: DecryptingStream) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: stream.byteCount)
        let count = try bytes.withUnsafeMutableBytes { try stream.read(into: $0) }
        #expect(count == bytes.count)
        return bytes
    }

    @Test(
        "what goes through a stream is what one file's encryption makes, whatever its size and its pieces",
        arguments: [0, 1, 31, 32, 63, 64, 4096, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, (512 << 10) + 33]
    )
    func streams(byteCount: Int) throws {
        let epoch = Epoch()
        let plain = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try state().home(epoch).seal { stream in
            var rest = plain[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(100_001))
                try piece.withUnsafeBytes { try stream.write($0) }
                rest = rest.dropFirst(piece.count)
            }
        }
        var found: [UInt8]?
        _ = try state().home(epoch).open { found = try content($0) }
        #expect(found == plain)
        #expect(try folder.read("home/\(epoch.hex)/home.sealed").count == 40 + 40 + byteCount)
    }

    @Test("what the operator changes between the two passes is told as that, and not as what it looks like")
    func changedMeanwhile() throws {
        let epoch = Epoch()
        let path = folder.path + "/home/\(epoch.hex)/home.sealed"
        func change(_ offset: Int) throws {
            let file = try OpenFile(path, O_RDWR)
            var byte = [UInt8(0)]
            pread(file.descriptor, &byte, 1, offset)
            try file.write([byte[0] ^ 1], at: offset)
        }
        struct Odd: Error {}
        for offset in [80, 100_080, 300_079] {
            try state().home(epoch).seal { stream in
                try [UInt8](repeating: 1, count: 300_000).withUnsafeBytes { try stream.write($0) }
            }
            // Read to the end, read in part, and found odd.
            #expect(throws: SealedStateError.self, "\(offset)") {
                try state().home(epoch).open { stream in
                    try change(offset)
                    _ = try content(stream)
                }
            }
            try change(offset)
            // What was read into memory already can't be changed any more.
            if offset > 256 << 10 {
                #expect(throws: SealedStateError.self, "\(offset)") {
                    try state().home(epoch).open { stream in
                        try change(offset)
                        throw Odd()
                    }
                }
                try change(offset)
            }
            #expect(throws: Odd.self) { try state().home(epoch).open { _ in throw Odd() } }
        }
    }

    @Test("what can't be written to its end leaves the last one whole, and nothing beside it")
    func interrupted() throws {
        let epoch = Epoch()
        struct Odd: Error {}
        try state().home(epoch).seal { stream in try [1, 2].withUnsafeBytes { try stream.write($0) } }
        let sealed = try folder.read("home/\(epoch.hex)/home.sealed")
        #expect(throws: Odd.self) {
            try state().home(epoch).seal { stream in
                try [UInt8](repeating: 1, count: 1 << 20).withUnsafeBytes { try stream.write($0) }
                throw Odd()
            }
        }
        #expect(try folder.read("home/\(epoch.hex)/home.sealed") == sealed)
        #expect(try Files.names(in: folder.path + "/home/\(epoch.hex)") == ["home.sealed"])
    }
}

import Enclave
import Files
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
        try folder.write("plain", "data")
        try state().seal(file: folder.path + "/plain", as: .home, epoch: first)
        let sealed = try folder.read("home/\(first.hex)/home.sealed")
        try folder.write("home/\(second.hex)/home.sealed", sealed)
        let target = folder.path + "/opened"
        #expect(throws: SealedStateError.self) { try state().open(.home, epoch: second, to: target) }
        #expect(!Files.exists(target))
        #expect(try !state().open(.home, epoch: Epoch(), to: target))
        var relabelled = sealed
        relabelled.replaceSubrange(8..<40, with: second.bytes)
        try folder.write("home/\(second.hex)/home.sealed", relabelled)
        #expect(throws: SealedStateError.self) { try state().open(.home, epoch: second, to: target) }
        #expect(try state().open(.home, epoch: first, to: target))
        #expect(try folder.read("opened") == Array("data".utf8))
    }
}

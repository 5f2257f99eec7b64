import CodeEncryption
import Enclave
import Files
import Notation
import Secrets
import TestSupport
import Testing

@testable import EnclaveAgent

/// docs/formats/sealed-state.md, by files that PyNaCl sealed.
@Suite("Vectors of sealed state")
struct SealedStateVectorTests {
    private let vectors: Vector
    private let folder: TemporaryFolder

    init() throws {
        vectors = try ProjectVectors.read("sealed-state.json")
        folder = try TemporaryFolder()
    }

    private func state() throws -> SealedState {
        let platform = SealingKeyPlatform(secret: try vectors.hex("secret"))
        return try SealedState(folder: folder.path, id: vectors.text("id"), platform: platform)
    }

    @Test("what an independent implementation sealed opens, and means the same")
    func files() throws {
        for file in try vectors.list("files") {
            let item = try #require(SealedState.Item(rawValue: file.text("item")))
            try folder.write(item.rawValue + ".sealed", file.hex("file"))
            let found = try opened(item)
            #expect(try found?.text == file.text("plain"))
            #expect(try found?.epoch == file.text("epoch"))
        }
    }

    private func opened(_ item: SealedState.Item) throws -> (text: String?, epoch: String)? {
        switch try state().read(item) {
        case .some(let opened):
            (String(decoding: opened.content.withBytes { Array($0) }, as: UTF8.self), opened.epoch.hex)
        case .none: nil
        }
    }

    @Test("a configuration and its identity are taken up again")
    func meaning() throws {
        for file in try vectors.list("files") {
            try folder.write(file.text("item") + ".sealed", file.hex("file"))
        }
        let home = try #require(Epoch(hex: vectors["home"].text("epoch")))
        switch try Configuration.restored(from: state()) {
        case .some(let configuration):
            let (secrets, homeEpoch) = (revealedText(configuration.secrets), configuration.homeEpoch)
            #expect(secrets == "{\"a\": 1}" && homeEpoch == home)
            #expect(try isBound(configuration.epoch) == true)
            #expect(try isBound(Epoch()) == nil)
        case .none: Issue.record("no configuration")
        }
    }

    /// Nil when there is no identity of this epoch.
    private func isBound(_ epoch: Epoch) throws -> Bool? {
        switch try EnclaveIdentity.restored(from: state(), epoch: epoch) {
        case .some(let identity): identity.isBound
        case .none: nil
        }
    }

    @Test("HOME opens under its epoch alone")
    func home() throws {
        let home = try vectors["home"]
        let epoch = try #require(Epoch(hex: home.text("epoch")))
        try folder.write("home/\(epoch.hex)/home.sealed", home.hex("file"))
        var found = [UInt8](repeating: 0, count: try home.hex("plain").count)
        let isThere = try state().home(epoch).open { stream in
            #expect(stream.byteCount == found.count)
            _ = try found.withUnsafeMutableBytes { try stream.read(into: $0) }
        }
        #expect(try isThere && found == home.hex("plain"))
        let isOther = try state().home(Epoch()).open { _ in Issue.record("there is none") }
        #expect(!isOther)
    }

    @Test("what isn't as the page says doesn't open")
    func refused() throws {
        for file in try vectors.list("refused") {
            try folder.write("configuration.sealed", file.hex("file"))
            #expect(throws: SealedStateError.self, "\(file.what)") {
                _ = try state().read(.configuration)
            }
        }
    }
}

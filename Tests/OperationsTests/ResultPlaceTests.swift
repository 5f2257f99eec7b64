import Files
import Glibc
import Notation
import Operations
import Secrets
import TestSupport
import Testing

@Suite("What results are written over")
struct ResultPlaceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["input", "key", "other"] { try folder.write(name, [UInt8](repeating: 9, count: 32)) }
    }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    /// The two commands that make one file of another.
    private func seal(_ output: String) async throws {
        _ = try await Packaging().seal(path("input"), to: .unverified(path("key")), output: output)
    }
    private func unseal(_ output: String) throws {
        let key = SecretKey()
        try key.withBytes { try Files.write($0, to: path("secret"), mode: 0o600) }
        let message = SecretBytes(copying: "hello".utf8.span.bytes)
        try folder.write("box", SealedBox.seal(message, to: SealedBox.publicKey(of: key)))
        try Packaging().unseal(path("box"), privateKey: path("secret"), output: output)
    }

    @Test(
        "whatever is there stays: what is read, another file, a folder, a pipe, a link to anything or nothing",
        arguments: ["input", "key", "secret", "box", "other", "folder", "pipe", "link", "device", "nowhere"]
    )
    func taken(_ name: String) async throws {
        try Files.makeFolder(path("folder"))
        #expect(mkfifo(path("pipe"), 0o600) == 0 && symlink("other", path("link")) == 0)
        #expect(symlink("/dev/null", path("device")) == 0 && symlink("none", path("nowhere")) == 0)
        let before = try FileKind(path(name))
        if !["secret", "box"].contains(name) {
            let error = await #expect(throws: OperationError.self) { try await seal(path(name)) }
            #expect(["exists", "output.input"].contains(error?.code ?? ""), "\(name): \(error as Any)")
            #expect(try FileKind(path(name)) == before)
        }
        let error = #expect(throws: OperationError.self) { try unseal(path(name)) }
        #expect(["exists", "output.input"].contains(error?.code ?? ""), "\(name): \(error as Any)")
        if before != .absent { #expect(try FileKind(path(name)) == before) }
        #expect(try folder.read("other") == [UInt8](repeating: 9, count: 32))
        #expect(try folder.read("secret").count == 32, "the only copy of a key")
        #expect(!Files.exists(path("none")))
    }

    @Test("a free name gets the result, and keeps it the second time")
    func free() async throws {
        try unseal(path("new"))
        #expect(try folder.read("new") == Array("hello".utf8) && FileVersion(path("new"))?.mode == 0o600)
        #expect(throws: OperationError.self) { try unseal(path("new")) }
        try await seal(path("sealed"))
        let box = try folder.read("sealed")
        await #expect(throws: OperationError.self) { try await seal(path("sealed")) }
        #expect(try folder.read("sealed") == box)
    }
}

import CodeEncryption
import Files
import Foundation
import Notation
import Secrets
import TestSupport
import Testing

@Suite("Files and trees")
struct TreeEncryptionTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func encrypted(_ files: [String: [UInt8]], key: borrowing SecretKey) throws -> [String: [UInt8]] {
        for (name, bytes) in files { try folder.write("plain/" + name, bytes) }
        _ = try TreeEncryption.encrypt(folder.path + "/plain", to: folder.path + "/encrypted", key: key)
        return try folder.tree("encrypted")
    }

    @Test(
        "what was encrypted opens again, at every size around the pieces",
        arguments: [0, 1, 31, 32, 33, 63, 64, 65, 96, 262_103, 262_104, 262_105, 262_144, 524_288, 700_001]
    )
    func roundTrip(count: Int) throws {
        let key = SecretKey()
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let result = try encrypted(["a/b.py": bytes], key: key)
        #expect(result.keys.sorted() == ["a/b.py.enc"] && result["a/b.py.enc"]?.count == count + 40)
        #expect(try TreeEncryption.decrypt(folder.path + "/encrypted", to: folder.path + "/again", key: key) == 1)
        #expect(try folder.tree("again") == ["a/b.py": bytes])
        // The whole in one call of libsodium's form.
        #expect(revealed(SecretBox.open(try #require(result["a/b.py.enc"]), with: key)) == bytes)
    }

    @Test(
        "a changed bit anywhere is refused with its path, and nothing is made",
        arguments: [0, 23, 24, 39, 40, 300_039]
    )
    func changed(offset: Int) throws {
        let key = SecretKey()
        var bytes = try #require(try encrypted(["x.py": [UInt8](repeating: 5, count: 300_000)], key: key)["x.py.enc"])
        bytes[offset] ^= 0x10
        try folder.write("encrypted/x.py.enc", bytes)
        #expect(throws: CodeError.notAuthentic(path: "x.py.enc")) {
            try TreeEncryption.decrypt(folder.path + "/encrypted", to: folder.path + "/again", key: key)
        }
        #expect(try Files.names(in: folder.path) == ["encrypted", "plain"])
    }

    @Test("a wrong key, short files and a file of nothing but the suffix are refused")
    func refused() throws {
        _ = try encrypted(["x.py": [1, 2, 3]], key: SecretKey())
        #expect(throws: CodeError.notAuthentic(path: "x.py.enc")) {
            try TreeEncryption.decrypt(folder.path + "/encrypted", to: folder.path + "/again", key: SecretKey())
        }
        try folder.write("encrypted/x.py.enc", [UInt8](repeating: 0, count: 39))
        #expect(throws: CodeError.tooShort(path: "x.py.enc", found: 39)) {
            try TreeEncryption.decrypt(folder.path + "/encrypted", to: folder.path + "/again", key: SecretKey())
        }
        try Files.remove(folder.path + "/encrypted/x.py.enc")
        try folder.write("encrypted/.enc", [UInt8](repeating: 0, count: 50))
        #expect(throws: CodeError.self) {
            try TreeEncryption.decrypt(folder.path + "/encrypted", to: folder.path + "/again", key: SecretKey())
        }
        #expect(!Files.exists(folder.path + "/again"))
    }

    @Test("links inside the tree are followed, those that leave it refused")
    func links() throws {
        try folder.write("plain/a.py", "x")
        try folder.write("outside.py", "secret")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/plain/link.py", withDestinationPath: "a.py")
        #expect(try CodeTree(folder.path + "/plain").files.map(\.path) == ["a.py", "link.py"])
        for target in ["../outside.py", "/etc/passwd", "nowhere", "."] {
            try FileManager.default.createSymbolicLink(atPath: folder.path + "/plain/out", withDestinationPath: target)
            let error = #expect(throws: CodeError.self, "\(target)") { try CodeTree(folder.path + "/plain") }
            #expect(error?.description.contains("out") == true)
            try FileManager.default.removeItem(atPath: folder.path + "/plain/out")
        }
    }

    @Test("devices and fifos are refused")
    func devices() throws {
        try folder.write("plain/a.py", "x")
        mkfifo(folder.path + "/plain/pipe", 0o600)
        let error = #expect(throws: CodeError.self) { try CodeTree(folder.path + "/plain") }
        #expect(error?.description.hasPrefix("pipe: neither a file nor a folder") == true)
    }

    /// Names that a `String` holds for equal, or for other parts than the kernel sees.
    static let namesakes = [
        "\u{E9}/a", "e\u{301}/a", "\u{E9}.py", "e\u{301}.py", "K", "\u{212A}", "a;b", "a\u{37E}b", "\u{600}",
        "\u{301}x/y", "z/\u{301}",
    ]

    @Test("names that differ in composition alone are two files, and go into a tree and out of it")
    func namesakes() throws {
        for name in Self.namesakes { try folder.write("plain/" + name, name) }
        let names = Set(Self.namesakes.map { ExactText($0) })
        let tree = try CodeTree(folder.path + "/plain")
        #expect(Set(tree.files.map { ExactText($0.path) }) == names && tree.files.count == names.count)
        let key = SecretKey()
        var nonces: [ExactText: [UInt8]] = [:]
        for (index, name) in Self.namesakes.enumerated() {
            nonces[ExactText(name)] = [UInt8](repeating: UInt8(index), count: 24)
        }
        let count = try TreeEncryption.encrypt(
            folder.path + "/plain",
            to: folder.path + "/encrypted",
            key: key,
            nonces: .given(nonces)
        )
        #expect(
            try count == names.count
                && TreeEncryption.decrypt(folder.path + "/encrypted", to: folder.path + "/back", key: key) == count
        )
        for (index, name) in Self.namesakes.enumerated() {
            #expect(try folder.read("back/" + name) == Array(name.utf8))
            #expect(
                Array(try folder.read("encrypted/" + name + ".enc").prefix(24))
                    == [UInt8](repeating: UInt8(index), count: 24)
            )
        }
    }

    @Test("a dot file is one by its bytes, and a link leads out of the tree by its bytes")
    func dotFiles() throws {
        try folder.write("\u{E9}/.\u{301}hidden", "x")
        try folder.write("\u{E9}/\u{301}/.env", "x")
        try folder.write("\u{E9}/\u{301}/kept/.env", "x")
        let tree = try CodeTree(folder.path + "/\u{E9}", dotFiles: .leftOut(but: ["\u{301}/kept", "absent/.x"]))
        #expect(tree.files.map(\.path) == ["\u{301}/kept/.env"] && tree.leftOut.count == 2)
        try folder.write("e\u{301}/secret", "x")
        symlink(folder.path + "/e\u{301}/secret", folder.path + "/\u{E9}/link")
        let error = #expect(throws: CodeError.self) { try CodeTree(folder.path + "/\u{E9}") }
        #expect(error?.description.hasPrefix("link: a link that leaves the tree") == true)
        try Files.remove(folder.path + "/\u{E9}/link")
        symlink("\u{301}/kept/.env", folder.path + "/\u{E9}/link")
        #expect(try CodeTree(folder.path + "/\u{E9}").files.count == 4)
    }

    @Test("names that aren't UTF-8 are refused")
    func names() throws {
        let other = try TemporaryFolder()
        let name = Array(other.path.utf8CString.dropLast()) + [0x2F, -1, 0]
        close(open(name, O_CREAT | O_WRONLY, 0o600))
        let error = #expect(throws: CodeError.self) { try CodeTree(other.path) }
        #expect(error?.description.contains("UTF-8") == true)
        unlink(name)
    }

    @Test("a file whose name another's folder would get is refused")
    func collisions() throws {
        try folder.write("plain/x", "1")
        try folder.write("plain/x.enc/y", "2")
        #expect(throws: CodeError.refused(path: "x.enc", "this name would be a file's and a folder's")) {
            try TreeEncryption.encrypt(folder.path + "/plain", to: folder.path + "/encrypted", key: SecretKey())
        }
    }

    @Test("an existing output is not touched")
    func existing() throws {
        try folder.write("plain/x", "1")
        try folder.write("out/precious", "2")
        #expect(throws: CodeError.self) {
            try TreeEncryption.encrypt(folder.path + "/plain", to: folder.path + "/out", key: SecretKey())
        }
        #expect(try folder.tree("out") == ["precious": Array("2".utf8)])
    }

    @Test(
        "names from archives must stay in the tree",
        arguments: [
            "", "/a", "../a", "a/../b", "a//b", "./a", "a/", "a\u{0}b", "../\u{301}a", "a/../\u{301}b", "/\u{301}a",
            "\u{600}/../a", "a/..",
            "..\u{2F}\u{20DD}", "./\u{FE0F}a", "a/\u{301}/../b", "a\u{0}\u{301}b",
        ]
    )
    func unsafe(name: String) {
        #expect(throws: CodeError.self) { try CodeTree.check(name) }
    }

    @Test("a key file is 0600 from the start, and never overwritten")
    func keyFile() throws {
        let path = folder.path + "/code.key"
        try SecretKey().write(to: path)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try folder.read("code.key").count == 32)
        #expect(throws: CodeError.self) { try SecretKey().write(to: path) }
        try folder.write("long.key", [UInt8](repeating: 0, count: 33))
        #expect(throws: CodeError.self) { _ = try SecretKey(file: folder.path + "/long.key") }
    }
}

@Suite("Ignore patterns, as Python's fnmatch")
struct IgnoreListTests {
    @Test(
        "matches",
        arguments: [
            ("*.pyc", "a.pyc", true), ("*.pyc", "a.PYC", false), ("*", ".env", true), ("a?c", "abc", true),
            ("[abc].py", "b.py", true),
            ("[!abc].py", "b.py", false),
            ("[a-c]x", "bx", true), ("[", "[", true), ("[b", "b", false), ("[]]", "]", true), ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbY", false), ("build", "build2", false), ("", "", true),
            ("[b].txt", "[b].txt", false), ("**", "x", true),
        ]
    )
    func matches(pattern: String, name: String, expected: Bool) {
        #expect(IgnoreList(patterns: [pattern]).matches(name) == expected)
    }

    @Test("blank lines and comments are skipped, blanks stay")
    func lines() {
        #expect(IgnoreList(text: "# c\n\n  # d\n a\nb \n").patterns == [" a", "b "])
        #expect(IgnoreList(text: ".vscode/\n!x\ny").idlePatterns == [".vscode/", "!x"])
    }
}

@Suite("Vectors of the original", .needsSharedVectors)
struct OriginalCodeTests {
    private static let folder = SharedVectors.path("mse/vectors/")

    @Test("its encrypted tree opens, and encrypts to the same bytes with the same nonces")
    func tree() throws {
        let work = try TemporaryFolder()
        let key = try SecretKey(file: Self.folder + "code/code.key")
        _ = try TreeEncryption.decrypt(Self.folder + "code/encrypted", to: work.path + "/plain", key: key)
        let plain = try work.tree("plain")
        #expect(
            plain.keys.sorted() == [
                "app.py", "archive.enc", "pkg/__init__.py", "pkg/static/block.bin", "pkg/static/naïve file.txt",
                "pkg/values.py",
            ]
        )
        for (name, bytes) in plain { #expect(try Files.read(Self.folder + "code/plain/" + name) == bytes) }
        var nonces: [ExactText: [UInt8]] = [:]
        for (name, bytes) in try TestSupport.tree(Self.folder + "code/encrypted") where name.hasSuffix(".enc") {
            nonces[ExactText(String(name.dropLast(4)))] = Array(bytes.prefix(24))
        }
        _ = try TreeEncryption.encrypt(
            work.path + "/plain",
            to: work.path + "/encrypted",
            key: key,
            nonces: .given(nonces)
        )
        for (name, bytes) in try work.tree("encrypted") {
            #expect(try Files.read(Self.folder + "code/encrypted/" + name) == bytes)
        }
    }

    @Test("names of every kind get the same names and bytes")
    func names() throws {
        let work = try TemporaryFolder()
        let expected = try TestSupport.tree(Self.folder + "code/names/encrypted")
        let ignored = IgnoreList(
            text: String(decoding: try Files.read(Self.folder + "code/names/plain/.mseignore"), as: UTF8.self)
        )
        var nonces: [ExactText: [UInt8]] = [:]
        for (name, bytes) in expected where name.hasSuffix(".enc") {
            nonces[ExactText(String(name.dropLast(4)))] = Array(bytes.prefix(24))
        }
        _ = try TreeEncryption.encrypt(
            Self.folder + "code/names/plain",
            to: work.path + "/encrypted",
            key: SecretKey(file: Self.folder + "code/code.key"),
            nonces: .given(nonces),
            ignoring: ignored
        )
        #expect(try work.tree("encrypted") == expected)
    }

    @Test("a wrong key and tampered files are refused")
    func refused() throws {
        let work = try TemporaryFolder()
        #expect(throws: CodeError.self) {
            try TreeEncryption.decrypt(
                Self.folder + "code/encrypted",
                to: work.path + "/out",
                key: SecretKey(file: Self.folder + "code/wrong.key")
            )
        }
        let key = try SecretKey(file: Self.folder + "code/code.key")
        for (name, bytes) in try TestSupport.tree(Self.folder + "code/tampered") {
            let one = try TemporaryFolder()
            try one.write("in/" + name, bytes)
            let error = #expect(throws: CodeError.self, "\(name)") {
                try TreeEncryption.decrypt(one.path + "/in", to: one.path + "/out", key: key)
            }
            #expect(error?.description.hasPrefix(name) == true)
            #expect(!Files.exists(one.path + "/out"))
        }
        #expect(try Files.names(in: work.path).isEmpty)
    }

    @Test("its sealed boxes open, tampered ones don't")
    func boxes() throws {
        let key = try SecretKey(file: Self.folder + "seal/enclave.sk")
        #expect(SealedBox.publicKey(of: key) == (try Files.read(Self.folder + "seal/enclave.pub")))
        for name in ["secrets.json", "with_code_key.json"] {
            #expect(
                revealed(SealedBox.open(try Files.read(Self.folder + "seal/\(name).sealed"), with: key))
                    == (try Files.read(Self.folder + "seal/" + name))
            )
        }
        for name in ["tampered", "short"] {
            #expect(revealed(SealedBox.open(try Files.read(Self.folder + "seal/\(name).sealed"), with: key)) == nil)
        }
    }
}

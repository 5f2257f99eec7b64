import Files
import Glibc
import Gramine
import GramineFiles
import TestSupport
import Testing

@Suite("What is around a manifest on disk")
struct DiskSurroundingsTests {
    private let folder: TemporaryFolder
    private var around: DiskSurroundings {
        DiskSurroundings(folder: folder.path, variables: ["PATH": folder.path + "/bin:/usr/bin:/bin", "X": "y"])
    }

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("tree/file", "content")
        try folder.write("tree/b/inner", "")
        symlink("file", folder.path + "/tree/link")
        symlink("b", folder.path + "/tree/folder-link")
        symlink("nowhere", folder.path + "/tree/broken")
        mkfifo(folder.path + "/tree/pipe", 0o600)
    }

    private func program(_ name: String, _ text: String) throws {
        try folder.write("bin/" + name, "#!/bin/sh\n" + text + "\n")
        chmod(folder.path + "/bin/" + name, 0o755)
    }

    @Test("kinds are those behind links, and links are told apart")
    func kinds() throws {
        let kinds = ["file", "b", "link", "folder-link", "pipe", "broken", "absent"].map {
            around.kind(of: "tree/" + $0)
        }
        #expect(kinds == [.file, .folder, .file, .folder, .other, nil, nil])
        #expect(around.linkTarget(of: "tree/link") == "file" && around.linkTarget(of: "tree/file") == nil)
        #expect(try around.names(in: "tree") == ["b", "broken", "file", "folder-link", "link", "pipe"])
        #expect(around.byteCount(of: "tree/link") == 7 && around.byteCount(of: "tree/pipe") == nil)
        #expect(around.beginning(of: "tree/file") == Array("content".utf8))
        #expect(around.variable("X") == "y" && around.variable("HOME") == nil)
        #expect(try around.resolved("tree/folder-link") == Files.resolved(folder.path) + "/tree/b")
    }

    @Test("a link whose target is no text is a link all the same")
    func foreignTarget() throws {
        let bytes: [CChar] = [CChar(bitPattern: 0xFF), 0]
        #expect(symlink(bytes, folder.path + "/tree/odder") == 0)
        #expect(around.linkTarget(of: "tree/odder") != nil)
    }

    @Test("a file that isn't there is missing, and one that is no file can't be read")
    func digests() throws {
        #expect(try around.digests(of: ["tree/link"]) == around.digests(of: [folder.path + "/tree/file"]))
        for (path, kind) in [("absent", GramineError.Kind.missingFile), ("tree/file/x", .missingFile)] {
            #expect(throws: GramineError.self) { try around.digests(of: [path]) }
            do { _ = try around.digests(of: [path]) } catch { #expect(error.kind == kind) }
        }
        do { _ = try around.digests(of: ["tree/pipe"]) } catch { #expect(error.kind == .unreadable) }
    }

    @Test("a program's output is what it wrote to standard output alone, found and started as a shell does")
    func programs() throws {
        try program("tell", "echo \"$1 $X $(pwd) $HOME\"; echo noise >&2")
        #expect(try around.output(of: "tell", arguments: ["a b"]) == "a b y \(Files.resolved(folder.path)) \n")
        #expect(try around.output(of: "bin/tell", arguments: ["c"]).hasPrefix("c y "))
        try program("large", "head -c 1000000 /dev/zero | tr '\\0' x")
        #expect(try around.output(of: "large", arguments: []).utf8.count == 1_000_000)
    }

    @Test("a program that isn't there, fails or writes without end is an error")
    func failingPrograms() throws {
        try program("fail", "echo x; exit 3")
        try program("endless", "yes")
        try program("killed", "kill -9 $$")
        for (name, words) in [
            ("absent", "PATH"), ("fail", "3"), ("endless", "more than"), ("killed", "137"), ("bin/absent", "can't"),
        ] {
            let error = #expect(throws: GramineError.self) { try around.output(of: name, arguments: []) }
            #expect(error?.problem.contains(words) == true, "\(String(describing: error))")
        }
    }
}

import Files
import Foundation
import Processes
import TestSupport
import Testing

/// Folders in which somebody else laid what he liked.
@Suite("Folders of others")
struct FolderTreeTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let scripts = [
        "names": """
        for name in [b"\\xff", b"a\\xc0\\xaf", b"-rf", b" ", b"\\n\\x1b[2J", b"x" * 255, b"\\xff" * 255]:
            open(name, "w").close()
        os.mkdir(b"\\xfe"); os.mkdir(b"\\xfe/\\xff"); open(b"\\xfe/\\xff/\\xfd", "w").close()
        """,
        // Beyond the longest path, and deeper than a thread's stack.
        "deep": """
        for _ in range(20000):
            os.mkdir("d" * 100); os.chdir("d" * 100)
        open("end", "w").close()
        """,
        "wide": "for i in range(25000): open(str(i), 'w').close()",
        "comb": """
        top = os.open(".", os.O_RDONLY)
        for i in range(300):
            os.fchdir(top)
            for j in range(20): os.mkdir(f"{i}"); open(f"f{i}", "w").close(); os.chdir(f"{i}")
        """,
        "links": """
        os.symlink(sys.argv[2], "out"); os.symlink("/", "root"); os.symlink(".", "loop"); os.mkfifo("pipe")
        s = socket.socket(socket.AF_UNIX); s.bind("s")
        os.mkdir("d"); os.symlink(sys.argv[2], "d/out")
        """,
        "closed": """
        os.makedirs("a/b/c"); open("a/b/c/f", "w").close(); os.makedirs("e/f")
        for path in ["a/b/c", "a/b", "a", "e/f", "e"]: os.chmod(path, 0)
        os.mkdir("r"); open("r/f", "w").close(); os.mkdir("r/g"); os.chmod("r", 0o500); os.chmod(".", 0o500)
        """,
    ]

    private func lay(_ kind: String) throws -> String {
        let target = folder.path + "/target", kept = folder.path + "/kept"
        try Files.makeFolder(target, mode: 0o700)
        try folder.write("kept/file", "kept")
        let script = "import os, socket, sys\nos.chdir(sys.argv[1])\n" + Self.scripts[kind]!
        let result = try ProgramRun("/usr/bin/python3", ["-c", script, target, kept]).run()
        #expect(result.status == 0, "\(result.output)")
        return target
    }

    @Test(
        "all of it is removed, and nothing that it points to",
        arguments: ["names", "deep", "wide", "comb", "links", "closed"]
    )
    func removed(kind: String) throws {
        let target = try lay(kind)
        try Files.remove(target)
        #expect(!Files.exists(target))
        #expect(try folder.read("kept/file") == Array("kept".utf8))
    }

    @Test(
        "what lies there is handed over by name, links are not followed",
        .enabled(if: geteuid() == 0),
        arguments: ["names", "links", "deep"]
    )
    func given(kind: String) throws {
        let target = try lay(kind)
        try Files.give(target, to: 12345)
        let script = """
            import os, sys
            for base, _, _ in [next(os.walk(os.fsencode(sys.argv[1])))]:
                for name in os.listdir(base):
                    assert os.lstat(os.path.join(base, name)).st_uid == 12345, name
            assert os.stat(sys.argv[2]).st_uid == 0
            assert os.stat("/").st_uid == 0
            """
        let result = try ProgramRun("/usr/bin/python3", ["-c", script, target, folder.path + "/kept"]).run()
        #expect(result.status == 0, "\(result.output)")
    }

    @Test("of a name that somebody else chose, a message shows a bounded part")
    func longNames() {
        let error = FileError("/a/" + String(repeating: "\u{1B}x/", count: 2000), "is a folder")
        #expect(
            error.description.utf8.count < 2000 && !error.description.contains("\u{1B}")
                && error.description.hasSuffix(": is a folder")
        )
    }
}

/// Files as they are made and opened.
@Suite("Making and opening files", .serialized)
struct OpenFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a file has the mode that was meant, whatever the mask", arguments: [0o777, 0o277, 0o022, 0])
    func modes(mask: UInt32) throws {
        let old = umask(mask)
        defer { umask(old) }
        let lock = folder.path + "/lock", appended = folder.path + "/log", laid = folder.path + "/laid",
            key = folder.path + "/key"
        #expect(try FileLock.tryToHold(lock) != nil)
        _ = try OpenFile(appended, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640)
        _ = try OpenFile(regular: laid, O_WRONLY | O_CREAT, mode: 0o600)
        try [UInt8](repeating: 1, count: 32).withUnsafeBytes { (bytes) throws in
            try Files.writeNew(bytes, to: key, mode: 0o600)
        }
        let work = try Files.makeTemporaryFolder(in: folder.path, prefix: "work")
        for (path, mode) in [(lock, UInt32(0o600)), (appended, 0o640), (laid, 0o600), (key, 0o600), (work, 0o700)] {
            #expect(FileAccess(path)?.mode == mode, "\(path)")
        }
        // One that is there keeps its own.
        chmod(lock, 0o644)
        #expect(try FileLock.tryToHold(lock) != nil && FileAccess(lock)?.mode == 0o644)
    }

    @Test("a new file is whole or not there, and never in another's place", .enabled(if: geteuid() == 0))
    func fullDisk() throws {
        let small = folder.path + "/small"
        try Files.makeFolder(small)
        let mounted = try ProgramRun("/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", small]).run()
        guard mounted.status == 0 else { return }
        defer { _ = try? ProgramRun("/bin/umount", [small]).run() }
        _ = try ProgramRun("/bin/dd", ["if=/dev/zero", "of=" + small + "/full", "bs=4096", "count=100"]).run()
        let bytes = [UInt8](repeating: 7, count: 32)
        #expect(throws: FileError.self) {
            try bytes.withUnsafeBytes { (bytes) throws in try Files.writeNew(bytes, to: small + "/key", mode: 0o600) }
        }
        #expect(try Files.names(in: small) == ["full"])
        try Files.write([1], to: folder.path + "/there")
        #expect(throws: FileError.self) {
            try bytes.withUnsafeBytes { (bytes) throws in
                try Files.writeNew(bytes, to: folder.path + "/there", mode: 0o600)
            }
        }
        #expect(try folder.read("there") == [1])
        #expect(try Files.names(in: folder.path).sorted() == ["small", "there"])
    }

    @Test("only a plain file on a disk is opened by another's word")
    func onDisk() throws {
        mkfifo(folder.path + "/pipe", 0o600)
        try folder.write("file", "text")
        for (link, target) in [
            ("link", "file"), ("proc", "/proc/self/environ"), ("null", "/dev/null"), ("nowhere", "none"),
            ("loop", "loop"),
        ] {
            symlink(target, folder.path + "/" + link)
        }
        for path in [
            "/proc/kmsg", "/proc/self/environ", "/proc/version", "/sys/kernel/notes", "/dev/zero", "/dev/tty", "/etc",
            folder.path + "/pipe",
            folder.path + "/proc", folder.path + "/null", folder.path + "/nowhere", folder.path + "/loop",
        ] {
            #expect(throws: FileError.self, "\(path)") { _ = try OpenFile(onDisk: path) }
        }
        for name in ["file", "link"] {
            #expect(try OpenFile(onDisk: folder.path + "/" + name).contents() == Array("text".utf8))
        }
    }
}

import CodeEncryption
import Crypto
import Files
import Foundation
import Glibc
import Notation
import PackageFormat
import Secrets
import Synchronization
import TestSupport
import Testing

@testable import EnclaveAgent

/// HOME over restarts: what comes back, and that no change is missed.
@Suite("HOME over restarts")
struct PersistentHomeTests {
    private let folder: TemporaryFolder
    private let epoch = Epoch()
    private var home: String { folder.path + "/home" }
    private var sealed: String { folder.path + "/sealed/home/\(epoch.hex)/home.sealed" }

    init() throws {
        folder = try TemporaryFolder()
        try Files.makeFolder(folder.path + "/home")
    }

    private func persistent(_ home: String? = nil) throws -> PersistentHome {
        let platform = SealingKeyPlatform(secret: [UInt8](repeating: 7, count: 32))
        let state = try SealedState(folder: folder.path + "/sealed", id: "an instance", platform: platform)
        let place = home ?? self.home
        return try PersistentHome(folder: place, sealed: state.home(epoch))
    }

    /// Everything that lies in a folder: kind, mode, time of change and content.
    private func snapshot(_ folder: String) throws -> [String: String] {
        var found: [String: String] = [:]
        func look(_ prefix: String) throws {
            for name in try Files.names(in: folder + "/" + prefix) {
                let path = prefix + name, place = folder + "/" + path
                let version = try #require(FileVersion(place))
                let kind = try FileKind(place)
                let content =
                    switch kind {
                    case .file: try content(place)
                    case .link: try Files.linkTarget(place)
                    default: ""
                    }
                let mode = kind == .link ? "" : String(version.mode, radix: 8)
                found[path] = "\(kind) \(mode) \(version.modifiedAt.decimal) \(content)"
                if kind == .folder { try look(path + "/") }
            }
        }
        try look("")
        return found
    }

    /// Of a long one, its digest.
    private func content(_ path: String) throws -> String {
        let bytes = try Files.read(path)
        return bytes.count > 10_000 ? "\(bytes.count) \(SHA256.hash(data: bytes))" : Hex.text(bytes)
    }

    /// What is sealed, as it comes back elsewhere.
    private func comesBack() throws -> [String: String] {
        let other = folder.path + "/other"
        try Files.remove(other)
        try Files.makeFolder(other)
        #expect(try persistent(other).restore())
        #expect(!Files.exists(other + ".restored"))
        return try snapshot(other)
    }

    private func lay(_ path: String, _ text: String, mode: mode_t, at time: FileTime) throws {
        try folder.write("home/" + path, text)
        chmod(home + "/" + path, mode)
        try time.set(home + "/" + path)
    }

    @Test("files, empty folders, links, modes and times come back as they were")
    func wholeTree() throws {
        let times = [
            FileTime(seconds: 1_700_000_000), FileTime(seconds: 1_700_000_001, nanoseconds: 123_456_789),
            FileTime(seconds: -2, nanoseconds: 500_000_000), FileTime(seconds: 4_000_000_000, nanoseconds: 1),
        ]
        for (index, mode) in [0o755, 0o600, 0o444, 0o711].enumerated() {
            try lay("files/f\(index)", "text \(index)", mode: mode_t(mode), at: times[index])
        }
        try lay("\u{E9}\u{301}/" + String(repeating: "n", count: 200), "", mode: 0o640, at: times[1])
        try Files.makeFolder(home + "/empty/also")
        for (path, target) in [
            ("latest", "files/f1"), ("up/here", "../files"), ("loop", "loop"), ("nowhere", "later/made"),
            ("long", String(repeating: "d/", count: 300)),
        ] {
            try Files.makeFolder(Files.split(home + "/" + path).folder)
            #expect(symlink(target, home + "/" + path) == 0)
            try times[2].set(home + "/" + path)
        }
        chmod(home + "/empty/also", 0o550)
        try times[1].set(home + "/empty/also")
        try times[3].set(home + "/empty")
        let before = try snapshot(home)
        _ = try persistent().save(comparing: .versions)
        #expect(try comesBack() == before)
        // What came back is what was sealed: nothing is sealed again.
        let again = try persistent()
        #expect(try again.restore())
        let version = FileVersion(sealed)
        for comparison in [PersistentHome.Comparison.versions, .contents] {
            _ = try again.save(comparing: comparison)
            #expect(FileVersion(sealed) == version, "\(comparison)")
        }
    }

    @Test("a change of anything is found between two periods, and nothing is sealed where nothing changed")
    func changes() throws {
        try lay("a", "1", mode: 0o600, at: FileTime(seconds: 1_700_000_000))
        try Files.makeFolder(home + "/d")
        symlink("a", home + "/l")
        let persistent = try persistent()
        _ = try persistent.save(comparing: .versions)
        let home = self.home, path = home + "/a"
        let changes: [(String, () throws -> Void)] = [
            ("content", { try Files.write("22", to: path) }),
            (
                "content of one size, and the old time",
                {
                    let version = try #require(FileVersion(path))
                    try OpenFile(path, O_WRONLY).write(Array("33".utf8))
                    try version.modifiedAt.set(path)
                }
            ),
            ("mode", { chmod(path, 0o755) }), ("time", { try FileTime(seconds: 5).set(path) }),
            ("an empty folder", { mkdir(home + "/e", 0o700) }), ("a folder's mode", { chmod(home + "/d", 0o711) }),
            (
                "a link",
                {
                    unlink(home + "/l")
                    symlink("d", home + "/l")
                }
            ),
            ("a name", { rename(path, home + "/b") }), ("a folder less", { rmdir(home + "/e") }),
            ("all gone", { for name in try Files.names(in: home) { try Files.remove(home + "/" + name) } }),
        ]
        for (what, change) in changes {
            try change()
            _ = try persistent.save(comparing: .versions)
            #expect(try comesBack() == snapshot(home), "\(what)")
            let version = FileVersion(sealed)
            _ = try persistent.save(comparing: .versions)
            _ = try persistent.save(comparing: .contents)
            #expect(FileVersion(sealed) == version, "\(what)")
        }
    }

    /// A file of four pages, mapped to memory.
    private func map(_ path: String, _ flags: Int32 = MAP_SHARED, _ protection: Int32 = PROT_READ | PROT_WRITE) throws
        -> UnsafeMutableRawPointer
    {
        let file = try OpenFile(path, O_RDWR | O_CREAT)
        #expect(ftruncate(file.descriptor, 16384) == 0)
        let memory = mmap(nil, 16384, protection, flags, file.descriptor, 0)
        return try #require(memory == MAP_FAILED ? nil : memory)
    }

    @Test("what is written through memory that a file is mapped to is found each time, its times told or not")
    func mapped() throws {
        let persistent = try persistent()
        let memory = try map(home + "/mapped"), other = try map(home + "/a name with blanks")
        defer {
            munmap(memory, 16384)
            munmap(other, 16384)
        }
        // On a file system in memory only the first write through a mapping moves a time.
        for value in UInt8(1)...4 {
            memory.storeBytes(of: value, as: UInt8.self)
            other.storeBytes(of: value, toByteOffset: 16383, as: UInt8.self)
            try FileTime(seconds: 1_700_000_000).set(home + "/mapped")
            _ = try persistent.save(comparing: value == 4 ? .contents : .versions)
            #expect(try comesBack() == snapshot(home), "\(value)")
        }
        let version = FileVersion(sealed)
        _ = try persistent.save(comparing: .versions)
        #expect(FileVersion(sealed) == version)
        memory.storeBytes(of: 9, as: UInt8.self)
        _ = try persistent.save(comparing: .contents)
        #expect(try comesBack() == snapshot(home))
    }

    @Test("of what is mapped, that counts which can be written through")
    func mappedFiles() throws {
        try folder.write("home/shared", "")
        try folder.write("home/private", "")
        try folder.write("home/readable", "")
        let memories = [
            try map(home + "/shared"), try map(home + "/private", MAP_PRIVATE),
            try map(home + "/readable", MAP_SHARED, PROT_READ),
        ]
        let found = MappedFiles.current
        for (name, isMapped) in [("shared", true), ("private", false), ("readable", false)] {
            #expect(try found.contains(#require(FileVersion(home + "/" + name))) == isMapped, "\(name)")
        }
        for memory in memories { munmap(memory, 16384) }
        let version = try #require(FileVersion(home + "/shared"))
        #expect(!MappedFiles.current.contains(version))
        // Whoever can't tell looks at all of them.
        #expect(MappedFiles(list: nil).contains(version))
        for odd in ["", "\n\n", "x", "0-1 rw-s 0 0:1", "0-1 rw-s 0 0:1 \(version.number)x /a", "0-1 rws 0 0:1 9 /a"] {
            #expect(!MappedFiles(list: Array(odd.utf8)).contains(version), "\(odd)")
        }
        let line = "7f0-7f1 rw-s 00000000 00:2f   \(version.number)     /home/a b\\012c (deleted)\n"
        #expect(MappedFiles(list: Array(line.utf8)).contains(version))
    }

    @Test("an empty HOME that always was one isn't sealed")
    func empty() throws {
        _ = try persistent().save(comparing: .contents)
        #expect(!Files.exists(sealed))
        #expect(try !persistent().restore())
    }

    @Test("one folder that nobody may write to, and HOME is restored over it", arguments: [0o500, 0o555])
    func readOnlyFolders(mode: mode_t) throws {
        try folder.write("home/closed/deep/file", "x")
        chmod(home + "/closed/deep", mode)
        chmod(home + "/closed", mode)
        let before = try snapshot(home)
        _ = try persistent().save(comparing: .versions)
        for _ in 0..<2 {
            #expect(try persistent().restore())
            #expect(try snapshot(home) == before)
        }
    }

    // MARK: The format

    @Test(
        "archives that an independent implementation wrote come back; files alone, as earlier versions wrote them, too"
    )
    func vectors() throws {
        let vectors = try ProjectVectors.read("sealed-state.json")
        try extract(vectors["homeArchives"].hex("written"), to: "new")
        var expected: [String: String] = [:]
        for entry in try vectors["homeArchives"].list("holds") {
            let kind = try entry.text("kind"), content = try entry.text("content")
            let words = ["file": "a file", "folder": "a folder", "link": "a symbolic link"]
            expected[try entry.text("path")] =
                try "\(words[kind] ?? "") \(kind == "link" ? "" : entry.text("mode")) \(entry.text("modified")) "
                + (kind == "file" ? Hex.text(Array(content.utf8)) : content)
        }
        #expect(try snapshot(folder.path + "/new") == expected)
        // And we write the same bytes.
        var contents = try HomeContents(folder.path + "/new")
        let bytes = Mutex<[UInt8]>([])
        var writer = HomeArchiveWriter(room: .max, within: TimeLimit(seconds: 60)) { piece in
            bytes.withLock { $0 += piece }
        }
        try writer.write(&contents)
        #expect(try bytes.withLock { $0 } == vectors["homeArchives"].hex("written"))

        try extract(vectors["home"].hex("plain"), to: "old")
        #expect(try folder.read("old/notes.txt") == Array("kept".utf8))
        #expect(FileVersion(folder.path + "/old/notes.txt")?.mode == 0o600)
    }

    private func extract(_ archive: [UInt8], to name: String) throws {
        let position = Mutex(0)
        var reader = HomeArchiveReader("an archive", byteCount: archive.count, to: folder.path + "/" + name) {
            (buffer) throws(FileError) in
            position.withLock { position in
                let piece = archive[position..<min(archive.count, position + buffer.count)]
                buffer.copyBytes(from: piece)
                position += piece.count
                return piece.count
            }
        }
        try reader.extract()
    }

    @Test("archives that nobody writes are refused, and nothing is made outside")
    func refused() throws {
        for archive in try ProjectVectors.read("sealed-state.json")["homeArchives"].list("refused") {
            try Files.remove(folder.path + "/out")
            try Files.makeFolder(folder.path + "/out")
            #expect(throws: (any Error).self, "\(archive.what)") { try extract(archive.hex("file"), to: "out/home") }
            #expect(!Files.exists("/tmp/mse-outside") && !Files.exists(folder.path + "/out/a"), "\(archive.what)")
        }
    }

    /// What a file takes up, in bytes.
    private func taken(_ path: String) throws -> Int { try #require(FileRoom.taken(by: path)) }

    @Test("what has holes comes back with them, and files with several names have them still")
    func sparse() throws {
        for (name, size, places) in [
            ("none", 3 << 20, []), ("begin", 3 << 20, [0]), ("end", (3 << 20) + 5, [(3 << 20) + 4]),
            ("middle", 3 << 20, [4095, 4096, 2 << 20]), ("odd", 5000, [4999]),
        ] as [(String, Int, [Int])] {
            let file = try OpenFile(home + "/" + name, O_RDWR | O_CREAT)
            #expect(ftruncate(file.descriptor, size) == 0)
            for place in places { try file.write([1], at: place) }
        }
        try Files.makeFolder(home + "/d")
        #expect(link(home + "/middle", home + "/d/again") == 0 && link(home + "/odd", home + "/a") == 0)
        let before = try snapshot(home)
        _ = try persistent().save(comparing: .versions)
        #expect(try comesBack() == before)
        let other = folder.path + "/other"
        for name in try Files.names(in: other) { #expect(try taken(other + "/" + name) < 100_000, "\(name)") }
        #expect(FileVersion(other + "/middle") == FileVersion(other + "/d/again"))
        #expect(FileVersion(other + "/odd") == FileVersion(other + "/a"))
    }

    @Test(
        "a hole costs nothing, however long it is, and the other files are kept beside it",
        .timeLimit(.minutes(1)),
        arguments: [[], [0], [(1 << 42) - 1], [0, 5 << 30, 1 << 41], (0..<600).map { $0 << 16 }] as [[Int]]
    )
    func holes(places: [Int]) throws {
        try folder.write("home/orders.db", "orders")
        let file = try OpenFile(home + "/vast", O_RDWR | O_CREAT)
        #expect(ftruncate(file.descriptor, 1 << 42) == 0)
        for place in places { try file.write([7], at: place) }
        let home = try persistent()
        _ = try home.save(comparing: .versions)
        _ = try home.save(comparing: .contents)
        #expect(try OpenFile(sealed, O_RDONLY).byteCount() < (1 << 20) + places.count * 8192)
        let other = folder.path + "/other"
        try Files.makeFolder(other)
        #expect(try persistent(other).restore())
        #expect(try folder.read("other/orders.db") == Array("orders".utf8))
        #expect(FileVersion(other + "/vast")?.byteCount == 1 << 42)
        #expect(try taken(other + "/vast") <= taken(self.home + "/vast"))
        for place in places {
            let restored = try OpenFile(other + "/vast", O_RDONLY)
            var bytes: [UInt8] = [0, 9]
            _ = try bytes.withUnsafeMutableBytes { (buffer) throws(FileError) in
                try restored.read(into: buffer, at: place)
            }
            #expect(bytes.first == 7)
            #expect(bytes.last == (place + 1 == 1 << 42 ? 9 : 0))
        }
    }

    @Test("the archive of a file with holes is read by another program")
    func holesElsewhere() throws {
        let file = try OpenFile(home + "/vast", O_RDWR | O_CREAT)
        #expect(ftruncate(file.descriptor, 5 << 20) == 0)
        for place in [0, 3 << 20, (3 << 20) + 70_000] { try file.write([7], at: place) }
        var contents = try HomeContents(home)
        let bytes = Mutex<[UInt8]>([])
        var writer = HomeArchiveWriter(room: .max, within: TimeLimit(seconds: 60)) { piece in
            bytes.withLock { $0 += piece }
        }
        try writer.write(&contents)
        try folder.write("home.tar", bytes.withLock { $0 })
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        program.arguments = [
            "python3", "-c",
            """
            import sys, tarfile
            with tarfile.open(sys.argv[1]) as archive: data = archive.extractfile("vast").read()
            sys.exit(0 if data == open(sys.argv[2], "rb").read() else 1)
            """, folder.path + "/home.tar", home + "/vast",
        ]
        try program.run()
        program.waitUntilExit()
        #expect(program.terminationStatus == 0)
    }

    @Test(
        "a map of holes that nobody writes is refused",
        arguments: [
            "", "0\n", "1\n", "1\n9\n0\n", "1\n10\n1\n", "2\n0\n5\n10\n1\n", "2\n0\n0\n10\n0\n", "2\n5\n5\n4\n0\n",
            "2\n5\n6\n10\n0\n", "3\n5\n2\n6\n1\n10\n0\n", "2\n-1\n5\n10\n0\n", "2\n\n5\n10\n0\n",
            "1\n10\n0\nrest", "9223372036854775807\n", "99999999999999999999\n", "1\n10\n0",
        ]
    )
    func maps(text: String) {
        #expect(read(map: text, byteCount: 10) == nil)
    }

    @Test("a map of holes that was written is read again")
    func writtenMaps() {
        for ranges in [[], [0..<10], [0..<1], [9..<10], [0..<1, 3..<4, 9..<10]] as [[Range<Int>]] {
            let extents = FileExtents(byteCount: 10, ranges: ranges)
            let read = read(map: String(decoding: extents.map, as: UTF8.self), byteCount: 10)
            #expect(read?.extents == extents && read?.mapByteCount == 512)
        }
    }

    private func read(map text: String, byteCount: Int) -> (extents: FileExtents, mapByteCount: Int)? {
        var blocks = Array(text.utf8)
        if !blocks.isEmpty { blocks += [UInt8](repeating: 0, count: (512 - blocks.count % 512) % 512) }
        return FileExtents.read(byteCount: byteCount) {
            guard !blocks.isEmpty else { return nil }
            defer { blocks.removeFirst(512) }
            return Array(blocks.prefix(512))
        }
    }

    @Test("a file of more than 2 GiB comes back, and one of more than 8 GiB is read and written", .onlyDeep)
    func large() throws {
        let file = try OpenFile(home + "/large", O_RDWR | O_CREAT)
        let size = (5 << 29) + 3
        #expect(ftruncate(file.descriptor, size) == 0)
        for place in [0, 1 << 31, size - 1] { try file.write([7], at: place) }
        _ = try persistent().save(comparing: .versions)
        let other = folder.path + "/other"
        try Files.makeFolder(other)
        #expect(try persistent(other).restore())
        #expect(try taken(other + "/large") < 100_000)
        let restored = try OpenFile(other + "/large", O_RDONLY)
        #expect(try restored.byteCount() == size)
        for place in [0, 1, 1 << 31, size - 1] {
            var byte: UInt8 = 0
            _ = try withUnsafeMutableBytes(of: &byte) { try restored.read(into: $0, at: place) }
            #expect(byte == (place == 1 ? 0 : 7))
        }

        let huge = (9 << 30) + 1
        let header =
            TarHeader.bytes(".", byteCount: 0, TarAttributes(kind: .folder)) + TarHeader.bytes("a", byteCount: huge)
        let position = Mutex(0)
        let total = header.count + huge + TarHeader.padding(huge).count + TarHeader.end.count
        var reader = HomeArchiveReader("an archive", byteCount: total, to: folder.path + "/huge") {
            (buffer) throws(FileError) in
            position.withLock { position in
                let piece = header.dropFirst(position).prefix(buffer.count)
                buffer.copyBytes(from: piece)
                UnsafeMutableRawBufferPointer(rebasing: buffer[piece.count...])
                    .initializeMemory(as: UInt8.self, repeating: 0)
                position += buffer.count
                return buffer.count
            }
        }
        try reader.extract()
        #expect(FileVersion(folder.path + "/huge/a")?.byteCount == huge)
        #expect(try taken(folder.path + "/huge/a") < 100_000)
    }

    @Test("what changed while it was looked at is found, though it has the same time")
    func racing() throws {
        let persistent = try persistent()
        // A clock that moves in steps gives both the same time, sooner or later.
        for value in 0..<200 {
            try folder.write("home/a", "\(1000 + value)")
            _ = try persistent.save(comparing: .versions)
            let file = try OpenFile(home + "/a", O_RDWR)
            try file.write(Array("\(5000 + value)".utf8), at: 0)
            _ = try persistent.save(comparing: .versions)
            #expect(try comesBack() == snapshot(home), "\(value)")
        }
    }

    @Test("a sealed HOME that is changed in one byte, or cut, keeps HOME as it is")
    func damaged() throws {
        try folder.write("home/a", [UInt8](repeating: 1, count: 600_000))
        _ = try persistent().save(comparing: .versions)
        let bytes = try folder.read("sealed/home/\(epoch.hex)/home.sealed")
        let before = try snapshot(home)
        for offset in [0, 39, 40, 79, 80, 592, 300_000, bytes.count - 1] {
            var changed = bytes
            changed[offset] ^= 1
            try Files.write(changed, to: sealed)
            #expect(throws: SealedStateError.self, "\(offset)") { try persistent().restore() }
            try Files.write(Array(bytes[..<offset]), to: sealed)
            #expect(throws: SealedStateError.self, "\(offset)") { try persistent().restore() }
            #expect(try snapshot(home) == before && !Files.exists(home + ".restored"))
        }
    }

    @Test("times are written and read to the nanosecond, before 1970 too")
    func times() {
        for (seconds, nanoseconds, text) in [
            (0, 0, "0"), (1, 500_000_000, "1.500000000"), (-1, 999_999_999, "-0.000000001"),
            (-2, 500_000_000, "-1.500000000"), (-3, 0, "-3"), (8_589_934_592, 1, "8589934592.000000001"),
            (1_764_536_400_000, 0, "1764536400000"), (Int.max, 999_999_999, "9223372036854775807.999999999"),
            (Int.min, 0, "-9223372036854775808"), (Int.min, 1, "-9223372036854775807.999999999"),
        ] {
            let time = FileTime(seconds: seconds, nanoseconds: nanoseconds)
            #expect(time.decimal == text)
            #expect(FileTime(decimal: text) == time)
        }
        #expect(FileTime(decimal: "1.5") == FileTime(seconds: 1, nanoseconds: 500_000_000))
        for odd in [
            "", "-", ".5", "1.x", "1.5.5", "--1", "+1", "1e3", "9223372036854775808", "-9223372036854775808.1",
            "\u{661}", "nan",
        ] {
            #expect(FileTime(decimal: odd) == nil, "\(odd)")
        }
    }
}

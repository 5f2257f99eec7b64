import CodeEncryption
import Files
import Foundation
import Glibc
import PackageFormat
import Synchronization
import TestSupport
import Testing

@testable import EnclaveAgent

/// What of HOME is kept, and that what can't be keeps nothing else from it.
@Suite("HOME's contents")
struct HomeContentsTests {
    private let folder: TemporaryFolder
    private var home: String { folder.path + "/home" }

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("home/kept", "1")
        try folder.write("home/data/deep/kept", "2")
        try folder.write("elsewhere", "secret")
    }

    private func kept(entryLimit: Int = HomeContents.entryLimit) throws -> (files: [String: String], left: HomeContents)
    {
        var contents = try HomeContents(home, entryLimit: entryLimit)
        var reader = try Self.reader(try Self.archive(&contents))
        var files: [String: String] = [:]
        while let member = try reader.next() {
            guard member.attributes.kind == .file else { continue }
            files[member.name] = String(decoding: try reader.content(limit: 1 << 20), as: UTF8.self)
        }
        return (files, contents)
    }

    private static func archive(
        _ contents: inout HomeContents,
        room: Int = .max,
        within limit: TimeLimit = TimeLimit(seconds: 60)
    ) throws -> [UInt8] {
        let bytes = Mutex<[UInt8]>([])
        var writer = HomeArchiveWriter(room: room, within: limit) { piece in bytes.withLock { $0 += piece } }
        try writer.write(&contents)
        return bytes.withLock { $0 }
    }

    private static func reader(_ archive: [UInt8]) throws -> TarReader {
        let position = Mutex(0)
        return TarReader("an archive", byteCount: archive.count, takes: .trees) { (buffer) throws(FileError) in
            position.withLock { position in
                let piece = archive[position..<min(archive.count, position + buffer.count)]
                buffer.copyBytes(from: piece)
                position += piece.count
                return piece.count
            }
        }
    }

    private static let odd: [(what: String, make: @Sendable (String) -> Void)] = [
        ("pipe", { mkfifo($0 + "/odd", 0o600) }),
        ("pipe in a folder", { mkfifo($0 + "/data/odd", 0o600) }),
        (
            "socket",
            { path in
                let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                withUnsafeMutableBytes(of: &address.sun_path) {
                    $0.copyBytes(from: Array((path + "/odd").utf8.prefix(107)))
                }
                let status = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(server, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
                close(server)
                if status != 0 { mkfifo(path + "/odd", 0o600) }
            }
        ),
        ("link out", { symlink("/etc/passwd", $0 + "/odd") }),
        (
            "link up and down",
            { symlink("../../../" + Files.split(Files.split($0).folder).name + "/elsewhere", $0 + "/data/odd") }
        ),
        ("link behind itself", { symlink("data/../../elsewhere", $0 + "/odd") }),
        ("link up", { symlink("../elsewhere", $0 + "/odd") }),
        ("link to a device", { symlink("/dev/zero", $0 + "/odd") }),
        ("no UTF-8", { HomeContentsTests.makeRaw($0, [0x6F, 0xFF, 0x64]) }),
        (
            "deeper than any path",
            { path in
                var folder = path
                for _ in 0..<70 {
                    folder += "/o"
                    mkdir(folder, 0o700)
                }
                close(open(folder + "/odd", O_CREAT | O_WRONLY, 0o600))
            }
        ),
    ]

    static func makeRaw(_ folder: String, _ name: [UInt8]) {
        let bytes = (Array(folder.utf8) + [0x2F] + name + [0]).map { CChar(bitPattern: $0) }
        close(bytes.withUnsafeBufferPointer { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600) })
    }

    @Test("one odd file is left out and named, and the others are kept", arguments: odd.map(\.what))
    func oneOdd(what: String) throws {
        Self.odd.first { $0.what == what }!.make(home)
        let (files, contents) = try kept()
        #expect(files["kept"] == "1" && files["data/deep/kept"] == "2", "\(files)")
        #expect(contents.leftOut.count == 1, "\(contents.leftOut)")
        #expect(contents.leftOutText?.contains("kept without 1") == true)
        #expect(!files.values.contains("secret") && files.count == 2, "\(files)")
    }

    @Test("what can't be read is left out", .enabled(if: getuid() != 0))
    func unreadable() throws {
        try folder.write("home/odd", "x")
        chmod(home + "/odd", 0)
        try folder.write("home/closed/x", "x")
        chmod(home + "/closed", 0)
        let (files, contents) = try kept()
        #expect(files.count == 2 && contents.leftOut.count == 2)
        chmod(home + "/closed", 0o700)
        chmod(home + "/odd", 0o600)
        #expect(try kept().files.count == 4)
    }

    @Test("links that stay inside are kept as links, wherever they lead to, and none is followed")
    func links() throws {
        let links = [
            "link": "kept", "folder": "data", "data/up": "..", "data/deep/root": "../..", "itself": "itself",
            "nowhere": "nothing/at/all", "here": ".", "a": "b", "b": "a",
            "absolute": try Files.resolved(home) + "/kept",
            "roundabout": "../home/./data//deep/../deep/kept", "data/\u{E9}": String(repeating: "d\u{E9}/", count: 60),
        ]
        for (path, target) in links { #expect(symlink(target, home + "/" + path) == 0) }
        let (files, contents) = try kept()
        #expect(files.count == 2 && contents.leftOut.isEmpty, "\(files) \(contents.leftOut)")
        var found: [String: String] = [:]
        for entry in contents.entries { if case .link(let target) = entry.kind { found[entry.path] = target } }
        #expect(found == links)
    }

    static let multipliers: [Growth] = [
        growth("folders with two links each to the next") { count, home in
            for level in 0...count { mkdir("\(home)/l\(level)", 0o700) }
            for level in 0..<count {
                for name in ["a", "b"] { symlink("../l\(level + 1)", "\(home)/l\(level)/\(name)") }
            }
        },
        growth("a chain of links") { count, home in
            for index in 0..<count { symlink("l\(index + 1)", "\(home)/l\(index)") }
        },
        growth("links to one folder") { count, home in
            mkdir(home + "/real", 0o700)
            for index in 0..<count {
                mkdir("\(home)/real/\(index)", 0o700)
                symlink("real", "\(home)/l\(index)")
            }
        },
        growth("links in a circle") { count, home in
            for index in 0..<count { symlink("l\((index + 1) % count)", "\(home)/l\(index)") }
        },
        growth("links that leave") { count, home in
            for index in 0..<count { symlink("/etc/passwd", "\(home)/l\(index)") }
        },
    ]

    private static func growth(_ name: String, lay: @escaping @Sendable (Int, String) -> Void) -> Growth {
        let place = try? TemporaryFolder()
        return Growth(name, 16...2048) { count in
            let home = try #require(place).path + "/home"
            try Files.remove(home)
            try Files.makeFolder(home)
            lay(count, home)
            return home
        } read: { home in
            var contents = try HomeContents(home)
            _ = try archive(&contents)
        }
    }

    @Test("eight times the links take no more than some eight times as long", arguments: multipliers)
    func manyFromFew(growth: Growth) throws {
        let result = try growth.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }

    @Test("more than the limit is left out, links and empty folders counted, and what came before is kept")
    func entries() throws {
        for index in 0..<100 {
            mkdir("\(home)/z\(index)", 0o700)
            symlink("kept", "\(home)/y\(index)")
        }
        let (files, contents) = try kept(entryLimit: 50)
        #expect(files["kept"] == "1" && contents.entries.count == 50)
        #expect(
            contents.leftOut.map(\.problem) == ["HOME holds more than 50 files and folders; the rest of it is left out"]
        )
    }

    /// What the operator is told of it; nil where it goes well.
    private static func problem(_ body: () throws -> Void) -> HomeReport.Problem? {
        do {
            try body()
            return nil
        } catch {
            return HomeReport.Problem(error)
        }
    }

    @Test("what takes too long ends as that: many names, and a file that is endless by its size")
    func timeLimit() throws {
        #expect(Self.problem { _ = try HomeContents(home, within: TimeLimit(seconds: 0)) } == .timeLimit)
        var contents = try HomeContents(home)
        let problem = Self.problem { _ = try Self.archive(&contents, within: TimeLimit(seconds: 0)) }
        #expect(problem == .timeLimit)
        // A long one is broken off in its middle.
        try folder.write("home/endless", [UInt8](repeating: 1, count: 16 << 20))
        contents = try HomeContents(home)
        let written = Mutex(0)
        var writer = HomeArchiveWriter(room: .max, within: TimeLimit(seconds: 1)) { piece in
            let isEndless = written.withLock {
                $0 += piece.count
                return $0 > 2 << 20
            }
            if isEndless { usleep(1_100_000) }
        }
        do {
            try writer.write(&contents)
            Issue.record("it was written")
        } catch {
            #expect(HomeReport.Problem(error) == .timeLimit && "\(error)".contains("endless"))
        }
        #expect(written.withLock { $0 } < 8 << 20)
    }

    @Test("a file that is endless by its size alone takes no time", arguments: [1 << 40, Int(Int32.max) << 30])
    func endless(size: Int) throws {
        try folder.write("home/endless", "x")
        // Not every file system has files so long.
        guard truncate(home + "/endless", size) == 0 else { return }
        var contents = try HomeContents(home)
        let written = Mutex(0)
        var writer = HomeArchiveWriter(room: 1 << 20, within: TimeLimit(seconds: 60)) { piece in
            written.withLock { $0 += piece.count }
        }
        try writer.write(&contents)
        #expect(contents.leftOut == [] && written.withLock { $0 } < 1 << 20)
    }

    @Test("what would need more room than there is isn't written, holes and second names left out")
    func room() throws {
        try folder.write("home/full", [UInt8](repeating: 1, count: 100_000))
        for name in 0..<10 { #expect(link(home + "/full", home + "/again\(name)") == 0) }
        #expect(truncate(home + "/kept", 50 << 20) == 0)
        var contents = try HomeContents(home)
        let taken = contents.takenByteCount
        #expect((100_000..<300_000).contains(taken), "\(taken)")
        _ = try Self.archive(&contents, room: taken)
        #expect(contents.leftOut == [])
        let problem = Self.problem { _ = try Self.archive(&contents, room: 90_000) }
        #expect(problem == .tooLarge)
    }

    @Test("only the operator's disk is short of room, and only where it is")
    func problems() {
        for (number, problem) in [
            (ENOSPC, .noSpace), (EDQUOT, .noSpace), (EIO, .notSaved), (nil, .notSaved),
        ] as [(Int32?, HomeReport.Problem)] {
            #expect(HomeReport.Problem(FileError("x", "y", number: number)) == problem)
        }
        #expect(HomeReport.Problem(CancellationError()) == .notSaved)
    }

    @Test("a file that grows, shrinks or goes while it is read is kept as it was, and harms no other")
    func changing() async throws {
        let path = home + "/changing"
        try folder.write("home/changing", [UInt8](repeating: 0x61, count: 3 << 20))
        try folder.write("home/z", "last")
        let isDone = Mutex(false)
        let writer = Thread {
            while !isDone.withLock({ $0 }) {
                truncate(path, 100)
                let file = open(path, O_WRONLY | O_APPEND)
                _ = [UInt8](repeating: 0x61, count: 1 << 20).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                close(file)
                truncate(path, 4 << 20)
                rename(path, path + "2")
                rename(path + "2", path)
            }
        }
        writer.start()
        defer { isDone.withLock { $0 = true } }
        for _ in 0..<20 {
            var contents = try HomeContents(home)
            var reader = try Self.reader(try Self.archive(&contents))
            var names: [String] = []
            while let member = try reader.next() {
                names.append(member.name)
                if member.name == "z" { #expect(try reader.content(limit: 10) == Array("last".utf8)) }
            }
            #expect(Set(names).isSuperset(of: ["kept", "data/deep/kept", "z"]), "\(names)")
        }
    }

    @Test("more is left out than is shown, and the number is told")
    func many() throws {
        for number in 0..<300 { mkfifo(home + "/odd\(number)", 0o600) }
        let text = try #require(try kept().left.leftOutText)
        #expect(text.contains("without 300 of") && text.contains("and 200 more"))
        #expect(text.utf8.count < 20_000)
    }

    @Test("names command no terminal")
    func names() throws {
        mkfifo(home + "/a\u{1B}[2J\nb", 0o600)
        let text = try #require(try kept().left.leftOutText)
        #expect(!text.contains("\u{1B}") && text.split(separator: "\n").count == 2)
    }

    @Test("HOME itself has to be there")
    func missing() throws {
        try Files.remove(home)
        #expect(throws: FileError.self) { try HomeContents(home) }
        try folder.write("home", "a file")
        #expect(throws: FileError.self) { try HomeContents(home) }
    }
}

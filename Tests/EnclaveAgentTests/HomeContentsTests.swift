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
        let archive = folder.path + "/home.tar"
        try Files.remove(archive)
        try contents.write(to: archive)
        var reader = try TarReader(archive)
        var files: [String: String] = [:]
        while let member = try reader.next() {
            files[member.name] = String(decoding: try reader.content(limit: 1 << 20), as: UTF8.self)
        }
        return (files, contents)
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
        ("link up", { symlink("../elsewhere", $0 + "/odd") }),
        ("link to nowhere", { symlink("nothing", $0 + "/odd") }),
        ("link to itself", { symlink("odd", $0 + "/odd") }),
        ("link to HOME", { symlink(".", $0 + "/data/odd") }),
        ("link to a folder above", { symlink("../..", $0 + "/data/deep/odd") }),
        ("link to a device", { symlink("/dev/zero", $0 + "/odd") }),
        ("no UTF-8", { HomeContentsTests.makeRaw($0, [0x6F, 0xFF, 0x64]) }),
        (
            "a huge file without content",
            { path in
                close(open(path + "/odd", O_CREAT | O_WRONLY, 0o600))
                truncate(path + "/odd", 1 << 40)
            }
        ),
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

    @Test("links that stay inside are kept as what they lead to")
    func links() throws {
        symlink("kept", home + "/link")
        symlink("../data", home + "/data/../folder")
        let (files, contents) = try kept()
        #expect(files["link"] == "1")
        #expect(contents.leftOut.map(\.path) == ["folder"], "\(contents.leftOut)")
        unlink(home + "/folder")
        symlink("data", home + "/folder")
        #expect(try kept().files["folder/deep/kept"] == "2")
    }

    @Test("links that make many files of few cost no more than the limit")
    func manyFromFew() throws {
        for level in 0..<40 {
            try Files.makeFolder(home + "/l\(level)")
            for name in ["a", "b"] { symlink("../l\(level + 1)", home + "/l\(level)/" + name) }
        }
        try folder.write("home/l40/x", "x")
        let start = ContinuousClock.now
        let (files, contents) = try kept(entryLimit: 5000)
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(files["kept"] == "1" && !contents.leftOut.isEmpty)
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
        for _ in 0..<50 {
            let archive = folder.path + "/home.tar"
            try Files.remove(archive)
            var contents = try HomeContents(home)
            try contents.write(to: archive)
            var reader = try TarReader(archive)
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

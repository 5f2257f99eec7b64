import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Temporary names")
struct TemporaryNameTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Names as they are given, whatever is in the folder.
    private static let ours = [
        Files.split(TemporaryName.beside("/nowhere/pin.pem")).name,
        Files.split(TemporaryName.beside("/nowhere/" + String(repeating: "n", count: 300))).name,
        ".package.mse-unfinished-AbC123", "environment.mse-unfinished-zzzzzz",
    ]
    private static let others = [
        ".out.backup", ".pin.pem.1a2b3c4d5e6f7", "x.mse-unfinished-", "x.mse-unfinished-12345",
        "x.mse-unfinished-abc\u{E9}ef", ".mse-unfinished", "x.mse-unfinished-12345678901234", "mse-unfinished-123456",
    ]

    /// What programs leave that are killed while they write, two files and two folders; and what only looks like it.
    private func lay(in place: String) throws -> String {
        let place = folder.path + "/" + place
        try Files.makeFolder(place)
        for name in Self.ours.prefix(2) + Self.others {
            try OpenFile(place + "/" + name, O_WRONLY | O_CREAT).write(Array("half".utf8))
        }
        for name in Self.ours.suffix(2) {
            try Files.makeFolder(place + "/" + name + "/deep/er")
            symlink(folder.path + "/kept", place + "/" + name + "/link")
        }
        return place
    }

    private func left(in place: String) -> [Bool] { Self.ours.map { Files.exists(place + "/" + $0) } }

    @Test("what a killed program left goes when the next makes something there, and nothing else does")
    func abandoned() throws {
        try Files.makeFolder(folder.path + "/kept/in")
        let ways: [(String, (String) throws -> Void)] = [
            ("write", { try Files.write("x", to: $0 + "/made") }),
            (
                "bytes",
                { place in try [1, 2].withUnsafeBytes { try Files.write($0, to: place + "/made", mode: 0o600) } }
            ),
            (
                "new",
                { place in try [1, 2].withUnsafeBytes { try Files.writeNew($0, to: place + "/made", mode: 0o600) } }
            ),
            ("folder", { try Files.remove(Files.makeTemporaryFolder(in: $0, prefix: ".other")) }),
        ]
        let places = try ways.map { try lay(in: $0.0) }
        let held = try places.map { try #require(TemporaryName.lock($0 + "/" + Self.ours[0])) }
        usleep(2_100_000)
        for (place, way) in zip(places, ways) {
            try way.1(place)
            #expect(left(in: place) == [true, false, false, false], "\(way.0)")
            #expect(Self.others.allSatisfy { Files.exists(place + "/" + $0) }, "\(way.0)")
        }
        #expect(Files.exists(folder.path + "/kept/in"))
        for lock in held { close(lock) }
        // A process looks once.
        try ways[0].1(places[0])
        #expect(left(in: places[0])[0])
        TemporaryName.removeAbandoned(in: places[0])
        #expect(!left(in: places[0]).contains(true))
    }

    @Test("what is being made is nobody's to remove, until it has ended or has its name")
    func inUse() throws {
        let work = try Files.makeTemporaryFolder(in: folder.path, prefix: ".work")
        let other = try Files.makeTemporaryFolder(in: folder.path, prefix: ".other")
        let file = Files.temporaryName(beside: folder.path + "/file")
        _ = try OpenFile(file, O_WRONLY | O_CREAT)
        Unfinished.made(file)
        #expect(TemporaryName.lock(work) == nil && TemporaryName.lock(other) == nil && TemporaryName.lock(file) == nil)
        usleep(2_100_000)
        TemporaryName.removeAbandoned(in: folder.path)
        #expect([work, other, file].allSatisfy { Files.exists($0) })
        Unfinished.complete([work]) { _ = rename(work, folder.path + "/whole") }
        let lock = try #require(TemporaryName.lock(folder.path + "/whole"))
        close(lock)
        try Files.remove(other)
        Unfinished.end(file)
        TemporaryName.removeAbandoned(in: folder.path)
        #expect(try Files.names(in: folder.path) == ["whole"])
    }

    @Test("what was made a moment ago may not be locked yet, and stays")
    func fresh() throws {
        let place = try lay(in: "fresh")
        TemporaryName.removeAbandoned(in: place)
        #expect(!left(in: place).contains(false))
    }

    @Test(
        "where others could have given a name to something of this user's, nothing is removed",
        arguments: [0o777, 0o775]
    )
    func shared(mode: mode_t) throws {
        let place = try lay(in: "shared")
        chmod(place, mode)
        usleep(2_100_000)
        TemporaryName.removeAbandoned(in: place)
        #expect(!left(in: place).contains(false))
        // As /tmp is.
        chmod(place, mode | S_ISVTX)
        TemporaryName.removeAbandoned(in: place)
        #expect(!left(in: place).contains(true))
    }

    @Test("many files in one folder don't get slower by what is there already")
    func growth() throws {
        let growth = Growth("files of a folder", 64...2048) { count in
            let place = folder.path + "/many-\(UUID())"
            try Files.makeFolder(place)
            return (0..<count).map { place + "/f\($0)" }
        } read: {
            for path in $0 { try Files.write("", to: path) }
        }
        let result = try growth.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }
}

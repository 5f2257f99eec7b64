import CodeEncryption
import Files
import Secrets
import Testing
import WallClock

@testable import Operations

/// Who follows a log sees each line once, in its order, whatever rotation takes away meanwhile.
@Suite("Following a sealed log")
struct LogFollowTests {
    private static let kept = 4

    private struct Followed {
        var lines: [Int] = []
        var notes: [String] = []
    }

    /// Lines are numbers; after each burst somebody looks.
    private func follow(bursts: [Int]) throws -> Followed {
        let folder = try Files.makeTemporaryFolder(in: "/tmp", prefix: "mse-operations-tests")
        defer { try? Files.remove(folder) }
        try Files.write([UInt8](repeating: 7, count: 32), to: folder + "/code.key", mode: 0o600)
        var limits = SealedLogWriter.Limits()
        (limits.pieceByteCount, limits.pieces) = (4096, Self.kept)
        let writer = try SealedLogWriter(
            folder: folder + "/log",
            root: SecretKey(file: folder + "/code.key"),
            id: "533a2b83-4bc5-4a9c-955e-208c530bfd15",
            epoch: try #require(Epoch([UInt8](repeating: 1, count: 32))),
            limits: limits
        )
        let state = StateFolder(environment: ["MSE_HOME": folder + "/state", "HOME": folder])
        var log = LogOperations(
            target: folder + "/log",
            key: folder + "/code.key",
            since: nil,
            in: Surroundings(state: state, places: LaunchPlaces([]), clock: .system)
        )
        var followed = Followed()
        var written = 0
        for burst in bursts {
            for _ in 0..<burst {
                written += 1
                let time = UInt64(1_800_000_000_000 + written)
                try writer.append(SealedLogEntry(time: time, source: .output, text: Array("\(written)".utf8)))
            }
            let news = try log.next()
            followed.lines += news.lines.compactMap { Int($0.split(separator: " ").last ?? "") }
            followed.notes += news.notes
        }
        return followed
    }

    @Test("each line once, while older pieces go", arguments: [1, 3, 7, 11, 30])
    func eachOnce(_ burst: Int) throws {
        let bursts = [Int](repeating: burst, count: 200 / burst)
        let followed = try follow(bursts: bursts)
        #expect(followed.lines == Array(1...bursts.reduce(0, +)))
        #expect(followed.notes.allSatisfy { !$0.contains("taken away") })
    }

    @Test("what was taken away before anybody looked is told, and nothing is shown twice")
    func gap() throws {
        let followed = try follow(bursts: [5, 500, 3])
        #expect(followed.lines.first == 1 && followed.lines.last == 508)
        #expect(zip(followed.lines, followed.lines.dropFirst()).allSatisfy { $0 < $1 })
        #expect(followed.lines.count < 508 && followed.notes.contains { $0.contains("taken away") })
    }
}

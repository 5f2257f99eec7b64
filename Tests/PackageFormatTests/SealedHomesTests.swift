import Files
import TestSupport
import Testing

@testable import PackageFormat

@Suite("HOMEs that were sealed")
struct SealedHomesTests {
    private static func epoch(_ digit: String) -> String { String(repeating: digit, count: 64) }

    @Test("they are told by their epochs, the last sealed one first, and nothing else that lies there is")
    func epochs() throws {
        let folder = try TemporaryFolder()
        #expect(SealedHomes.epochs(in: folder.path).isEmpty)
        let others = ["\u{1B}[2J", "A".padded, "g".padded, "ab", Self.epoch("0") + "0", ".x"]
        for name in [Self.epoch("1"), Self.epoch("2"), Self.epoch("a")] + others {
            try folder.write("home/\(name)/home.sealed", "x")
        }
        try Files.makeFolder(folder.path + "/home/" + Self.epoch("3"))
        for (digit, seconds) in [("1", 20), ("2", 30), ("a", 10)] {
            try FileTime(seconds: seconds).set(folder.path + "/home/\(Self.epoch(digit))/home.sealed")
        }
        #expect(SealedHomes.epochs(in: folder.path) == ["2", "1", "a"].map(Self.epoch))
    }

    @Test("however many lie there, few are told")
    func many() throws {
        let folder = try TemporaryFolder()
        for number in 1000..<1100 { try folder.write("home/" + "\(number)".padded + "/home.sealed", "") }
        #expect(SealedHomes.epochs(in: folder.path).count == SealedHomes.limit)
    }
}

extension String {
    fileprivate var padded: String { self + String(repeating: "0", count: 64 - count) }
}

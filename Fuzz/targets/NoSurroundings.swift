import Gramine
import SGXQuote

/// No files, no programs, no variables.
struct NoSurroundings: Surroundings {
    func kind(of path: String) -> EntryKind? { nil }
    func linkTarget(of path: String) -> String? { nil }
    func isReadable(_ path: String) -> Bool { false }
    func names(in folder: String) throws(GramineError) -> [String] { [] }
    func digests(of paths: [String]) throws(GramineError) -> [FixedBytes<32>] { paths.map { _ in FixedBytes() } }
    func byteCount(of path: String) -> Int? { nil }
    func beginning(of path: String) -> [UInt8]? { nil }
    func resolved(_ path: String) throws(GramineError) -> String { "/" + path }
    func output(of program: String, arguments: [String]) throws(GramineError) -> String { "" }
    func variable(_ name: String) -> String? { nil }
}

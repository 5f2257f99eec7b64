package import SGXQuote

/// What is around a manifest while it is made: files, programs and variables. This target reads none of them itself.
///
/// Paths are as the manifest has them: relative ones begin where the program was started.
package protocol Surroundings {
    /// What lies under a path, links followed; nil where there is nothing, or a link that leads nowhere.
    func kind(of path: String) -> EntryKind?
    /// The text of a symbolic link; nil for what is none.
    func linkTarget(of path: String) -> String?
    /// Whether the user who asks may read it.
    func isReadable(_ path: String) -> Bool
    /// The names in a folder, in any order, without `.` and `..`.
    func names(in folder: String) throws(GramineError) -> [String]
    /// The SHA-256 of each file, in the order of the paths; however many are read at once.
    /// - Throws: for the first path, in their order, that can't be read; `.missingFile` where there is nothing.
    func digests(of paths: [String]) throws(GramineError) -> [FixedBytes<32>]
    /// The bytes of a file; nil for what is none.
    func byteCount(of path: String) -> Int?
    /// The first bytes of a file, 256 at most; nil for what can't be read.
    func beginning(of path: String) -> [UInt8]?
    /// The path with every link resolved, and absolute.
    func resolved(_ path: String) throws(GramineError) -> String
    /// What a program wrote to its standard output.
    func output(of program: String, arguments: [String]) throws(GramineError) -> String
    func variable(_ name: String) -> String?
}

package enum EntryKind: Hashable, Sendable {
    case file
    case folder
    /// A device, a socket, a pipe.
    case other
}

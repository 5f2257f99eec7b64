internal import Crypto
internal import Files
internal import Glibc

/// Which packages were made here, by the SHA-256 of the whole file.
///
/// Tests, and what they are run with, are measured by nothing: whoever hands a package on can exchange them under the
/// same measurement. So only those of packages of one's own are run on one's machine unasked.
struct MadePackages: Sendable {
    private let known: KnownDigests

    init(_ state: StateFolder) { known = KnownDigests(state.path + "/packages") }

    func note(_ package: String) throws { try known.note(Self.digest(package)) }
    func holds(_ package: String) throws -> Bool { known.holds(try Self.digest(package)) }

    private static func digest(_ path: String) throws -> SHA256.Digest {
        let file = try OpenFile(path, O_RDONLY)
        var hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try file.read(into: buffer), count > 0 {
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        return hash.finalize()
    }
}

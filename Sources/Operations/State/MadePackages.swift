internal import Crypto
internal import Files
internal import Glibc
internal import Notation

/// Which packages were made here, by the SHA-256 of the whole file.
///
/// Tests, and what they are run with, are measured by nothing: whoever hands a package on can exchange them under the
/// same measurement. So only those of packages of one's own are run on one's machine unasked.
struct MadePackages: Sendable {
    private let folder: String

    init(_ state: StateFolder) { folder = state.path + "/packages" }

    func note(_ package: String) throws {
        try Files.makeFolder(folder, mode: 0o700)
        try Files.write("", to: folder + "/" + Self.digest(package), mode: 0o600)
    }

    func holds(_ package: String) throws -> Bool { Files.exists(folder + "/" + (try Self.digest(package))) }

    private static func digest(_ path: String) throws -> String {
        let file = try OpenFile(path, O_RDONLY)
        var hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try file.read(into: buffer), count > 0 {
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        return Hex.text(hash.finalize())
    }
}

internal import CodeEncryption
internal import Crypto
internal import Files
internal import Glibc
public import Secrets

/// What tells whether a key or token is what starts a package, without unpacking it: its smallest encrypted file, or
/// the token's digest.
public struct KeyProof: Sendable {
    private enum Means {
        /// Anybody's first POST starts it: every key is as good as none.
        case none
        case digest([UInt8])
        case member(TarReader.Member)
        /// There is nothing encrypted in it.
        case nothing
    }

    private let path: String
    private let means: Means

    /// Looks for the file once, so that each key costs no more than it.
    /// - Parameter mode: as it was measured; what a package says of itself is its deliverer's word.
    public init(_ package: PackageFile, mode: EnclaveSettings.Mode) throws(PackageError) {
        path = package.path
        switch mode {
        case .open: means = .none
        case .plain(tokenDigest: let digest): means = .digest(digest)
        case .encrypted:
            do {
                means = try Self.smallestEncryptedMember(package).map { .member($0) } ?? .nothing
            } catch {
                throw .wrapping(error, path: path)
            }
        }
    }

    public func accepts(_ key: borrowing SecretKey) throws(PackageError) -> Bool {
        switch means {
        case .none: return true
        case .nothing: return false
        case .digest(let digest): return key.withBytes { Array(SHA256.hash(data: $0)) } == digest
        case .member(let member):
            do {
                let file = try OpenFile(path, O_RDONLY)
                guard lseek(file.descriptor, member.offset, SEEK_SET) >= 0 else { throw FileError(path, doing: "read") }
                try FileEncryption(key: key).prove(count: member.byteCount, path: member.name) {
                    (buffer) throws(FileError) in
                    try file.read(into: buffer)
                }
                return true
            } catch CodeError.notAuthentic {
                return false
            } catch {
                throw .wrapping(error, path: path)
            }
        }
    }

    private static func smallestEncryptedMember(_ package: PackageFile) throws -> TarReader.Member? {
        guard let range = package.range(of: "app.tar") else { return nil }
        var reader = try TarReader(package.path, range: range)
        var smallest: TarReader.Member?
        while let member = try reader.next() {
            guard try TreeEncryption.decryptedName(member.name) != nil else { continue }
            if member.byteCount < smallest?.byteCount ?? .max { smallest = member }
        }
        return smallest
    }
}

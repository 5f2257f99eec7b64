public import CodeEncryption
internal import Crypto
internal import Files
internal import Glibc
internal import Gramine

extension PackageFile {
    /// Whether a key or token is what starts this package: it opens the smallest encrypted file, or its digest is the one in the package.
    /// For a package that anybody starts every key is as good as none.
    public func isStarted(by key: borrowing CodeKey) throws(PackageError) -> Bool {
        switch mode {
        case .open: return true
        case .plain(tokenDigest: let digest): return key.withBytes { Array(SHA256.hash(data: $0)) } == digest
        case .encrypted:
            do {
                guard let member = try smallestEncryptedMember() else { return false }
                let file = try OpenFile(path, O_RDONLY)
                guard lseek(file.descriptor, member.offset, SEEK_SET) >= 0 else { throw FileError(path, doing: "read") }
                try FileEncryption(key: key).prove(count: member.byteCount, path: member.name) { (buffer) throws(FileError) in
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

    private func smallestEncryptedMember() throws -> TarReader.Member? {
        guard let range = range(of: "app.tar") else { return nil }
        var reader = try TarReader(path, range: range)
        var smallest: TarReader.Member?
        while let member = try reader.next() {
            guard try TreeEncryption.decryptedName(member.name) != nil else { continue }
            if member.byteCount < smallest?.byteCount ?? .max { smallest = member }
        }
        return smallest
    }
}

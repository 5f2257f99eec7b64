internal import CodeEncryption
internal import Files
internal import Glibc
internal import Secrets

/// Private keys among files that ship: somebody forgot to leave them out.
enum PrivateKeyFiles {
    private static let names: Set<String> = [
        "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk",
    ]
    private static let endings = [".p12", ".pfx", ".jks", ".keystore", ".ppk", ".pvk"]
    /// Of a file at once.
    private static let partByteCount = 256 << 10

    static func among(_ files: [CodeTree.File]) throws(FileError) -> [String] {
        let part = UnsafeMutableRawBufferPointer.allocate(byteCount: partByteCount, alignment: 16)
        defer { part.deallocate() }
        var found: [String] = []
        for file in files where try isOne(file, part) { found.append(file.path) }
        return found
    }

    /// - Parameter part: for what is read.
    private static func isOne(_ file: CodeTree.File, _ part: UnsafeMutableRawBufferPointer) throws(FileError) -> Bool {
        let name = Files.split(file.path).name.lowercased()
        if names.contains(name) || endings.contains(where: { name.hasSuffix($0) }) { return true }
        // As code keys and start tokens are.
        if name.hasSuffix(".key"), file.byteCount == SecretKey.byteCount { return true }
        let open = try OpenFile(regular: file.source)
        var kept = 0
        while true {
            let count = try kept + open.read(into: UnsafeMutableRawBufferPointer(rebasing: part[kept...]))
            let content = PrivateKeyContent(bytes: UnsafeRawBufferPointer(rebasing: part[..<count]))
            if kept == 0, content.isBinary(byteCount: file.byteCount) { return true }
            if content.holdsText { return true }
            guard count == part.count else { return false }
            kept = PrivateKeyContent.overlap
            memmove(part.baseAddress!, part.baseAddress! + (part.count - kept), kept)
        }
    }
}

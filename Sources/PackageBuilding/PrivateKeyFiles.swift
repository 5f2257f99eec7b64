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
    /// Of what is looked at in each file.
    private static let byteLimit = 256 << 10

    static func among(_ files: [CodeTree.File]) throws(FileError) -> [String] {
        var found: [String] = []
        for file in files where try isOne(file) { found.append(file.path) }
        return found
    }

    private static func isOne(_ file: CodeTree.File) throws(FileError) -> Bool {
        let name = Files.split(file.path).name.lowercased()
        if names.contains(name) || endings.contains(where: { name.hasSuffix($0) }) { return true }
        // As code keys and start tokens are.
        if name.hasSuffix(".key"), file.byteCount == SecretKey.byteCount { return true }
        let open = try OpenFile(regular: file.source)
        let bytes = try [UInt8](unsafeUninitializedCapacity: min(file.byteCount, byteLimit)) {
            (buffer, count) throws(FileError) in
            count = try open.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        return holdsText(bytes) || isDER(bytes, byteCount: file.byteCount)
    }

    /// `-----BEGIN … PRIVATE KEY-----`, wherever it stands, and PuTTY's own form.
    private static func holdsText(_ bytes: [UInt8]) -> Bool {
        let begin = Array("-----BEGIN ".utf8), end = Array("PRIVATE KEY-----".utf8)
        if bytes.starts(with: "PuTTY-User-Key-File".utf8) { return true }
        return bytes.withUnsafeBytes { buffer in
            var place = 0
            while place + begin.count <= buffer.count,
                let found = memchr(buffer.baseAddress! + place, Int32(begin[0]), buffer.count - place)
            {
                place = UnsafeRawPointer(found) - buffer.baseAddress!
                if place + begin.count <= buffer.count, memcmp(found, begin, begin.count) == 0 {
                    let label = buffer[(place + begin.count)...].prefix { (0x41...0x5A).contains($0) || $0 == 0x20 }
                    let rest = buffer[label.endIndex...].prefix(5)
                    if label.suffix(11).elementsEqual(end.prefix(11)), rest.elementsEqual(end.suffix(5)) { return true }
                }
                place += 1
            }
            return false
        }
    }

    /// PKCS #1, PKCS #8 and SEC 1: a sequence as long as the file that begins with the version 0 or 1.
    private static func isDER(_ bytes: [UInt8], byteCount: Int) -> Bool {
        guard bytes.count == byteCount, (32...8192).contains(byteCount), bytes[0] == 0x30 else { return false }
        let lengths = bytes[1] < 0x80 ? 0 : Int(bytes[1] & 0x7F)
        guard lengths <= 2 else { return false }
        let length = lengths == 0 ? Int(bytes[1]) : bytes[2..<(2 + lengths)].reduce(0) { $0 << 8 | Int($1) }
        return 2 + lengths + length == byteCount && bytes[(2 + lengths)...].starts(with: [2, 1])
            && bytes[4 + lengths] <= 1
    }
}

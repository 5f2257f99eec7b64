/// A loader of one page: the smallest ELF file from which an enclave is made.
public enum SmallLoader {
    /// - Parameter mark: bytes behind the headers, so that loaders differ.
    public static func bytes(mark: UInt8 = 0) -> [UInt8] {
        func little(_ value: UInt64, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) } }
        var header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        // A shared object for x86-64, whose entry is behind its headers, and which has one of them.
        header += little(3, 2) + little(62, 2) + little(1, 4) + little(120, 8) + little(64, 8) + little(0, 8)
        header += little(0, 4) + little(64, 2) + little(56, 2) + little(1, 2) + little(0, 6)
        // Loaded from the file's beginning, to be read and executed.
        let segment = little(1, 4) + little(5, 4) + little(0, 24) + little(128, 8) + little(128, 8) + little(4096, 8)
        return header + segment + [UInt8](repeating: mark, count: 8)
    }
}

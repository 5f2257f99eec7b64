internal import Files

/// The files that this process can change through its memory, which moves none of their times.
struct MappedFiles: Sendable {
    /// Nil where that can't be told.
    private let numbers: Set<UInt64>?

    /// - Parameter list: as in `/proc/self/maps` (proc_pid_maps(5)); nil where there is none.
    init(list: [UInt8]?) {
        numbers = list.map { list in
            var numbers: Set<UInt64> = []
            for line in list.split(separator: UInt8(ascii: "\n")) {
                // Addresses, permissions, offset, device, number, name; a name may hold blanks.
                let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
                guard fields.count >= 5 else { continue }
                let permissions = Array(fields[1])
                guard permissions.count == 4, permissions[1] == UInt8(ascii: "w"), permissions[3] == UInt8(ascii: "s")
                else { continue }
                if let number = UInt64(String(decoding: fields[4], as: UTF8.self)), number > 0 {
                    numbers.insert(number)
                }
            }
            return numbers
        }
    }

    /// Those of now.
    static var current: MappedFiles { MappedFiles(list: try? Files.read("/proc/self/maps")) }

    func contains(_ version: FileVersion) -> Bool { numbers?.contains(version.number) ?? true }
}

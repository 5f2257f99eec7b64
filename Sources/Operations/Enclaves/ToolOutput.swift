internal import Files
internal import Glibc
internal import Notation

/// What a tool writes, all of it made before the first is written. Files get their names one after the other once all
/// are on the disk; devices and pipes can't be replaced, and are written to.
struct ToolOutput {
    typealias Part = (bytes: [UInt8], path: String, option: String)

    private let parts: [Part]

    init(_ parts: [Part]) { self.parts = parts }

    /// - Parameter inputs: files that were read, with the option that names each.
    /// - Throws: where one would replace what was read, or another of them.
    func check(inputs: [(path: String, option: String)]) throws(OperationError) {
        for (index, part) in parts.enumerated() {
            for input in inputs {
                guard let identity = FileIdentity(path: part.path), identity == FileIdentity(path: input.path) else {
                    continue
                }
                throw OperationError(
                    "\(part.option) \(part.path.printable(limit: nil))",
                    "is the file of \(input.option) itself, which would be replaced",
                    mend: "name another file",
                    code: .outputIsInput
                )
            }
            for other in parts[..<index] {
                guard let place = try? Files.resolvedPlace(part.path), Self.isReplaced(part.path),
                    place == (try? Files.resolvedPlace(other.path))
                else { continue }
                throw OperationError(
                    "\(part.option) \(part.path.printable(limit: nil))",
                    "is the file of \(other.option) too",
                    mend: "name another file",
                    code: .usage
                )
            }
        }
    }

    private static func isReplaced(_ path: String) -> Bool {
        switch FileKind(following: path) {
        case .device, .pipeOrSocket: false
        default: true
        }
    }

    func write() throws(OperationError) {
        do throws(FileError) {
            for part in parts where Files.isFolder(part.path) {
                throw FileError(part.path, "is a folder", number: EISDIR)
            }
            try Files.write(parts.filter { Self.isReplaced($0.path) }.map { ($0.bytes, $0.path) })
            for part in parts where !Self.isReplaced(part.path) {
                try OpenFile(part.path, O_WRONLY).write(part.bytes)
            }
        } catch {
            throw OperationError(error.path.printable(limit: nil), error.problem, like: error)
        }
    }
}

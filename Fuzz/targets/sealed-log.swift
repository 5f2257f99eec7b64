import Files
import Secrets

@testable import CodeEncryption

/// A log that was changed at places that the input names: it is refused or told, and no entry is shown that was never
/// written. Where the input changes nothing of a log it is a log of its own.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let reader = SealedLogReader(root: Written.key)
    _ = try? reader.read(Scratch.write(input))
    var bytes = Written.log
    for index in stride(from: 0, to: input.count - 3, by: 4) {
        let place = (Int(input[index]) << 8 | Int(input[index + 1])) % bytes.count
        switch input[index + 2] & 3 {
        case 0: bytes[place] ^= input[index + 3]
        case 1: bytes.removeSubrange(place...)
        case 2: bytes.insert(input[index + 3], at: place)
        default:
            bytes.replaceSubrange(
                place..<min(place + Int(input[index + 3]), bytes.count),
                with: bytes[..<place].suffix(64)
            )
        }
        if bytes.isEmpty { break }
    }
    guard let contents = try? reader.read(Scratch.write(bytes)) else { return 0 }
    let texts = contents.entries.map { String(decoding: $0.text, as: UTF8.self) }
    precondition(Written.texts.starts(with: texts), "an entry that was never written, or in another place")
    let isWhole = texts.count == Written.texts.count && contents.openPiece == nil
    precondition(
        bytes == Written.log || !contents.faults.isEmpty || !contents.notes.isEmpty || !isWhole,
        "a change that isn't told"
    )
    return 0
}

private enum Written {
    static let key = SecretKey()
    static let texts = (0..<8).map { String(repeating: "line \($0) ", count: 1 + $0 * 20) }
    static let log: [UInt8] = {
        let folder = Scratch.path + ".log"
        do {
            let epoch = Epoch()
            try Files.remove(folder)
            let writer = try SealedLogWriter(folder: folder, root: key, id: "one", epoch: epoch)
            for text in texts { try writer.append(SealedLogEntry(time: 1, source: .output, text: Array(text.utf8))) }
            try writer.close(at: 2)
            return try Files.read(folder + "/" + Files.names(in: folder)[0], limit: 1 << 20)
        } catch {
            // Without a log there is nothing to change: the run must not count as passed.
            fatalError("\(error)")
        }
    }()
}

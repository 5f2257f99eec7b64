public import Files
public import Notation
internal import Secrets

/// The clear head of a piece of a sealed log. Its bytes are bound to the piece's first message, so none can be changed.
///
/// `MSELOG` ‖ version (1) ‖ epoch (32) ‖ number (8, big-endian) ‖ last authenticator of the piece before (16; zeros for
/// the first) ‖ length of the instance id (1) ‖ instance id ‖ secretstream header (24).
package struct SealedLogHead: Hashable, Sendable {
    static let magic = Array("MSELOG".utf8)
    static let version: UInt8 = 1

    /// There is always a next one that can be said: nobody writes so many.
    static let lastNumber = UInt64(Int64.max)

    package let id: String
    /// Of the configuration under which it was written.
    package let epoch: Epoch
    /// From 1, within the epoch; no more than `lastNumber`.
    package let number: UInt64
    let previous: [UInt8]

    /// - Parameter previous: the last authenticator of the piece before; nil for the first.
    init(id: String, epoch: Epoch, number: UInt64, previous: [UInt8]?) {
        self.id = id
        self.epoch = epoch
        self.number = number
        self.previous = previous ?? [UInt8](repeating: 0, count: SecretStream.authenticatorByteCount)
    }

    var encoded: [UInt8] {
        let digits = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (7 - $0))) }
        return Self.magic + [Self.version] + epoch.bytes + digits + previous + [UInt8(id.utf8.count)] + Array(id.utf8)
    }

    /// Reads a head and the header of the stream behind it.
    /// - Throws: `SealedLogError.notALog`.
    static func read(_ bytes: [UInt8], path: String) throws(SealedLogError) -> (
        head: SealedLogHead, header: [UInt8], byteCount: Int
    ) {
        let fixed = magic.count + 1 + 32 + 8 + SecretStream.authenticatorByteCount + 1
        guard bytes.count > fixed, bytes.starts(with: magic + [version]) else { throw .notALog(path) }
        let number = bytes[39..<47].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let previous = Array(bytes[47..<63])
        let idEnd = fixed + Int(bytes[63])
        let end = idEnd + SecretStream.headerByteCount
        guard bytes.count >= end, let id = String(validating: bytes[fixed..<idEnd], as: UTF8.self),
            (1...lastNumber).contains(number), let epoch = Epoch(Array(bytes[7..<39]))
        else {
            throw .notALog(path)
        }
        return (SealedLogHead(id: id, epoch: epoch, number: number, previous: previous), Array(bytes[idEnd..<end]), end)
    }

    /// HKDF-SHA256 over code key or start token; info = `mse log 1`, instance id and epoch, each with its length before
    /// it.
    static func key(_ root: borrowing SecretKey, id: String, epoch: Epoch) -> SecretKey {
        var info: [UInt8] = []
        for part in [Array("mse log 1".utf8), Array(id.utf8), epoch.bytes] {
            info += (0..<4).map { UInt8(truncatingIfNeeded: part.count >> (8 * (3 - $0))) } + part
        }
        return root.derived(info: info)
    }
}

/// Why a sealed log can't be read, or isn't believed.
public enum SealedLogError: Error, CodedError, Hashable, CustomStringConvertible {
    case notALog(String)
    /// The first message doesn't open: another key, or a changed head.
    case otherKey(String)
    /// Something in it was changed, moved or taken out.
    case altered(String, entry: Int)
    /// More pieces than are read; those with the last names are.
    case tooMany(String)
    case file(FileError)

    public var description: String {
        switch self {
        case .notALog(let path): "\(path): is no sealed log"
        case .otherKey(let path): "\(path): doesn't open with this key: it is another service's, or the log was altered"
        case .altered(let path, let entry): "\(path): was altered at entry \(entry)"
        case .tooMany(let path):
            """
            \(path): holds more than \(SealedLogReader.pieceLimit) pieces, which no agent keeps: the last of them are \
            shown
            """
        case .file(let error): error.description
        }
    }

    /// Stable; programs may depend on it.
    public var code: String { "log" }
}

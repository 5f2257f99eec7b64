/// Base64 (RFC 4648), canonical both ways: padding where it belongs and no loose bits.
public enum Base64 {
    public enum Alphabet: Sendable {
        case standard
        /// With `-` and `_`; padding may be absent.
        case url

        fileprivate var characters: [UInt8] {
            Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + (self == .standard ? "+/" : "-_")).utf8)
        }

        fileprivate func value(_ byte: UInt8) -> UInt8? {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
            case self == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-"): 62
            case self == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_"): 63
            default: nil
            }
        }
    }

    public static func text(_ bytes: some Collection<UInt8>, _ alphabet: Alphabet = .standard, padded: Bool = true) -> String {
        let characters = alphabet.characters
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(characters[Int(buffer >> UInt32(bits) & 63)])
            }
            buffer &= (1 << UInt32(bits)) - 1
        }
        if bits > 0 { text.append(characters[Int(buffer << UInt32(6 - bits) & 63)]) }
        while padded, !text.count.isMultiple(of: 4) { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes; nil for a stray character, wrong padding or loose bits.
    /// - Parameter ignoring: bytes that may stand anywhere, such as line ends in PEM.
    public static func bytes(
        _ text: some Sequence<UInt8>, _ alphabet: Alphabet = .standard, ignoring isIgnored: (UInt8) -> Bool = { _ in false }
    ) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.underestimatedCount / 4 * 3)
        var buffer: UInt32 = 0
        var characters = 0, padding = 0
        for byte in text where !isIgnored(byte) {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let value = alphabet.value(byte) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            characters += 1
            switch characters & 3 {
            case 2: bytes.append(UInt8(truncatingIfNeeded: buffer >> 4))
            case 3: bytes.append(UInt8(truncatingIfNeeded: buffer >> 2))
            case 0: bytes.append(UInt8(truncatingIfNeeded: buffer))
            default: break
            }
        }
        let (loose, missing): (UInt32, Int) =
            switch characters & 3 {
            case 0: (0, 0)
            case 2: (buffer & 15, 2)
            case 3: (buffer & 3, 1)
            default: (1, 0)
            }
        guard loose == 0, padding == missing || (alphabet == .url && padding == 0) else { return nil }
        return bytes
    }
}

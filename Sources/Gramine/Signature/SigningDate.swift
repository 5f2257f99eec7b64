internal import Notation

/// The date in a SIGSTRUCT: digits of a calendar that nobody checks, `0000-00-00` included.
package struct SigningDate: Hashable, Sendable, CustomStringConvertible {
    /// Day, month and year in binary-coded decimal, as they stand in the structure.
    let encoded: UInt32

    init(encoded: UInt32) { self.encoded = encoded }

    /// - Parameter text: `YYYY-MM-DD`.
    /// - Throws: `.date`.
    package init(_ text: String) throws(GramineError) {
        let bytes = Array(text.utf8)
        let digits = [0, 1, 2, 3, 5, 6, 8, 9]
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            digits.allSatisfy({ (0x30...0x39).contains(bytes[$0]) })
        else {
            throw GramineError(.date, "'\(text.printable(limit: 40))' is no date of the form YYYY-MM-DD")
        }
        encoded = digits.reduce(0) { $0 << 4 | UInt32(bytes[$1] - 0x30) }
    }

    /// `YYYY-MM-DD`; a field that holds other digits than decimal ones is shown as it is.
    package var description: String {
        let digits = String(encoded, radix: 16)
        let text = String(repeating: "0", count: 8 - digits.count) + digits
        return "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.suffix(2))"
    }

    /// Whether every digit is decimal.
    package var isDecimal: Bool { (0..<8).allSatisfy { encoded >> (4 * UInt32($0)) & 0xF < 10 } }
}

package import Notation

/// Sizes as the signer reads them: a whole number of Python's notation, and `K`, `M` or `G` behind it.
///
/// The loader reads decimal digits alone, so that everything else signs and doesn't load.
package enum ByteSize {
    /// - Throws: `.size`.
    package static func read(_ text: String, key: String, at place: Place) throws(GramineError) -> Int64 {
        let scale: Int64 =
            switch text.utf8.last {
            case UInt8(ascii: "K"): 1 << 10
            case UInt8(ascii: "M"): 1 << 20
            case UInt8(ascii: "G"): 1 << 30
            default: 1
            }
        let number = number(scale == 1 ? text[...] : text.dropLast())
        guard let (size, overflows) = number?.multipliedReportingOverflow(by: scale), !overflows else {
            throw GramineError(
                .size,
                "\(key) = \"\(text.printable())\" is no size; decimal digits with K, M or G behind them expected",
                at: place,
                mend: "write it as \"256M\", for example"
            )
        }
        return size
    }

    /// Whether both signer and loader read it, and alike.
    package static func isPlain(_ text: String) -> Bool {
        let digits = text.utf8.last.map { "KMG".utf8.contains($0) } == true ? text.dropLast() : text[...]
        return !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && (digits.utf8.count == 1 || !digits.hasPrefix("0"))
    }

    /// An integer literal of Python, with blanks around it.
    private static func number(_ text: Substring) -> Int64? {
        var digits = Array(text.utf8)[...]
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) || (0x1C...0x1F).contains(byte) }
        while let first = digits.first, isBlank(first) { digits.removeFirst() }
        while let last = digits.last, isBlank(last) { digits.removeLast() }
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        var radix = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0"),
            let known = [UInt8(ascii: "x"): 16, UInt8(ascii: "o"): 8, UInt8(ascii: "b"): 2][
                digits[digits.startIndex + 1] | 0x20
            ]
        {
            radix = known
            digits = digits.dropFirst(2)
            // One may stand between the prefix and the digits.
            if digits.first == UInt8(ascii: "_") { digits.removeFirst() }
        }
        let groups = digits.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard groups.allSatisfy({ !$0.isEmpty }) else { return nil }
        let joined = groups.joined()
        guard joined.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
        let plain = String(decoding: joined, as: UTF8.self)
        if radix == 10, plain.hasPrefix("0"), plain.utf8.contains(where: { $0 != UInt8(ascii: "0") }) { return nil }
        return Int64((isNegative ? "-" : "") + plain, radix: radix)
    }
}

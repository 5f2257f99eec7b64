/// Dates, times and what TOML calls infinite as Python writes them.
enum PythonMoment {
    /// - Parameter text: a TOML date, time, both, or `inf` and `nan` with their signs; read without error.
    static func text(_ text: String) -> String {
        if text.hasSuffix("nan") { return "nan" }
        if text.hasSuffix("inf") { return text.hasPrefix("-") ? "-inf" : "inf" }
        let bytes = Array(text.utf8)
        // A time alone has its first colon where a date has digits.
        guard bytes.count > 10, bytes[4] == UInt8(ascii: "-") else {
            return bytes.contains(UInt8(ascii: ":")) ? time(text[...]) : text
        }
        let date = text.prefix(10)
        var rest = text.dropFirst(11)
        var offset = ""
        if let last = rest.last, last == "Z" || last == "z" {
            rest.removeLast()
            offset = "+00:00"
        } else if let sign = rest.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            offset = String(rest[sign...])
            if offset == "-00:00" { offset = "+00:00" }
            rest = rest[..<sign]
        }
        return "\(date) \(time(rest))\(offset)"
    }

    /// With six digits of a fraction that isn't zero; further digits are cut.
    private static func time(_ text: Substring) -> String {
        let halves = text.split(separator: ".", maxSplits: 1)
        guard halves.count == 2 else { return String(text) }
        let digits = (halves[1] + "000000").prefix(6)
        return digits.allSatisfy { $0 == "0" } ? String(halves[0]) : "\(halves[0]).\(digits)"
    }
}

/// Numbers as Python writes them.
enum PythonNumber {
    /// - Parameter digits: of a TOML number, sign, fraction and exponent included.
    static func text(_ digits: String) -> String {
        guard digits.utf8.contains(where: { [0x2E, 0x45, 0x65].contains($0) }) else { return integer(digits) }
        return Double(digits).map(float) ?? digits
    }

    private static func integer(_ digits: String) -> String {
        let isNegative = digits.hasPrefix("-")
        let rest = digits.drop { $0 == "-" || $0 == "+" }.drop { $0 == "0" }
        return rest.isEmpty ? "0" : (isNegative ? "-" : "") + rest
    }

    /// The shortest digits that stand for the number; an exponent below 10⁻⁴ and from 10¹⁶ on.
    static func float(_ number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? "nan" : number < 0 ? "-inf" : "inf" }
        let sign = number.sign == .minus ? "-" : ""
        guard number != 0 else { return sign + "0.0" }
        // Swift finds the same shortest digits, and writes them otherwise.
        let parts = "\(number.magnitude)".split(separator: "e")
        let halves = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = halves.count == 2 ? halves[1] : ""
        let all = halves[0] + fraction
        let zeros = all.prefix { $0 == "0" }.count
        var digits = Substring(all.dropFirst(zeros))
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        /// Of the first digit: the number is d.ddd × 10^exponent.
        let exponent = halves[0].count - zeros - 1 + (parts.count == 2 ? Int(parts[1]) ?? 0 : 0)
        if (-4..<16).contains(exponent) {
            if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
            let padded = digits + String(repeating: "0", count: max(0, exponent + 1 - digits.count))
            let rest = padded.dropFirst(exponent + 1)
            return sign + padded.prefix(exponent + 1) + "." + (rest.isEmpty ? "0" : rest)
        }
        let power = (exponent < 0 ? "-" : "+") + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
        return sign + digits.prefix(1) + (digits.count > 1 ? "." + digits.dropFirst() : "") + "e" + power
    }
}

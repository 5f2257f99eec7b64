/// TOML's dates and times: told from other words, and checked, though nothing of ours takes one.
enum TOMLMoment {
    /// `1979-05-27`, a day that there is.
    static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = number(parts[0], digits: 4), let month = number(parts[1], digits: 2),
            let day = number(parts[2], digits: 2), (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    /// A date, a time, or both with or without an offset from UTC.
    static func isMoment(_ text: String) -> Bool {
        if isDate(text) || isTime(text[...]) { return true }
        guard text.utf8.count > 11, isDate(String(text.prefix(10))), "Tt ".contains(text.dropFirst(10).first ?? "-")
        else { return false }
        let rest = text.dropFirst(11)
        if rest.hasSuffix("Z") || rest.hasSuffix("z") { return isTime(rest.dropLast()) }
        if let sign = rest.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let offset = rest[rest.index(after: sign)...].split(separator: ":", omittingEmptySubsequences: false)
            guard offset.count == 2, let hours = number(offset[0], digits: 2),
                let minutes = number(offset[1], digits: 2)
            else {
                return false
            }
            return hours < 24 && minutes < 60 && isTime(rest[..<sign])
        }
        return isTime(rest)
    }

    /// `07:32:00`, with or without a fraction.
    private static func isTime(_ text: Substring) -> Bool {
        let halves = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = number(parts[0], digits: 2), let minute = number(parts[1], digits: 2),
            let second = number(parts[2], digits: 2), hour < 24, minute < 60, second <= 60
        else { return false }
        return halves.count == 1 || (!halves[1].isEmpty && halves[1].utf8.allSatisfy { (0x30...0x39).contains($0) })
    }

    private static func number(_ text: Substring, digits: Int) -> Int? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}

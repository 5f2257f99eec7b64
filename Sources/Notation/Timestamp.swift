/// A moment in whole seconds of UTC, in the Gregorian calendar and without leap seconds (POSIX.1-2017, section 4.16).
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Since 1970-01-01T00:00:00Z.
    public var seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    /// Nil when there is no such time.
    public init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        guard (1...9999).contains(year), (1...12).contains(month),
            (1...Self.days(in: month, of: year)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        // Days since 1970-03-01 of a year that begins in March, so that the leap day is its last.
        let shifted = month > 2 ? year : year - 1
        let monthIndex = month > 2 ? month - 3 : month + 9
        let days =
            365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * monthIndex + 2) / 5 + day - 1 - 719_468
        seconds = Int64(days) * 86400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // MARK: Arithmetic

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    /// So much later; parts of a second are dropped.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(seconds: time.seconds + duration.components.seconds)
    }

    /// So much earlier; parts of a second are dropped.
    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(seconds: time.seconds - duration.components.seconds)
    }

    /// What lies between both.
    public static func - (end: Timestamp, start: Timestamp) -> Duration { .seconds(end.seconds - start.seconds) }

    // MARK: Text

    /// `YYYY-MM-DDTHH:MM:SSZ`, exactly, as PCS documents have it; nil for anything else.
    public init?(_ text: borrowing Span<UInt8>) {
        let form: StaticString = "0000-00-00T00:00:00Z"
        guard text.count == form.utf8CodeUnitCount else { return nil }
        for index in 0..<text.count {
            guard
                form.utf8Start[index] == 0x30
                    ? (0x30...0x39).contains(text[index]) : form.utf8Start[index] == text[index]
            else {
                return nil
            }
        }
        func number(_ start: Int, _ count: Int) -> Int {
            var value = 0
            for index in start..<(start + count) { value = value * 10 + Int(text[index] - 0x30) }
            return value
        }
        self.init(
            year: number(0, 4),
            month: number(5, 2),
            day: number(8, 2),
            hour: number(11, 2),
            minute: number(14, 2),
            second: number(17, 2)
        )
    }

    /// The same of a string.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        self.init(bytes.span)
    }

    /// Any time of RFC 3339, as people write it: with an offset, with a fraction (which is dropped), `t` and `z` in
    /// either case.
    public init?(rfc3339 text: some StringProtocol) {
        var rest = Array(text.uppercased().utf8)[...]
        guard rest.count >= 20, rest.count <= 40,
            let local = Timestamp(String(decoding: rest.prefix(19), as: UTF8.self) + "Z")
        else {
            return nil
        }
        rest = rest.dropFirst(19)
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            rest = rest.dropFirst(1 + digits.count)
        }
        if rest.elementsEqual("Z".utf8) {
            self = local
            return
        }
        let offset = Array(rest)
        guard offset.count == 6, offset[0] == UInt8(ascii: "+") || offset[0] == UInt8(ascii: "-"),
            offset[3] == UInt8(ascii: ":"), [1, 2, 4, 5].allSatisfy({ (0x30...0x39).contains(offset[$0]) }),
            let hours = Int64(String(decoding: offset[1...2], as: UTF8.self)),
            let minutes = Int64(String(decoding: offset[4...5], as: UTF8.self)),
            (0...23).contains(hours), (0...59).contains(minutes)
        else { return nil }
        let difference = Duration.seconds(hours * 3600 + minutes * 60)
        self = offset[0] == UInt8(ascii: "+") ? local - difference : local + difference
    }

    public var fields: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        let days = Int((seconds >= 0 ? seconds : seconds - 86399) / 86400)
        let rest = Int(seconds) - days * 86400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1,
            rest / 3600, rest / 60 % 60,
            rest % 60
        )
    }
}

extension Timestamp: CustomStringConvertible {
    /// `YYYY-MM-DDTHH:MM:SSZ`.
    public var description: String {
        let fields = fields
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let year = String(fields.year)
        let date = [String(repeating: "0", count: max(0, 4 - year.count)) + year, two(fields.month), two(fields.day)]
        let time = [two(fields.hour), two(fields.minute), two(fields.second)]
        return date.joined(separator: "-") + "T" + time.joined(separator: ":") + "Z"
    }
}

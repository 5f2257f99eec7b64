internal import Glibc
internal import NIOConcurrencyHelpers

/// The `Date` header, made once a second.
enum HTTPDate {
    private static let cached = NIOLockedValueBox<(second: Int, header: [UInt8])>((0, []))

    static var header: [UInt8] {
        let now = time(nil)
        return cached.withLockedValue { cached in
            if cached.second != now { cached = (now, Array("Date: \(text(now))\r\n".utf8)) }
            return cached.header
        }
    }

    /// As RFC 9110 §5.6.7 has it.
    static func text(_ seconds: Int) -> String {
        var seconds = seconds
        var fields = tm()
        gmtime_r(&seconds, &fields)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = "\(two(fields.tm_mday)) \(months[Int(fields.tm_mon)]) \(fields.tm_year + 1900)"
        let time = "\(two(fields.tm_hour)):\(two(fields.tm_min)):\(two(fields.tm_sec))"
        return "\(days[Int(fields.tm_wday)]), \(date) \(time) GMT"
    }
}

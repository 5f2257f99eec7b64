internal import Notation
internal import SGXQuote
internal import StrictX509

/// Reading values of signed documents: hexadecimal text of an exact length, dates, and lists of bounded length.
extension JSONScanner {
    mutating func hex<let count: Int>() throws(NotationError) -> FixedBytes<count> {
        let start = offset
        var bytes = FixedBytes<count>()
        var isRead = false
        try string { text in isRead = Hex.read(text, count: count) { bytes[$0] = $1 } }
        guard isRead else {
            throw failure("\(2 * count) hex digits expected", at: start)
        }
        return bytes
    }

    mutating func date() throws(NotationError) -> Timestamp {
        let start = offset
        var time: Timestamp?
        try string { time = Timestamp($0) }
        guard let time else {
            throw failure("a date of the form YYYY-MM-DDTHH:MM:SSZ expected", at: start)
        }
        return time
    }

    /// Each once, sorted by bytes.
    mutating func set(limit: Int) throws(NotationError) -> [String] {
        var result: [ExactText] = []
        var array = try beginArray()
        while try nextElement(&array) {
            guard result.count < limit else { throw failure("more than \(limit) entries") }
            result.append(ExactText(try string()))
        }
        return (zip(result, result.dropFirst()).allSatisfy({ $0 < $1 }) ? result : Set(result).sorted()).map(\.text)
    }

    func required<Value>(_ value: Value?, _ name: StaticString) throws(NotationError) -> Value {
        guard let value else { throw failure("member '\(name)' is missing") }
        return value
    }
}

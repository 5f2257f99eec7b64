internal import Notation
internal import StrictX509

/// Why a signed document can't be used.
enum DocumentError: Error {
    case malformed(NotationError)
    /// Of another version than the one that is read here.
    case version(found: Int)
}

/// Reading values of signed documents: hexadecimal text of an exact length, dates, and lists of bounded length.
extension JSONScanner {
    mutating func hex(_ count: Int) throws(NotationError) -> [UInt8] {
        let start = offset
        guard let bytes = Hex.bytes(try string()), bytes.count == count else {
            throw failure("\(2 * count) hex digits expected", at: start)
        }
        return bytes
    }

    /// Seconds since 1970.
    mutating func date() throws(NotationError) -> Int64 {
        let start = offset
        guard let seconds = CalendarTime.seconds(try string()) else {
            throw failure("a date of the form YYYY-MM-DDTHH:MM:SSZ expected", at: start)
        }
        return seconds
    }

    mutating func strings(limit: Int) throws(NotationError) -> [String] {
        var result: [String] = []
        var array = try beginArray()
        while try nextElement(&array) {
            guard result.count < limit else { throw failure("more than \(limit) entries") }
            result.append(try string())
        }
        return result
    }

    func required<Value>(_ value: Value?, _ name: StaticString) throws(NotationError) -> Value {
        guard let value else { throw failure("member '\(name)' is missing") }
        return value
    }
}

/// Why a text could not be read: where, what was expected, what was found.
public struct NotationError: Error, Hashable, CustomStringConvertible {
    public var place: Place
    /// The path to the value, such as `tcb.accept`; empty for the text as a whole.
    public var member: String
    public var problem: String

    public init(at place: Place, member: String = "", _ problem: String) {
        self.place = place
        self.member = member
        self.problem = problem
    }

    public var description: String {
        (place.line == 0 ? "" : "\(place): ") + (member.isEmpty ? "" : "'\(Self.printable(member))': ") + problem
    }

    /// Text from outside as it may stand in a message: no control characters, and not too many others.
    public static func printable(_ text: String, limit: Int = 120) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .unassigned, .privateUse, .lineSeparator, .paragraphSeparator:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.count > limit ? result + "…" : result
    }
}

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

    /// Text from outside as it may stand in a message: nothing that commands the display, and not too much of it.
    public static func printable(_ text: String, limit: Int = 120) -> String {
        let shown = String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))).withoutDisplayCommands()
        return text.unicodeScalars.count > limit ? shown + "…" : shown
    }
}

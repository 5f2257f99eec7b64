/// Why a text could not be read: where, what was expected, what was found.
public struct NotationError: Error, CodedError, Hashable, CustomStringConvertible {
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
        (place.line == 0 ? "" : "\(place): ") + (member.isEmpty ? "" : "'\(member.printable())': ") + problem
    }

    /// Stable; programs may depend on it.
    public var code: String { "text" }
}

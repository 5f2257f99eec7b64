/// What a command answers, for people and for programs.
public protocol Report: Sendable {
    /// For a person's screen; foreign text in it is escaped.
    var text: String { get }
    /// One JSON document.
    var json: String { get }
}

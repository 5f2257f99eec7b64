/// An error that programs tell from others (docs/errors.md, which a test compares).
package protocol CodedError: Error {
    /// Stable, lower camel case in dotted groups.
    var code: String { get }
    /// What to do about it, where the message doesn't say so itself.
    var mend: String? { get }
}

extension CodedError {
    package var mend: String? { nil }
}

/// Hears what goes wrong in an application, so that whoever hosts it decides who may read that.
public protocol ApplicationReport: Sendable {
    /// - Parameter text: what happened, with Python's traceback; it may hold code, secrets and what users sent.
    func failed(_ text: String)
    /// - Parameter text: which request the server refused before the application saw it; nothing that a user sent.
    func refused(_ text: String)
}

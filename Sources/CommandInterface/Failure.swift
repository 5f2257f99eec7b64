internal import Files
internal import Notation

/// What could not be done, as programs read it: `{"error":{"code":…,"message":…,"mend":…}}`.
struct Failure {
    let code: String
    let message: String
    let mend: String?

    init(_ error: any Error) {
        message = "\(error)"
        switch error {
        case let error as any CodedError:
            code = error.code
            mend = error.mend
        case is NotationError:
            code = "text"
            mend = nil
        default:
            code = "failed"
            mend = nil
        }
    }

    /// - Parameter message: of the parser of arguments.
    init(usage message: String) {
        code = "usage"
        self.message = message
        mend = nil
    }

    var json: String {
        JSON.line(
            .object(["error": .object(["code": Node(code), "message": Node(message), "mend": mend.map { Node($0) }])])
        ) + "\n"
    }
}

internal import Files
internal import Glibc
internal import Notation

/// What could not be done, as programs read it: `{"error":{"code":…,"message":…,"mend":…}}`.
struct Failure {
    let code: String
    let message: String
    let mend: String?

    init(_ error: any Error) {
        switch error {
        case let error as any CodedError:
            (code, message, mend) = (error.code, "\(error)" + Self.remark(of: error), error.mend)
        default:
            // No words of ours: a library's, of whatever length, with whatever in them.
            let words = "\(error)".printable(limit: Self.foreignLimit)
            (code, message, mend) = (
                "unexpected", "an error that isn't expected here (\(type(of: error))): \(words)", nil
            )
        }
    }

    /// Names count from a folder that may have been removed since: then nothing is found.
    private static func remark(of error: any CodedError) -> String {
        guard error.code == "notFound" || error.code.hasSuffix(".notFound") else { return "" }
        guard let folder = getcwd(nil, 0) else {
            return "; the working folder itself isn't there any more: go to one that is"
        }
        free(folder)
        return ""
    }

    private static let usage = "usage"

    /// Whether what the program was called with can't mean anything, wherever that was found.
    var isUsage: Bool { code == Self.usage }

    /// Of what a library says, in characters.
    private static let foreignLimit = 400

    /// - Parameter message: of the parser of arguments.
    init(usage message: String) {
        code = Self.usage
        self.message = message
        mend = nil
    }

    var json: String {
        JSON.line(
            .object(["error": .object(["code": Node(code), "message": Node(message), "mend": mend.map { Node($0) }])])
        ) + "\n"
    }
}

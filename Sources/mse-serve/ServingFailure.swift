import Notation
import PythonHost

/// Why the server can't start or can't go on; of an application with its traceback, since it is its developer's.
struct ServingFailure: CodedError, CustomStringConvertible {
    let description: String
    var code: String { "serve" }

    init(_ error: any Error, _ application: String) {
        if let error = error as? PythonError {
            let traceback = error.traceback.split(separator: "\n").map { "\n| " + $0 }.joined()
            description = "\(application): \(error)" + traceback
        } else {
            description = "\(error)"
        }
    }
}

/// Why a key or token opens no code, as who sent it is told.
enum KeyRefusal: Error, Hashable, CustomStringConvertible {
    case noKey
    case otherKey
    case noToken
    case otherToken

    var description: String {
        switch self {
        case .noKey: "the code is encrypted: 'code_secret_key' is needed"
        case .otherKey: "the key doesn't open the code"
        case .noToken: "the start token is needed as 'code_secret_key'"
        case .otherToken: "the start token is another one"
        }
    }
}

/// Why bytes are no quote: what, where, expected, found.
public enum QuoteError: Error, Sendable {
    case tooLarge(count: Int)
    case truncated(field: StaticString, offset: Int, needed: Int, remaining: Int)
    case unsupported(field: StaticString, offset: Int, expected: String, found: Int)
    /// A nested length is used up by more or fewer bytes than it says.
    case wrongSize(field: StaticString, offset: Int, expected: Int, found: Int)
    case trailingBytes(offset: Int)

    /// Stable; scripts may depend on it.
    public var code: String {
        switch self {
        case .tooLarge: "quote.tooLarge"
        case .truncated: "quote.truncated"
        case .unsupported: "quote.unsupported"
        case .wrongSize: "quote.wrongSize"
        case .trailingBytes: "quote.trailingBytes"
        }
    }
}

extension QuoteError: Equatable {
    public static func == (left: QuoteError, right: QuoteError) -> Bool {
        left.code == right.code && left.description == right.description
    }
}

extension QuoteError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let count): "a quote of \(count) bytes; at most \(Quote.byteLimit) are read"
        case .truncated(let field, let offset, let needed, let remaining):
            "the quote ends in \(field): \(needed) bytes needed at offset \(offset), \(remaining) left"
        case .unsupported(let field, let offset, let expected, let found):
            "\(field) at offset \(offset): \(expected) expected, found \(found)"
        case .wrongSize(let field, let offset, let expected, let found):
            "\(field) at offset \(offset): \(expected) bytes expected, found \(found)"
        case .trailingBytes(let offset): "a byte that isn't zero stands behind the quote at offset \(offset)"
        }
    }
}

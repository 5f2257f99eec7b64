internal import Notation
internal import SGXQuote
internal import StrictX509

/// What stands inside of a signed document.
protocol DocumentBody: Sendable {
    /// The member of the outer object that is signed.
    static var member: StaticString { get }
    static var part: ValidityPeriod.Part { get }
    /// The one version that is read.
    static var version: Int { get }
    var issueDate: Timestamp { get }
    var nextUpdate: Timestamp { get }
    var evaluationDataNumber: Int { get }

    /// - Throws: `NotationError` or `DocumentError`.
    init(_ scanner: inout JSONScanner) throws
}

/// `{"<member>":{…},"signature":"<128 hex digits>"}`, read in one pass: the scanner that reads the values is the one
/// that finds the signed bytes. Nothing of the body is to be believed before `isSigned` was asked.
struct SignedDocument<Body: DocumentBody>: Sendable {
    static var byteLimit: Int { 1 << 20 }
    /// Levels of nesting, counted from the outer object; 16 below the signed one.
    static var depthLimit: Int { 18 }

    private let bytes: [UInt8]
    private let signed: Range<Int>
    /// r ‖ s.
    private let signature: FixedBytes<64>
    let body: Result<Body, DocumentError>

    init(_ bytes: [UInt8]) throws(NotationError) {
        guard bytes.count <= Self.byteLimit else { throw NotationError(at: .none, "more than \(Self.byteLimit) bytes") }
        let member = JSONName(stringLiteral: Body.member)
        var scanner = try JSONScanner(bytes.span, depthLimit: Self.depthLimit)
        var object = try scanner.beginObject()
        var found: (range: Range<Int>, body: Result<Body, DocumentError>)?
        var signature: FixedBytes<64>?
        while let name = try scanner.nextMember(&object) {
            switch name {
            case member:
                guard try scanner.peek() == .object else { throw scanner.failure("an object expected") }
                let start = scanner.offset
                let body = try Self.read(&scanner)
                found = (start..<scanner.offset, body)
            case "signature": signature = try scanner.hex()
            default: throw scanner.failure("an unsigned member beside '\(Body.member)'")
            }
        }
        try scanner.finish()
        guard let found, let signature else {
            throw NotationError(at: Place(line: 1, column: 1), "'\(Body.member)' or 'signature' is missing")
        }
        self.bytes = bytes
        signed = found.range
        body = found.body
        self.signature = signature
    }

    /// The body, or what is wrong with it; its end is found either way.
    private static func read(_ scanner: inout JSONScanner) throws(NotationError) -> Result<Body, DocumentError> {
        let point = scanner.point
        let error: DocumentError
        do {
            return .success(try Body(&scanner))
        } catch let found as DocumentError {
            error = found
        } catch let found as NotationError {
            error = .malformed(found)
        } catch let other {
            error = .malformed(NotationError(at: .none, "\(other)"))
        }
        scanner.rewind(to: point)
        try scanner.skip()
        return .failure(error)
    }

    func isSigned(by key: P256Key) -> Bool { key.verifies(signature.array, over: bytes[signed]) }
}

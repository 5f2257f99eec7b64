internal import Notation
internal import StrictX509

/// `{"<body>":{…},"signature":"<128 hex digits>"}`: where the signed bytes lie, found by the scanner that will read the values (DCAP SPEC §4.1).
struct SignedDocument {
    static let byteLimit = 1 << 20
    /// Levels of nesting, counted from the outer object; 16 below the signed one.
    static let depthLimit = 18

    let bytes: [UInt8]
    let body: Range<Int>
    /// r ‖ s, 64 bytes.
    let signature: [UInt8]

    init(_ bytes: [UInt8], body name: String) throws(NotationError) {
        guard bytes.count <= Self.byteLimit else { throw NotationError(at: .none, "more than \(Self.byteLimit) bytes") }
        var scanner = try JSONScanner(bytes.span, depthLimit: Self.depthLimit)
        var object = try scanner.beginObject()
        var body: Range<Int>?
        var signature: [UInt8]?
        while let member = try scanner.nextMember(&object) {
            switch member {
            case name:
                guard try scanner.peek() == .object else { throw scanner.failure("an object expected") }
                let start = scanner.offset
                try scanner.skip()
                body = start..<scanner.offset
            case "signature":
                guard let raw = Hex.bytes(try scanner.string()), raw.count == 64 else {
                    throw scanner.failure("a signature of 128 hex digits expected")
                }
                signature = raw
            default: throw scanner.failure("an unsigned member beside '\(name)'")
            }
        }
        try scanner.finish()
        guard let body, let signature else { throw NotationError(at: Place(line: 1, column: 1), "'\(name)' or 'signature' is missing") }
        self.bytes = bytes
        self.body = body
        self.signature = signature
    }

    func isSigned(by key: P256Key) -> Bool { key.verifies(signature[...], over: bytes[body]) }

    /// A scanner over the signed bytes alone.
    @_lifetime(borrow self)
    func scanner() throws(NotationError) -> JSONScanner {
        try JSONScanner(bytes.span.extracting(body), depthLimit: Self.depthLimit)
    }
}

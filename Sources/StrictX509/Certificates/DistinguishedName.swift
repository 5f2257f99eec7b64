internal import Notation

/// A name as its exact bytes; one attribute in each RDN, as Intel's have.
public struct DistinguishedName: Hashable, Sendable, CustomStringConvertible {
    public let der: [UInt8]

    public struct Attribute: Hashable, Sendable {
        public let type: ObjectIdentifier
        public let value: String

        public init(type: ObjectIdentifier, value: String) {
            self.type = type
            self.value = value
        }

        public static func == (left: Attribute, right: Attribute) -> Bool {
            left.type == right.type && ExactText(left.value) == ExactText(right.value)
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(type)
            hasher.combine(ExactText(value))
        }
    }

    /// - Throws: `DERError` unless every attribute is text.
    public init(_ reader: inout DERReader, _ field: StaticString) throws(DERError) {
        let element = try reader.element(.sequence, field)
        let list = reader.reader(of: element)
        try Self.read(list, field: field) { (_, value) throws(DERError) in
            guard (try? UTF8Span(validating: list.bytes.extracting(value))) != nil else {
                throw DERError(offset: value.lowerBound, "\(field): bytes that are no UTF-8")
            }
        }
        der = reader.array(element.whole)
    }

    /// Passes on type and place of each attribute's value.
    private static func read(
        _ list: consuming DERReader,
        field: StaticString,
        _ body: (ObjectIdentifier, Range<Int>) throws(DERError) -> Void
    ) throws(DERError) {
        var count = 0
        while !list.isAtEnd {
            guard count < 16 else { throw DERError(offset: list.offset, "\(field): more than 16 attributes") }
            count += 1
            var set = try list.enter(.set, field)
            var pair = try set.enter(.sequence, field)
            try set.finish(field)
            let type = try pair.objectIdentifier(field)
            let tag: DERTag = pair.nextTag == DERTag.printableString.rawValue ? .printableString : .utf8String
            let value = try pair.element(tag, field)
            try pair.finish(field)
            try body(type, value.content)
        }
    }

    /// The attributes in their order.
    public var attributes: [Attribute] {
        var attributes: [Attribute] = []
        // The bytes were read once already, so this doesn't fail.
        try? Self.read(content, field: "name") { (type, value) throws(DERError) in
            attributes.append(Attribute(type: type, value: String(decoding: der[value], as: UTF8.self)))
        }
        return attributes
    }

    /// Whether the name consists of exactly these attributes, whichever string type they are written in.
    public func consists(of expected: [Attribute]) -> Bool {
        var index = 0
        var isSame = true
        try? Self.read(content, field: "name") { (type, value) throws(DERError) in
            isSame =
                isSame && index < expected.count && expected[index].type == type
                && expected[index].value.utf8.elementsEqual(der[value])
            index += 1
        }
        return isSame && index == expected.count
    }

    private var content: DERReader {
        @_lifetime(borrow self)
        get {
            var outer = DERReader(der.span)
            let element = try? outer.element()
            return DERReader(der.span, element?.content ?? 0..<0)
        }
    }

    public static let commonName = ObjectIdentifier(arcs: 2, 5, 4, 3)
    private static let shortNames: [ObjectIdentifier: String] = [
        commonName: "CN", ObjectIdentifier(arcs: 2, 5, 4, 10): "O", ObjectIdentifier(arcs: 2, 5, 4, 7): "L",
        ObjectIdentifier(arcs: 2, 5, 4, 8): "ST",
        ObjectIdentifier(arcs: 2, 5, 4, 6): "C",
    ]
    public var commonName: String? { attributes.first { $0.type == Self.commonName }?.value }

    public var description: String {
        attributes.map { "\(Self.shortNames[$0.type] ?? $0.type.description)=\($0.value.printable())" }
            .joined(separator: ",")
    }
}

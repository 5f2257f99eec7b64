/// A name as its exact bytes and, for reading, its attributes in order; one attribute in each RDN, as Intel's have.
public struct DistinguishedName: Hashable, Sendable, CustomStringConvertible {
    public let der: [UInt8]
    public let attributes: [Attribute]

    public struct Attribute: Hashable, Sendable {
        public let type: ObjectIdentifier
        public let value: String

        public init(type: ObjectIdentifier, value: String) {
            self.type = type
            self.value = value
        }
    }

    public init(_ reader: inout DERReader, _ field: StaticString) throws(DERError) {
        let element = try reader.element(.sequence, field)
        der = reader.array(element.whole)
        var list = reader.reader(of: element)
        var attributes: [Attribute] = []
        while !list.isAtEnd {
            guard attributes.count < 16 else { throw DERError(offset: list.offset, "\(field): more than 16 attributes") }
            var set = try list.enter(.set, field)
            var pair = try set.enter(.sequence, field)
            try set.finish(field)
            let type = try pair.objectIdentifier(field)
            let tag: DERTag = pair.nextTag == DERTag.printableString.rawValue ? .printableString : .utf8String
            let value = try pair.element(tag, field)
            try pair.finish(field)
            guard let text = String(validating: pair.array(value.content), as: UTF8.self) else {
                throw DERError(offset: value.whole.lowerBound, "\(field): bytes that are no UTF-8")
            }
            attributes.append(Attribute(type: type, value: text))
        }
        self.attributes = attributes
    }

    public static let commonName = ObjectIdentifier(arcs: 2, 5, 4, 3)
    private static let shortNames: [ObjectIdentifier: String] = [
        commonName: "CN", ObjectIdentifier(arcs: 2, 5, 4, 10): "O", ObjectIdentifier(arcs: 2, 5, 4, 7): "L",
        ObjectIdentifier(arcs: 2, 5, 4, 8): "ST",
        ObjectIdentifier(arcs: 2, 5, 4, 6): "C",
    ]
    public var commonName: String? { attributes.first { $0.type == Self.commonName }?.value }

    public var description: String {
        attributes.map { "\(Self.shortNames[$0.type] ?? $0.type.description)=\($0.value)" }.joined(separator: ",")
    }
}

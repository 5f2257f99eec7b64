import StrictX509
import Testing

@Suite("DER")
struct DERTests {
    @Test(
        "longer encodings than needed, indefinite lengths and missing bytes are refused",
        arguments: [
            [0x30, 0x80, 0, 0], [0x02, 0x81, 0x01, 0x00], [0x02, 0x82, 0x00, 0x80], [0x1F, 0x01, 0x00],
            [0x04, 0x05, 0x00], [0x02], [],
        ] as [[UInt8]]
    )
    func elements(bytes: [UInt8]) {
        #expect(throws: DERError.self) {
            var reader = DERReader(bytes.span)
            _ = try reader.element()
        }
    }

    @Test(
        "integers must be in their shortest form and in range",
        arguments: [[0x02, 2, 0, 1], [0x02, 2, 0xFF, 0xFF], [0x02, 0], [0x02, 2, 1, 0], [0x02, 1, 0xFF]] as [[UInt8]]
    )
    func integers(bytes: [UInt8]) {
        #expect(throws: DERError.self) {
            var reader = DERReader(bytes.span)
            _ = try reader.integer("number", in: 0...255)
        }
    }

    @Test("identifiers are read and written")
    func identifiers() throws {
        let identifier = ObjectIdentifier(arcs: 1, 2, 840, 113741, 1337, 6)
        #expect(identifier.encoded == [0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x8A, 0x39, 0x06])
        #expect(identifier.description == "1.2.840.113741.1337.6")
        for content in [[0x2A, 0x80, 0x01], [0x2A, 0x86], []] as [[UInt8]] {
            #expect(throws: DERError.self) {
                let bytes = [0x06, UInt8(content.count)] + content
                var reader = DERReader(bytes.span)
                _ = try reader.objectIdentifier("identifier")
            }
        }
    }

    @Test("identifiers of any length are told apart and written as they were read")
    func longIdentifiers() throws {
        let parent = ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 1)
        #expect(ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 1, 7).arc(below: parent) == 7)
        #expect(ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 2, 7).arc(below: parent) == nil)
        #expect(parent.arc(below: parent) == nil)
        let long = ObjectIdentifier(
            arcs: 1,
            2,
            840,
            113556,
            1,
            8000,
            2554,
            17133,
            23233,
            42759,
            20942,
            38101,
            5_347_717,
            1_766_784
        )
        #expect(long.encoded.count > 16 && long.arc(below: parent) == nil)
        let bytes = [0x06, UInt8(long.encoded.count)] + long.encoded
        var reader = DERReader(bytes.span)
        #expect(try reader.objectIdentifier("identifier") == long)
    }

    @Test(
        "PEM has nothing but its blocks",
        arguments: [
            "text\n", "-----BEGIN CERTIFICATE-----\nAQ\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAQ==\n", "\u{0}\u{0}",
        ]
    )
    func pem(text: String) {
        #expect(throws: PEMError.self) { try PEM.blocks(Array(text.utf8)[...], label: "CERTIFICATE", allowsNUL: true) }
    }
}

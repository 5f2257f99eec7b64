internal import Crypto
internal import Notation
internal import StrictX509
internal import SwiftASN1

/// A revocation list of the simulated PKI, DER (RFC 5280, section 5).
struct SimulatedRevocationList {
    /// Without leading zeros.
    var serials: [[UInt8]]
    var thisUpdate: Timestamp
    var nextUpdate: Timestamp

    func make(issuer: [UInt8], key: P256.Signing.PrivateKey) throws -> [UInt8] {
        let subject = try Certificate(issuer).subject.der
        func time(_ serializer: inout DER.Serializer, _ moment: Timestamp) throws {
            let fields = moment.fields
            try serializer.serialize(
                try UTCTime(
                    year: fields.year,
                    month: fields.month,
                    day: fields.day,
                    hours: fields.hour,
                    minutes: fields.minute,
                    seconds: fields.second
                )
            )
        }
        var tbs = DER.Serializer()
        try tbs.appendConstructedNode(identifier: .sequence) { list in
            try list.serialize(1)
            list.serializeRawBytes(ECDSASignatureEncoding.algorithm)
            list.serializeRawBytes(subject)
            try time(&list, thisUpdate)
            try time(&list, nextUpdate)
            if !serials.isEmpty {
                try list.appendConstructedNode(identifier: .sequence) { entries in
                    for serial in serials {
                        try entries.appendConstructedNode(identifier: .sequence) { entry in
                            entry.appendPrimitiveNode(identifier: .integer) {
                                $0.append(contentsOf: (serial[0] >= 0x80 ? [0] : []) + serial)
                            }
                            try time(&entry, thisUpdate)
                        }
                    }
                }
            }
            try list.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { wrapper in
                try wrapper.appendConstructedNode(identifier: .sequence) { extensions in
                    try extensions.appendConstructedNode(identifier: .sequence) { number in
                        try number.serialize([2, 5, 29, 20] as ASN1ObjectIdentifier)
                        try number.serialize(ASN1OctetString(contentBytes: [2, 1, 1]))
                    }
                }
            }
        }
        let signature = try key.signature(for: tbs.serializedBytes)
        var list = DER.Serializer()
        try list.appendConstructedNode(identifier: .sequence) { outer in
            outer.serializeRawBytes(tbs.serializedBytes)
            outer.serializeRawBytes(ECDSASignatureEncoding.algorithm)
            try outer.serialize(ASN1BitString(bytes: Array(signature.derRepresentation)[...]))
        }
        return list.serializedBytes
    }
}

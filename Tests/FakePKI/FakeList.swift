internal import Crypto
internal import Notation
internal import StrictX509

/// A revocation list whose every part a test may turn.
struct FakeList {
    static let numberIdentifier = ObjectIdentifier(arcs: 2, 5, 29, 20)

    var version: Int? = 1
    var algorithm = FakeCertificate.sha256
    var outerAlgorithm: [UInt8]?
    var issuer: [(ObjectIdentifier, String)]
    var thisUpdate: Timestamp
    var nextUpdate: Timestamp?
    var entries: [(serial: [UInt8], extensions: [FakeCertificate.Extension])] = []
    var extensions = [FakeCertificate.Extension(identifier: numberIdentifier, value: DER.integer(1))]
    var key: P256.Signing.PrivateKey
    var trailing: [UInt8] = []

    var der: [UInt8] {
        let list = entries.map { entry in
            DER.sequence(
                DER.integer(entry.serial),
                DER.time(thisUpdate),
                entry.extensions.isEmpty ? [] : DER.element(0x30, entry.extensions.flatMap(\.der))
            )
        }
        let tbs = DER.sequence(
            version.map { DER.integer($0) } ?? [],
            algorithm,
            FakeCertificate.name(issuer),
            DER.time(thisUpdate),
            nextUpdate.map { DER.time($0) } ?? [],
            list.isEmpty ? [] : DER.element(0x30, list.flatMap { $0 }),
            extensions.isEmpty ? [] : DER.explicit(0, DER.element(0x30, extensions.flatMap(\.der)))
        )
        let raw = key.rawSignature(over: tbs)
        return DER.sequence(tbs, outerAlgorithm ?? algorithm, DER.bits(DER.signature(raw))) + trailing
    }
}

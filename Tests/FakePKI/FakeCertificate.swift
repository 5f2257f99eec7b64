internal import Crypto
internal import Notation
internal import StrictX509

/// A certificate whose every part a test may turn.
struct FakeCertificate {
    static let sha256 = DER.sequence(DER.identifier(ObjectIdentifier(arcs: 1, 2, 840, 10045, 4, 3, 2)))
    static let sha384 = DER.sequence(DER.identifier(ObjectIdentifier(arcs: 1, 2, 840, 10045, 4, 3, 3)))

    struct Extension {
        var identifier: ObjectIdentifier
        var isCritical = false
        var value: [UInt8]
        /// Spells out what DER leaves out.
        var spellsDefault = false

        var der: [UInt8] {
            let critical = isCritical ? DER.boolean(true) : spellsDefault ? DER.boolean(false) : []
            return DER.sequence(DER.identifier(identifier), critical, DER.octets(value))
        }
    }

    var version: Int? = 2
    var serial: [UInt8]
    var algorithm = sha256
    var outerAlgorithm: [UInt8]?
    var issuer: [(ObjectIdentifier, String)]
    var notBefore: Timestamp
    var notAfter: Timestamp
    var subject: [(ObjectIdentifier, String)]
    var key: P256.Signing.PrivateKey
    /// Instead of the key's own SubjectPublicKeyInfo.
    var publicKey: [UInt8]?
    var extensions: [Extension]
    var issuerKey: P256.Signing.PrivateKey
    /// Behind the certificate, in its PEM block.
    var trailing: [UInt8] = []

    static func name(_ attributes: [(ObjectIdentifier, String)]) -> [UInt8] {
        DER.element(0x30, attributes.flatMap { DER.set(DER.sequence(DER.identifier($0.0), DER.text($0.1))) })
    }

    var der: [UInt8] {
        let tbs = DER.sequence(
            version.map { DER.explicit(0, DER.integer($0)) } ?? [],
            DER.integer(serial),
            algorithm,
            Self.name(issuer),
            DER.sequence(DER.time(notBefore), DER.time(notAfter)),
            Self.name(subject),
            publicKey ?? Array(Certificate.p256Prefix) + key.publicKey.x963Representation,
            DER.explicit(3, DER.element(0x30, extensions.flatMap(\.der)))
        )
        let raw = issuerKey.rawSignature(over: tbs)
        return DER.sequence(tbs, outerAlgorithm ?? algorithm, DER.bits(DER.signature(raw))) + trailing
    }

    var pem: String { PEM.text(der) }

    subscript(identifier: ObjectIdentifier) -> [UInt8] {
        get { extensions.first { $0.identifier == identifier }?.value ?? [] }
        set {
            for index in extensions.indices where extensions[index].identifier == identifier {
                extensions[index].value = newValue
            }
        }
    }

    mutating func remove(_ identifier: ObjectIdentifier) { extensions.removeAll { $0.identifier == identifier } }

    // MARK: What certificates of Intel's profile consist of

    enum Identifier {
        static let basicConstraints = ObjectIdentifier(arcs: 2, 5, 29, 19)
        static let keyUsage = ObjectIdentifier(arcs: 2, 5, 29, 15)
        static let authorityKey = ObjectIdentifier(arcs: 2, 5, 29, 35)
        static let unknown = ObjectIdentifier(arcs: 1, 3, 6, 1, 4, 1, 99999, 1)
    }

    static func constraints(_ pathLength: Int?) -> [UInt8] {
        DER.sequence(DER.boolean(true), pathLength.map { DER.integer($0) } ?? [])
    }

    static let authorityUsage = DER.element(0x03, [0x01, 0x06])
    static let leafUsage = DER.element(0x03, [0x06, 0xC0])

    static func extensions(isCA: Bool, pathLength: Int? = nil) -> [Extension] {
        [
            Extension(
                identifier: Identifier.authorityKey,
                value: DER.sequence(DER.element(0x80, [UInt8](repeating: 1, count: 20)))
            ),
            Extension(
                identifier: Identifier.basicConstraints,
                isCritical: true,
                value: isCA ? constraints(pathLength) : DER.sequence()
            ),
            Extension(identifier: Identifier.keyUsage, isCritical: true, value: isCA ? authorityUsage : leafUsage),
        ]
    }
}

/// Intel's SGX extension, with what a test wants in it.
struct FakePlatform {
    static let base: [UInt64] = [1, 2, 840, 113741, 1, 13, 1]
    var ppid = [UInt8](repeating: 0x11, count: 16)
    /// The content of each component's INTEGER.
    var components: [[UInt8]] = (0..<16).map { [UInt8(10 + $0)] }
    var pceSVN: [UInt8] = [13]
    var cpuSVN: [UInt8] = (0..<16).map { UInt8(10 + $0) }
    var pceID: [UInt8] = [0, 0]
    var fmspc: [UInt8] = [0, 0x90, 0x6E, 0xD5, 0, 0]
    var sgxType: UInt8 = 1
    var instance: [UInt8]? = [UInt8](repeating: 0x22, count: 16)
    /// Dynamic platform, cached keys, SMT.
    var configuration: [[UInt8]]? = [[0xFF], [0xFF], [0]]
    /// Complete members besides the known ones.
    var more: [[UInt8]] = []
    var leavesOut: Set<UInt64> = []

    private func pair(_ arcs: [UInt64], _ value: [UInt8]) -> [UInt8] {
        let all = Self.base + arcs
        let identifier: ObjectIdentifier
        switch all.count {
        case 8: identifier = ObjectIdentifier(arcs: all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7])
        default:
            identifier = ObjectIdentifier(arcs: all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8])
        }
        return DER.sequence(DER.identifier(identifier), value)
    }

    func member(_ arc: UInt64, _ value: [UInt8]) -> [UInt8] { pair([arc], value) }

    var value: [UInt8] {
        var tcb = components.enumerated().map { pair([2, UInt64($0.offset) + 1], DER.element(0x02, $0.element)) }
        tcb.append(pair([2, 17], DER.element(0x02, pceSVN)))
        tcb.append(pair([2, 18], DER.octets(cpuSVN)))
        var members: [(UInt64, [UInt8])] = [
            (1, DER.octets(ppid)), (2, DER.element(0x30, tcb.flatMap { $0 })), (3, DER.octets(pceID)),
            (4, DER.octets(fmspc)),
            (5, DER.element(0x0A, [sgxType])),
        ]
        if let instance { members.append((6, DER.octets(instance))) }
        if let configuration {
            let flags = configuration.enumerated().flatMap {
                pair([7, UInt64($0.offset) + 1], DER.element(0x01, $0.element))
            }
            members.append((7, DER.element(0x30, flags)))
        }
        let known = members.filter { !leavesOut.contains($0.0) }.flatMap { member($0.0, $0.1) }
        return DER.element(0x30, known + more.flatMap { $0 })
    }
}

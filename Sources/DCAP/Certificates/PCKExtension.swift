public import SGXQuote
package import StrictX509

/// Intel's SGX extension of a PCK certificate, 1.2.840.113741.1.13.1 (PCK certificate and CRL profile): which platform
/// this is and what its TCB is.
public struct PCKExtension: Hashable, Sendable {
    package static let identifier = ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 1)
    private static let tcbIdentifier = ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 1, 2)
    private static let configurationIdentifier = ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 1, 7)

    /// The processor, by an identifier of its own.
    public let ppid: FixedBytes<16>
    /// CPUSVN's sixteen parts.
    public let components: ComponentSVNs
    /// Of the provisioning certification enclave.
    public let pceSVN: UInt16
    /// Of the provisioning certification enclave.
    public let pceID: FixedBytes<2>
    /// Family, model, stepping and platform: whose TCB info applies.
    public let fmspc: FixedBytes<6>
    /// What protects the memory.
    public let sgxType: SGXType
    /// Platform CA only.
    public let platformInstanceID: FixedBytes<16>?
    /// Of a platform of several packages; nil for one alone.
    public let configuration: Configuration?
    /// Members that this version doesn't know: reported, not refused.
    package let unknown: [ObjectIdentifier]

    /// Intel's numbers 0 to 2.
    public enum SGXType: Int, Sendable { case standard, scalable, scalableWithIntegrity }

    /// What isn't stated is nil.
    public struct Configuration: Hashable, Sendable {
        /// Whether packages may be added and removed; nil when it isn't said.
        public var dynamicPlatform: Bool?
        /// Whether the registration service keeps the platform's root keys; nil when it isn't said.
        public var cachedKeys: Bool?
        /// Whether hyper-threading is on; nil when it isn't said.
        public var smtEnabled: Bool?
    }

    /// Reads the extension of a leaf.
    /// - Throws: `DERError` when it is missing, critical, incomplete, or has a value out of range.
    package init(of certificate: Certificate) throws(DERError) {
        guard let found = certificate.extensions.first(where: { $0.identifier == Self.identifier }) else {
            throw DERError(offset: 0, "there is no SGX extension")
        }
        guard !found.isCritical else { throw DERError(offset: found.value.lowerBound, "the SGX extension is critical") }
        try self.init(certificate.der.span, found.value)
    }

    /// Reads an extension's value.
    init(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(DERError) {
        var outer = DERReader(bytes, value)
        var list = try outer.enter(.sequence, "SGX extension")
        try outer.finish("SGX extension")
        var ppid: FixedBytes<16>?, pceID: FixedBytes<2>?, fmspc: FixedBytes<6>?, instance: FixedBytes<16>?
        var tcb: (components: ComponentSVNs, pceSVN: UInt16)?
        var sgxType: SGXType?
        var configuration: Configuration?
        var unknown: [ObjectIdentifier] = []
        while !list.isAtEnd {
            var pair = try list.enter(.sequence, "SGX extension")
            let identifier = try pair.objectIdentifier("SGX extension")
            switch identifier.arc(below: Self.identifier) ?? 0 {
            case 1 where ppid == nil: ppid = try Self.octets(&pair, "PPID")
            case 2 where tcb == nil: tcb = try Self.tcb(&pair)
            case 3 where pceID == nil: pceID = try Self.octets(&pair, "PCEID")
            case 4 where fmspc == nil: fmspc = try Self.octets(&pair, "FMSPC")
            case 5 where sgxType == nil:
                sgxType = SGXType(rawValue: try pair.integer("SGX type", in: 0...2, tag: .enumerated))
            case 6 where instance == nil: instance = try Self.octets(&pair, "platform instance id")
            case 7 where configuration == nil: configuration = try Self.configuration(&pair, &unknown)
            case 1...7: throw DERError(offset: pair.offset, "SGX extension: \(identifier) stands twice")
            default: try Self.note(identifier, &pair, into: &unknown)
            }
            try pair.finish("SGX extension")
        }
        guard let ppid, let tcb, let pceID, let fmspc, let sgxType else {
            throw DERError(offset: value.lowerBound, "SGX extension: PPID, TCB, PCEID, FMSPC or SGX type is missing")
        }
        self.ppid = ppid
        (components, pceSVN) = tcb
        self.pceID = pceID
        self.fmspc = fmspc
        self.sgxType = sgxType
        platformInstanceID = instance
        self.configuration = configuration
        self.unknown = unknown
    }

    private static func octets<let count: Int>(_ pair: inout DERReader, _ field: StaticString) throws(DERError)
        -> FixedBytes<count>
    {
        let content = try pair.element(.octetString, field).content
        guard content.count == count else {
            throw DERError(offset: content.lowerBound, "\(field): \(count) bytes expected")
        }
        var bytes = FixedBytes<count>()
        for index in 0..<count { bytes[index] = pair.bytes[content.lowerBound + index] }
        return bytes
    }

    private static func note(
        _ identifier: ObjectIdentifier,
        _ pair: inout DERReader,
        into unknown: inout [ObjectIdentifier]
    ) throws(DERError) {
        guard !unknown.contains(identifier), unknown.count < 16 else {
            throw DERError(
                offset: pair.offset,
                "SGX extension: \(identifier) stands twice, or more than 16 unknown members"
            )
        }
        _ = try pair.element()
        unknown.append(identifier)
    }

    private static func tcb(_ pair: inout DERReader) throws(DERError) -> (components: ComponentSVNs, pceSVN: UInt16) {
        var list = try pair.enter(.sequence, "TCB")
        let start = list.offset
        var components = ComponentSVNs(), seen = ComponentSVNs()
        var pceSVN: UInt16?
        var cpuSVN: FixedBytes<16>?
        while !list.isAtEnd {
            var one = try list.enter(.sequence, "TCB")
            let arc = try one.objectIdentifier("TCB").arc(below: tcbIdentifier) ?? 0
            switch Int(arc) {
            case 1...16 where seen[Int(arc) - 1] == 0:
                components[Int(arc) - 1] = UInt8(try one.integer("component SVN", in: 0...255))
                seen[Int(arc) - 1] = 1
            case 17 where pceSVN == nil: pceSVN = UInt16(try one.integer("PCESVN", in: 0...65535))
            case 18 where cpuSVN == nil: cpuSVN = try octets(&one, "CPUSVN")
            default: throw DERError(offset: one.offset, "TCB: a member that is unknown or stands twice")
            }
            try one.finish("TCB")
        }
        guard seen.min() == 1, let pceSVN, let cpuSVN else { throw DERError(offset: start, "TCB: 18 members expected") }
        guard ComponentSVNs(cpuSVN) == components else {
            throw DERError(offset: start, "TCB: CPUSVN differs from the components")
        }
        return (components, pceSVN)
    }

    private static func configuration(_ pair: inout DERReader, _ unknown: inout [ObjectIdentifier]) throws(DERError)
        -> Configuration
    {
        var list = try pair.enter(.sequence, "configuration")
        var result = Configuration()
        while !list.isAtEnd {
            var one = try list.enter(.sequence, "configuration")
            let identifier = try one.objectIdentifier("configuration")
            switch identifier.arc(below: configurationIdentifier) ?? 0 {
            case 1 where result.dynamicPlatform == nil: result.dynamicPlatform = try one.boolean("dynamic platform")
            case 2 where result.cachedKeys == nil: result.cachedKeys = try one.boolean("cached keys")
            case 3 where result.smtEnabled == nil: result.smtEnabled = try one.boolean("SMT enabled")
            case 1...3: throw DERError(offset: one.offset, "configuration: \(identifier) stands twice")
            default: try note(identifier, &one, into: &unknown)
            }
            try one.finish("configuration")
        }
        return result
    }
}

public import StrictX509

/// Intel's SGX extension of a PCK certificate, 1.2.840.113741.1.13.1 (DCAP SPEC §2): which platform this is and what its TCB is.
public struct PCKExtension: Hashable, Sendable {
    public static let identifier = ObjectIdentifier(arcs: 1, 2, 840, 113741, 1, 13, 1)

    /// 16 bytes.
    public let ppid: [UInt8]
    /// 16 component SVNs.
    public let components: [UInt8]
    public let pceSVN: UInt16
    /// 2 bytes.
    public let pceID: [UInt8]
    /// 6 bytes.
    public let fmspc: [UInt8]
    public let sgxType: SGXType
    /// 16 bytes; platform CA only.
    public let platformInstanceID: [UInt8]?
    public let configuration: Configuration?

    public enum SGXType: Int, Sendable { case standard, scalable, scalableWithIntegrity }

    /// What isn't stated is nil.
    public struct Configuration: Hashable, Sendable {
        public var dynamicPlatform: Bool?
        public var cachedKeys: Bool?
        public var smtEnabled: Bool?
    }

    private static func arcs(_ last: UInt64...) -> [UInt8] { identifier.encoded + last.map { UInt8($0) } }

    /// Reads the extension of a leaf.
    /// - Throws: `DERError` when it is missing, incomplete, or has a value out of range.
    public init(of certificate: Certificate) throws(DERError) {
        guard let value = certificate.value(of: Self.identifier) else { throw DERError(offset: 0, "there is no SGX extension") }
        var outer = DERReader(certificate.der.span, value)
        var list = try outer.enter(.sequence, "SGX extension")
        try outer.finish("SGX extension")
        var seen: Set<ObjectIdentifier> = []
        var ppid: [UInt8]?, pceID: [UInt8]?, fmspc: [UInt8]?, instance: [UInt8]?
        var tcb: (components: [UInt8], pceSVN: UInt16)?
        var sgxType: SGXType?
        var configuration: Configuration?
        while !list.isAtEnd {
            var pair = try list.enter(.sequence, "SGX extension")
            let identifier = try pair.objectIdentifier("SGX extension")
            guard seen.insert(identifier).inserted, seen.count <= 32 else {
                throw DERError(offset: pair.offset, "SGX extension: \(identifier) stands twice")
            }
            switch identifier.encoded {
            case Self.arcs(1): ppid = try Self.octets(&pair, 16, "PPID")
            case Self.arcs(2): tcb = try Self.tcb(&pair)
            case Self.arcs(3): pceID = try Self.octets(&pair, 2, "PCEID")
            case Self.arcs(4): fmspc = try Self.octets(&pair, 6, "FMSPC")
            case Self.arcs(5): sgxType = SGXType(rawValue: try pair.integer("SGX type", in: 0...2, tag: .enumerated))
            case Self.arcs(6): instance = try Self.octets(&pair, 16, "platform instance id")
            case Self.arcs(7): configuration = try Self.configuration(&pair)
            default: _ = try pair.element()
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
    }

    private static func octets(_ pair: inout DERReader, _ count: Int, _ field: StaticString) throws(DERError) -> [UInt8] {
        let element = try pair.element(.octetString, field)
        guard element.content.count == count else { throw DERError(offset: element.whole.lowerBound, "\(field): \(count) bytes expected") }
        return pair.array(element.content)
    }

    private static func tcb(_ pair: inout DERReader) throws(DERError) -> (components: [UInt8], pceSVN: UInt16) {
        var list = try pair.enter(.sequence, "TCB")
        let start = list.offset
        var components = [UInt8?](repeating: nil, count: 16)
        var pceSVN: UInt16?
        var cpuSVN: [UInt8]?
        while !list.isAtEnd {
            var one = try list.enter(.sequence, "TCB")
            let identifier = try one.objectIdentifier("TCB").encoded
            guard identifier.dropLast() == arcs(2)[...], let last = identifier.last else {
                throw DERError(offset: one.offset, "TCB: an unknown member")
            }
            switch Int(last) {
            case 1...16 where components[Int(last) - 1] == nil:
                components[Int(last) - 1] = UInt8(try one.integer("component SVN", in: 0...255))
            case 17 where pceSVN == nil: pceSVN = UInt16(try one.integer("PCESVN", in: 0...65535))
            case 18 where cpuSVN == nil: cpuSVN = try octets(&one, 16, "CPUSVN")
            default: throw DERError(offset: one.offset, "TCB: a member that is unknown or stands twice")
            }
            try one.finish("TCB")
        }
        let complete = components.compactMap { $0 }
        guard complete.count == 16, let pceSVN, let cpuSVN else { throw DERError(offset: start, "TCB: 18 members expected") }
        guard complete == cpuSVN else { throw DERError(offset: start, "TCB: CPUSVN differs from the components") }
        return (complete, pceSVN)
    }

    private static func configuration(_ pair: inout DERReader) throws(DERError) -> Configuration {
        var list = try pair.enter(.sequence, "configuration")
        var result = Configuration()
        while !list.isAtEnd {
            var one = try list.enter(.sequence, "configuration")
            let identifier = try one.objectIdentifier("configuration").encoded
            let value = try one.boolean("configuration")
            try one.finish("configuration")
            switch identifier {
            case arcs(7, 1) where result.dynamicPlatform == nil: result.dynamicPlatform = value
            case arcs(7, 2) where result.cachedKeys == nil: result.cachedKeys = value
            case arcs(7, 3) where result.smtEnabled == nil: result.smtEnabled = value
            default: throw DERError(offset: list.offset, "configuration: a member that is unknown or stands twice")
            }
        }
        return result
    }
}

public import DCAP
public import Notation
internal import RATLS
internal import StrictX509

/// What is good enough (DESIGN §6). The default is strict; each leniency has a name here.
public struct AttestationPolicy: Hashable, Sendable {
    public var measurement = Measurement()
    public var tcb = TCB()
    public var platform = Platform()
    public var launch = Launch()
    public var tdx = TDX()

    public struct Measurement: Hashable, Sendable {
        /// 32 bytes each; any of these.
        public var mrenclave: [[UInt8]] = []
        /// Also compared when MRENCLAVE is named.
        public var signer: Signer?
        public var allowDebug = false
        /// 32 bytes: of the very thing that is to be released. MRENCLAVE must be this one, whatever else the policy
        /// allows; no document says it.
        public var released: [UInt8]?
    }

    /// Whose enclave, which of his products, and from which version on. A signer signs many things, old and faulty ones
    /// among them: so none of the three stands alone.
    public struct Signer: Hashable, Sendable {
        /// 32 bytes.
        public let mrsigner: [UInt8]
        public let productID: UInt16
        public let minimumSVN: UInt16

        /// Nil unless MRSIGNER has 32 bytes.
        public init?(mrsigner: [UInt8], productID: UInt16, minimumSVN: UInt16) {
            guard mrsigner.count == 32 else { return nil }
            self.mrsigner = mrsigner
            self.productID = productID
            self.minimumSVN = minimumSVN
        }
    }

    public struct TCB: Hashable, Sendable {
        public var accepted: Set<TCBStatus> = [.upToDate]
        public var allowedAdvisories: Set<String> = []
        /// Seconds since the level's date.
        public var grace: Int64 = 0
        /// Seconds since the older issueDate.
        public var maximumCollateralAge: Int64 = 30 * 86400
        public var minimumEvaluationNumber = 0
    }

    public struct Platform: Hashable, Sendable {
        /// Nil allows any.
        public var fmspc: [[UInt8]]?
        public var ppid: [[UInt8]]?
        public var platformInstance: [[UInt8]]?
        public var allowSMT = true
        public var allowDynamicPlatform = true
        public var allowCachedKeys = true
    }

    public struct Launch: Hashable, Sendable {
        public var names: [String]?
        /// Seconds since 1970.
        public var latestExpiry: Int64?
    }

    public struct TDX: Hashable, Sendable {
        /// 48 bytes each; any of these.
        public var mrtd: [[UInt8]] = []
        /// By name of the register: the values that are allowed.
        public var registers: [String: [[UInt8]]] = [:]
        public var allowSeptVE = false
        public var allowServiceTD = false
        public var allowMigratable = false
    }

    public init() {}

    /// What decides whether there is anything to compare with.
    public var namesReference: Bool {
        measurement.released != nil || !measurement.mrenclave.isEmpty || !tdx.mrtd.isEmpty || measurement.signer != nil
    }
}

/// Reading the document. Unknown members are errors that name line and member.
extension AttestationPolicy {
    public static let byteLimit = 1 << 20

    /// Reads a policy in TOML, or in JSON when the text begins with `{`.
    public init(_ bytes: [UInt8]) throws(NotationError) {
        guard bytes.count <= Self.byteLimit else {
            throw NotationError(at: .none, "a policy of more than \(Self.byteLimit) bytes")
        }
        let bytes = PlainText.withoutMark(bytes)
        let isJSON = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 } == UInt8(ascii: "{")
        var root = try ObjectReader(isJSON ? JSON.read(bytes) : TOML.read(bytes))
        if var table = try root.table("measurement") { measurement = try Measurement(&table) }
        if var table = try root.table("tcb") { tcb = try TCB(&table) }
        if var table = try root.table("platform") { platform = try Platform(&table) }
        if var table = try root.table("launch") { launch = try Launch(&table) }
        if var table = try root.table("tdx") { tdx = try TDX(&table) }
        if var table = try root.table("freshness") { try Self.checkFreshness(&table) }
        try root.finish()
    }

    /// Nothing of it can be demanded yet, and a demand that isn't met must not pass unseen.
    private static func checkFreshness(_ table: inout ObjectReader) throws(NotationError) {
        if let node = table.optional("require"), node.value != .string("none") {
            throw NotationError(
                at: node.place,
                member: table.path(to: "require"),
                "can't be demanded yet; only \"none\" can be said"
            )
        }
        if let node = table.optional("max_quote_age") {
            throw NotationError(at: node.place, member: table.path(to: "max_quote_age"), "can't be demanded yet")
        }
        try table.finish()
    }
}

extension AttestationPolicy.Measurement {
    fileprivate init(_ table: inout ObjectReader) throws(NotationError) {
        mrenclave = try table.hexes("mrenclave", 32) ?? []
        signer = try Self.signer(&table)
        allowDebug = try table.boolean("allow_debug") ?? false
        try table.finish()
    }

    private static func signer(_ table: inout ObjectReader) throws(NotationError) -> AttestationPolicy.Signer? {
        var mrsigner: [UInt8]?
        if let node = table.optional("mrsigner") {
            guard case .string(let text) = node.value, let bytes = Hex.bytes(text), bytes.count == 32 else {
                throw table.mismatch(node, "mrsigner", "64 hex digits")
            }
            mrsigner = bytes
        }
        let product = try table.integer("product_id", in: 0...65535),
            version = try table.integer("min_svn", in: 0...65535)
        if let mrsigner, let product, let version {
            return AttestationPolicy.Signer(mrsigner: mrsigner, productID: UInt16(product), minimumSVN: UInt16(version))
        }
        for (name, isThere) in [
            ("mrsigner", mrsigner != nil), ("product_id", product != nil), ("min_svn", version != nil),
        ] where isThere {
            throw NotationError(
                at: table.place,
                member: table.path(to: name),
                "mrsigner, product_id and min_svn stand only together, all three"
            )
        }
        return nil
    }
}

extension AttestationPolicy.TCB {
    fileprivate init(_ table: inout ObjectReader) throws(NotationError) {
        if let statuses = try table.strings("accept") {
            accepted = []
            for (text, place) in statuses {
                guard let status = TCBStatus(rawValue: text), status != .revoked else {
                    throw NotationError(
                        at: place,
                        member: table.path(to: "accept"),
                        "'\(NotationError.printable(text))' is no status that can be accepted"
                    )
                }
                accepted.insert(status)
            }
        }
        for (text, place) in try table.strings("allow_advisories") ?? [] {
            guard TCBFinding.isAdvisory(text) else {
                throw NotationError(
                    at: place,
                    member: table.path(to: "allow_advisories"),
                    "an advisory such as \"INTEL-SA-00615\" expected, found '\(NotationError.printable(text))'"
                )
            }
            allowedAdvisories.insert(text)
        }
        grace = try table.seconds("grace") ?? 0
        maximumCollateralAge = try table.seconds("max_collateral_age") ?? maximumCollateralAge
        minimumEvaluationNumber = try table.integer("min_evaluation_number", in: 0...Int(Int32.max)) ?? 0
        try table.finish()
    }
}

extension AttestationPolicy.Platform {
    fileprivate init(_ table: inout ObjectReader) throws(NotationError) {
        fmspc = try table.hexes("fmspc", 6)
        ppid = try table.hexes("ppid", 16)
        platformInstance = try table.hexes("platform_instance", 16)
        allowSMT = try table.allows("smt")
        allowDynamicPlatform = try table.allows("dynamic_platform")
        allowCachedKeys = try table.allows("cached_keys")
        try table.finish()
    }
}

extension AttestationPolicy.Launch {
    fileprivate init(_ table: inout ObjectReader) throws(NotationError) {
        if let list = try table.strings("names") {
            for (text, place) in list where !LaunchRecord.isName(text) {
                throw NotationError(
                    at: place,
                    member: table.path(to: "names"),
                    "a service's name of a–z, 0–9 and '-' expected, found '\(NotationError.printable(text))'"
                )
            }
            guard !list.isEmpty else {
                throw NotationError(at: table.place, member: table.path(to: "names"), emptyList)
            }
            names = list.map(\.text)
        }
        if let node = table.optional("latest_expiry") {
            guard case .string(let text) = node.value, let seconds = CalendarTime.seconds(text) else {
                throw table.mismatch(node, "latest_expiry", "a time such as \"2026-12-31T00:00:00Z\"")
            }
            latestExpiry = seconds
        }
        try table.finish()
    }
}

extension AttestationPolicy.TDX {
    /// Registers of a TD and their sizes in bytes.
    static let registerSizes = [
        "rtmr0": 48, "rtmr1": 48, "rtmr2": 48, "rtmr3": 48, "mrseam": 48, "mrsignerseam": 48, "attributes": 8,
        "xfam": 8, "mrconfigid": 48,
        "mrowner": 48,
        "mrownerconfig": 48, "mrservicetd": 48,
    ]

    fileprivate init(_ table: inout ObjectReader) throws(NotationError) {
        mrtd = try table.hexes("mrtd", 48) ?? []
        for (name, count) in Self.registerSizes.sorted(by: { $0.key < $1.key }) {
            registers[name] = try table.hexes(name, count)
        }
        allowSeptVE = try table.boolean("allow_sept_ve") ?? false
        allowServiceTD = try table.boolean("allow_service_td") ?? false
        allowMigratable = try table.boolean("allow_migratable") ?? false
        try table.finish()
    }
}

/// Of a list of values, any of which will do.
private let emptyList = "is empty; name a value, or leave it out"

extension ObjectReader {
    /// Hexadecimal texts of an exact length, as an array or alone.
    fileprivate mutating func hexes(_ name: String, _ count: Int) throws(NotationError) -> [[UInt8]]? {
        guard let node = optional(name) else { return nil }
        var elements = [node]
        if case .array(let list) = node.value { elements = list }
        // Read as "any of these", it would allow nothing, or as in mrenclave demand nothing: neither was meant.
        guard !elements.isEmpty else { throw NotationError(at: node.place, member: path(to: name), emptyList) }
        guard elements.count <= 1024 else {
            throw NotationError(at: node.place, member: path(to: name), "more than 1024 entries")
        }
        var result: [[UInt8]] = []
        for element in elements {
            guard case .string(let text) = element.value, let bytes = Hex.bytes(text), bytes.count == count else {
                throw mismatch(element, name, "\(2 * count) hex digits")
            }
            result.append(bytes)
        }
        return result
    }

    /// A duration such as `"30d"`: a whole number and s, m, h or d.
    fileprivate mutating func seconds(_ name: String) throws(NotationError) -> Int64? {
        guard let node = optional(name) else { return nil }
        let units: [UInt8: Int64] = [
            UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3600, UInt8(ascii: "d"): 86400,
        ]
        guard case .string(let text) = node.value, let last = text.utf8.last, let unit = units[last],
            text.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int64(text.dropLast()), value <= 100_000_000
        else { throw mismatch(node, name, "a duration such as \"30d\"") }
        return value * unit
    }

    fileprivate mutating func allows(_ name: String) throws(NotationError) -> Bool {
        guard let node = optional(name) else { return true }
        guard case .string(let text) = node.value, text == "allow" || text == "refuse" else {
            throw mismatch(node, name, "\"allow\" or \"refuse\"")
        }
        return text == "allow"
    }
}

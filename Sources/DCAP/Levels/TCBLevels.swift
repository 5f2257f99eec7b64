public import Notation

/// What one level says: its status, since when, and which advisories stand open.
public struct TCBFinding: Hashable, Sendable {
    /// Of the level that fits.
    public internal(set) var status: TCBStatus
    public internal(set) var date: Timestamp
    /// Each once, sorted.
    public internal(set) var advisories: [String]

    /// Whether a text can be an advisory's name, such as INTEL-SA-00615: 1 to 64 ASCII letters, digits, `-`, `_` and
    /// `.`.
    public static func isAdvisory(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}

/// A level of TCB info: the platform's SVNs that it asks for at least.
struct PlatformLevel: Sendable {
    let components: ComponentSVNs
    let pceSVN: UInt16
    let tdxComponents: ComponentSVNs?
    let finding: TCBFinding

    /// The order in which levels are matched: by SGX components, PCE SVN, TDX components. Nil for equals.
    func precedes(_ other: PlatformLevel) -> Bool? {
        if let order = components.precedes(other.components) { return order }
        if pceSVN != other.pceSVN { return pceSVN < other.pceSVN }
        return (tdxComponents ?? ComponentSVNs()).precedes(other.tdxComponents ?? ComponentSVNs())
    }
}

/// A level of a TDX module or a quoting enclave.
struct EnclaveLevel: Sendable {
    let isvSVN: Int
    let finding: TCBFinding

    func precedes(_ other: EnclaveLevel) -> Bool? { isvSVN == other.isvSVN ? nil : isvSVN < other.isvSVN }
}

extension [EnclaveLevel] {
    /// The first level, from the highest down, that asks for no more than this.
    func match(_ isvSVN: Int) -> TCBFinding? { first { $0.isvSVN <= isvSVN }?.finding }
}

/// Reading the levels of TCB info and QE identity (PCS API, version 4).
extension JSONScanner {
    static let levelLimit = 256

    /// An array of levels of an enclave, from the highest down; the same SVN twice is refused.
    mutating func enclaveLevels(svnLimit: Int) throws(NotationError) -> [EnclaveLevel] {
        var levels: [EnclaveLevel] = []
        var array = try beginArray()
        while try nextElement(&array) {
            guard levels.count < Self.levelLimit else { throw failure("more than \(Self.levelLimit) levels") }
            var isvSVN: Int?
            let finding = try level({ $0.isOfEnclave }) { (scanner, name) throws(NotationError) in
                guard name == "isvsvn" else { return try scanner.skip() }
                isvSVN = try scanner.integer(in: 0...svnLimit)
            }
            levels.append(EnclaveLevel(isvSVN: try required(isvSVN, "isvsvn"), finding: finding))
        }
        return try descending(levels) { $0.precedes($1) }
    }

    /// An array of levels of a platform, from the highest down; two with the same SVNs are refused.
    mutating func platformLevels() throws(NotationError) -> [PlatformLevel] {
        var levels: [PlatformLevel] = []
        var array = try beginArray()
        while try nextElement(&array) {
            guard levels.count < Self.levelLimit else { throw failure("more than \(Self.levelLimit) levels") }
            var components: ComponentSVNs?, tdxComponents: ComponentSVNs?
            var pceSVN: Int?
            let finding = try level({ $0.isOfPlatform }) { (scanner, name) throws(NotationError) in
                switch name {
                case "sgxtcbcomponents": components = try scanner.components()
                case "tdxtcbcomponents": tdxComponents = try scanner.components()
                case "pcesvn": pceSVN = try scanner.integer(in: 0...65535)
                default: try scanner.skip()
                }
            }
            levels.append(
                PlatformLevel(
                    components: try required(components, "sgxtcbcomponents"),
                    pceSVN: UInt16(try required(pceSVN, "pcesvn")),
                    tdxComponents: tdxComponents,
                    finding: finding
                )
            )
        }
        return try descending(levels) { $0.precedes($1) }
    }

    /// Levels in the order in which they are matched, whatever order they were written in; none may stand twice.
    private func descending<Level>(_ levels: [Level], _ precedes: (Level, Level) -> Bool?) throws(NotationError)
        -> [Level]
    {
        guard !levels.isEmpty else { throw failure("there are no levels") }
        let isOrdered = zip(levels, levels.dropFirst()).allSatisfy { precedes($1, $0) == true }
        let sorted = isOrdered ? levels : levels.sorted { precedes($1, $0) == true }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ precedes($1, $0) != nil }) else {
            throw failure("two levels with the same SVNs")
        }
        return sorted
    }

    /// One level: what `tcb` holds is read by the caller.
    private mutating func level(
        _ isAllowed: (TCBStatus) -> Bool,
        tcb read: (inout JSONScanner, JSONName) throws(NotationError) -> Void
    ) throws(NotationError) -> TCBFinding {
        var hasTCB = false
        var date: Timestamp?
        var status: TCBStatus?
        var advisories: [String] = []
        var object = try beginObject()
        while let name = try nextMember(&object) {
            switch name {
            case "tcb":
                hasTCB = true
                var inner = try beginObject()
                while let name = try nextMember(&inner) { try read(&self, name) }
            case "tcbDate": date = try self.date()
            case "tcbStatus":
                let start = offset
                guard let value = TCBStatus(rawValue: try string()), isAllowed(value) else {
                    throw failure("a TCB status that is unknown here", at: start)
                }
                status = value
            case "advisoryIDs":
                let start = offset
                advisories = try set(limit: 512)
                guard !advisories.contains("") else { throw failure("an advisory without a name", at: start) }
            default: try skip()
            }
        }
        guard hasTCB else { throw failure("member 'tcb' is missing") }
        return TCBFinding(
            status: try required(status, "tcbStatus"),
            date: try required(date, "tcbDate"),
            advisories: advisories
        )
    }

    /// Exactly 16 component SVNs.
    private mutating func components() throws(NotationError) -> ComponentSVNs {
        var svns = ComponentSVNs()
        var count = 0
        var array = try beginArray()
        while try nextElement(&array) {
            var svn: Int?
            var object = try beginObject()
            while let name = try nextMember(&object) {
                if name == "svn" { svn = try integer(in: 0...255) } else { try skip() }
            }
            guard count < 16 else { throw failure("16 components expected, found more") }
            svns[count] = UInt8(try required(svn, "svn"))
            count += 1
        }
        guard count == 16 else { throw failure("16 components expected, found \(count)") }
        return svns
    }
}

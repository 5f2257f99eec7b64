internal import Notation

/// What one level says: its status, since when, and which advisories stand open.
struct TCBFinding: Hashable, Sendable {
    var status: TCBStatus
    /// Seconds since 1970.
    var date: Int64
    var advisories: [String]
}

/// A level of TCB info: the platform's SVNs that it asks for at least.
struct PlatformLevel: Sendable {
    var components: [UInt8]
    var pceSVN: Int
    var tdxComponents: [UInt8]?
    var finding: TCBFinding

    /// 16 SGX components, PCE SVN, 16 TDX components: what levels are sorted by and must differ in.
    var key: [Int] { components.map(Int.init) + [pceSVN] + (tdxComponents ?? []).map(Int.init) }
}

/// A level of a TDX module or a quoting enclave.
struct EnclaveLevel: Sendable {
    var isvSVN: Int
    var finding: TCBFinding
}

extension [EnclaveLevel] {
    /// The first level, from the highest down, that asks for no more than this.
    func match(_ isvSVN: Int) -> TCBFinding? {
        self.max { ($0.isvSVN <= isvSVN ? $0.isvSVN : -1) < ($1.isvSVN <= isvSVN ? $1.isvSVN : -1) }.flatMap {
            $0.isvSVN <= isvSVN ? $0.finding : nil
        }
    }
}

/// Reading levels (DCAP SPEC §4.2, §4.3).
extension JSONScanner {
    static let levelLimit = 256

    /// An array of levels of an enclave; the same SVN twice is refused.
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
            let svn = try required(isvSVN, "isvsvn")
            guard !levels.contains(where: { $0.isvSVN == svn }) else { throw failure("two levels of isvsvn \(svn)") }
            levels.append(EnclaveLevel(isvSVN: svn, finding: finding))
        }
        guard !levels.isEmpty else { throw failure("there are no levels") }
        return levels
    }

    /// An array of levels of a platform, sorted from the highest down; two with the same SVNs are refused.
    mutating func platformLevels(tdx: Bool) throws(NotationError) -> [PlatformLevel] {
        var levels: [PlatformLevel] = []
        var array = try beginArray()
        while try nextElement(&array) {
            guard levels.count < Self.levelLimit else { throw failure("more than \(Self.levelLimit) levels") }
            var components: [UInt8]?, tdxComponents: [UInt8]?
            var pceSVN: Int?
            let finding = try level({ $0.isOfPlatform }) { (scanner, name) throws(NotationError) in
                switch name {
                case "sgxtcbcomponents": components = try scanner.components()
                case "tdxtcbcomponents":
                    guard tdx else { throw scanner.failure("TDX components in TCB info of SGX") }
                    tdxComponents = try scanner.components()
                case "pcesvn": pceSVN = try scanner.integer(in: 0...65535)
                default: try scanner.skip()
                }
            }
            if tdx, tdxComponents == nil { throw failure("member 'tdxtcbcomponents' is missing") }
            levels.append(
                PlatformLevel(
                    components: try required(components, "sgxtcbcomponents"), pceSVN: try required(pceSVN, "pcesvn"),
                    tdxComponents: tdxComponents,
                    finding: finding))
        }
        guard !levels.isEmpty else { throw failure("there are no levels") }
        let keyed = levels.map { (key: $0.key, level: $0) }.sorted { $1.key.lexicographicallyPrecedes($0.key) }
        for (one, next) in zip(keyed, keyed.dropFirst()) where one.key == next.key { throw failure("two levels with the same SVNs") }
        return keyed.map(\.level)
    }

    /// One level: what `tcb` holds is read by the caller.
    private mutating func level(
        _ isAllowed: (TCBStatus) -> Bool, tcb read: (inout JSONScanner, String) throws(NotationError) -> Void
    ) throws(NotationError) -> TCBFinding {
        var hasTCB = false
        var date: Int64?
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
            case "advisoryIDs": advisories = try strings(limit: 512)
            default: try skip()
            }
        }
        guard hasTCB else { throw failure("member 'tcb' is missing") }
        return TCBFinding(status: try required(status, "tcbStatus"), date: try required(date, "tcbDate"), advisories: advisories)
    }

    /// Exactly 16 component SVNs.
    private mutating func components() throws(NotationError) -> [UInt8] {
        var svns: [UInt8] = []
        svns.reserveCapacity(16)
        var array = try beginArray()
        while try nextElement(&array) {
            var svn: Int?
            var object = try beginObject()
            while let name = try nextMember(&object) {
                if name == "svn" { svn = try integer(in: 0...255) } else { try skip() }
            }
            svns.append(UInt8(try required(svn, "svn")))
            guard svns.count <= 16 else { break }
        }
        guard svns.count == 16 else { throw failure("16 components expected") }
        return svns
    }
}

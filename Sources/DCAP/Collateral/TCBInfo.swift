internal import Notation
internal import SGXQuote

/// TCB info of version 3: which SVNs of a platform are up to date (PCS API, version 4).
struct TCBInfo: DocumentBody {
    static let member: StaticString = "tcbInfo"
    static let part = ValidityPeriod.Part.tcbInfo
    static let version = 3

    /// "SGX" or "TDX".
    let id: String
    let issueDate: Timestamp
    let nextUpdate: Timestamp
    let fmspc: FixedBytes<6>
    let pceID: FixedBytes<2>
    let tcbType: Int
    let evaluationDataNumber: Int
    let module: TDXModule?
    let moduleIdentities: [TDXModuleIdentity]
    /// From the highest down.
    let levels: [PlatformLevel]

    init(_ scanner: inout JSONScanner) throws {
        var id: String?
        var issueDate: Timestamp?, nextUpdate: Timestamp?
        var fmspc: FixedBytes<6>?
        var pceID: FixedBytes<2>?
        var version: Int?, tcbType: Int?, number: Int?
        var module: TDXModule?
        var identities: [TDXModuleIdentity]?
        var levels: [PlatformLevel]?
        var object = try scanner.beginObject()
        while let name = try scanner.nextMember(&object) {
            switch name {
            case "id": id = try scanner.string()
            case "version":
                version = try scanner.integer(in: 0...999)
                guard version == Self.version else { throw DocumentError.version(found: version ?? 0) }
            case "issueDate": issueDate = try scanner.date()
            case "nextUpdate": nextUpdate = try scanner.date()
            case "fmspc": fmspc = try scanner.hex()
            case "pceId": pceID = try scanner.hex()
            case "tcbType": tcbType = try scanner.integer(in: 0...Int(Int32.max))
            case "tcbEvaluationDataNumber": number = try scanner.integer(in: 0...Int(Int32.max))
            case "tdxModule": module = try TDXModule(&scanner)
            case "tdxModuleIdentities": identities = try TDXModuleIdentity.list(&scanner)
            case "tcbLevels": levels = try scanner.platformLevels()
            default: try scanner.skip()
            }
        }
        self.id = try scanner.required(id, "id")
        _ = try scanner.required(version, "version")
        self.issueDate = try scanner.required(issueDate, "issueDate")
        self.nextUpdate = try scanner.required(nextUpdate, "nextUpdate")
        self.fmspc = try scanner.required(fmspc, "fmspc")
        self.pceID = try scanner.required(pceID, "pceId")
        self.tcbType = try scanner.required(tcbType, "tcbType")
        evaluationDataNumber = try scanner.required(number, "tcbEvaluationDataNumber")
        self.levels = try scanner.required(levels, "tcbLevels")
        self.module = module
        moduleIdentities = identities ?? []
        // The id may stand behind what it decides about.
        if self.id == "TDX" {
            if module == nil { throw scanner.failure("member 'tdxModule' is missing") }
            if self.levels.contains(where: { $0.tdxComponents == nil }) {
                throw scanner.failure("member 'tdxtcbcomponents' is missing")
            }
        } else {
            if module != nil || identities != nil { throw scanner.failure("a TDX module in TCB info of SGX") }
            if self.levels.contains(where: { $0.tdxComponents != nil }) {
                throw scanner.failure("TDX components in TCB info of SGX")
            }
        }
    }
}

/// What a TDX module must be.
struct TDXModule: Sendable {
    let mrsigner: FixedBytes<48>
    /// Compared with zero: no module has any.
    let attributes: FixedBytes<8>

    init(_ scanner: inout JSONScanner) throws(NotationError) {
        var module = PartialModule()
        var object = try scanner.beginObject()
        while let name = try scanner.nextMember(&object) {
            if try !module.take(name, &scanner) { try scanner.skip() }
        }
        self = try module.finish(scanner)
    }

    fileprivate init(mrsigner: FixedBytes<48>, attributes: FixedBytes<8>) {
        self.mrsigner = mrsigner
        self.attributes = attributes
    }
}

/// The members that module and module identity have in common, as far as they were read.
private struct PartialModule {
    var mrsigner: FixedBytes<48>?
    var attributes: FixedBytes<8>?, mask: FixedBytes<8>?

    /// Whether the member was one of these.
    mutating func take(_ name: JSONName, _ scanner: inout JSONScanner) throws(NotationError) -> Bool {
        switch name {
        case "mrsigner": mrsigner = try scanner.hex()
        case "attributes": attributes = try scanner.hex()
        case "attributesMask": mask = try scanner.hex()
        default: return false
        }
        return true
    }

    func finish(_ scanner: borrowing JSONScanner) throws(NotationError) -> TDXModule {
        _ = try scanner.required(mask, "attributesMask")
        return TDXModule(
            mrsigner: try scanner.required(mrsigner, "mrsigner"),
            attributes: try scanner.required(attributes, "attributes")
        )
    }
}

/// A TDX module of one major version, with levels of its own.
struct TDXModuleIdentity: Sendable {
    /// `TDX_` and two hex digits, upper case.
    let id: String
    let module: TDXModule
    /// From the highest down.
    let levels: [EnclaveLevel]

    static func list(_ scanner: inout JSONScanner) throws(NotationError) -> [TDXModuleIdentity] {
        var list: [TDXModuleIdentity] = []
        var array = try scanner.beginArray()
        while try scanner.nextElement(&array) {
            guard list.count < 64 else { throw scanner.failure("more than 64 module identities") }
            let one = try TDXModuleIdentity(&scanner)
            guard !list.contains(where: { $0.id == one.id }) else {
                throw scanner.failure("two module identities of one id")
            }
            list.append(one)
        }
        guard !list.isEmpty else { throw scanner.failure("there are no module identities") }
        return list
    }

    private init(_ scanner: inout JSONScanner) throws(NotationError) {
        var id: String?
        var module = PartialModule()
        var levels: [EnclaveLevel]?
        var object = try scanner.beginObject()
        while let name = try scanner.nextMember(&object) {
            switch name {
            case "id": id = try scanner.string()
            case "tcbLevels": levels = try scanner.enclaveLevels(svnLimit: 255)
            default: if try !module.take(name, &scanner) { try scanner.skip() }
            }
        }
        self.id = try scanner.required(id, "id").uppercased()
        self.module = try module.finish(scanner)
        self.levels = try scanner.required(levels, "tcbLevels")
    }
}

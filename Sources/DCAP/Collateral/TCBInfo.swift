internal import Notation

/// TCB info of version 3: which SVNs of a platform are up to date (DCAP SPEC §4.2).
struct TCBInfo: Sendable {
    /// "SGX" or "TDX".
    var id: String
    /// Seconds since 1970.
    var issueDate: Int64
    var nextUpdate: Int64
    var fmspc: [UInt8]
    var pceID: [UInt8]
    var tcbType: Int
    var evaluationDataNumber: Int
    var module: TDXModule?
    var moduleIdentities: [TDXModuleIdentity]
    /// From the highest down.
    var levels: [PlatformLevel]

    init(_ document: borrowing SignedDocument) throws(DocumentError) {
        do {
            var scanner = try document.scanner()
            try self.init(&scanner)
        } catch let error as DocumentError {
            throw error
        } catch let error as NotationError {
            throw .malformed(error)
        } catch {
            throw .malformed(NotationError(at: .none, "\(error)"))
        }
    }

    private init(_ scanner: inout JSONScanner) throws {
        var id: String?
        var issueDate: Int64?, nextUpdate: Int64?
        var fmspc: [UInt8]?, pceID: [UInt8]?
        var version: Int?, tcbType: Int?, number: Int?
        var module: TDXModule?
        var identities: [TDXModuleIdentity]?
        // The id, which may stand behind the levels, says how they are read.
        var levelsStart: Int?
        var object = try scanner.beginObject()
        while let name = try scanner.nextMember(&object) {
            switch name {
            case "id": id = try scanner.string()
            case "version":
                version = try scanner.integer(in: 0...999)
                guard version == 3 else { throw DocumentError.version(found: version ?? 0) }
            case "issueDate": issueDate = try scanner.date()
            case "nextUpdate": nextUpdate = try scanner.date()
            case "fmspc": fmspc = try scanner.hex(6)
            case "pceId": pceID = try scanner.hex(2)
            case "tcbType": tcbType = try scanner.integer(in: 0...Int(Int32.max))
            case "tcbEvaluationDataNumber": number = try scanner.integer(in: 0...Int(Int32.max))
            case "tdxModule": module = try TDXModule(&scanner)
            case "tdxModuleIdentities": identities = try TDXModuleIdentity.list(&scanner)
            case "tcbLevels":
                levelsStart = scanner.offset
                try scanner.skip()
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
        let isTDX = self.id == "TDX"
        if isTDX, module == nil { throw scanner.failure("member 'tdxModule' is missing") }
        if !isTDX, module != nil || identities != nil { throw scanner.failure("a TDX module in TCB info of SGX") }
        self.module = module
        moduleIdentities = identities ?? []
        try scanner.rewind(to: scanner.required(levelsStart, "tcbLevels"))
        levels = try scanner.platformLevels(tdx: isTDX)
    }
}

/// What a TDX module must be.
struct TDXModule: Sendable {
    var mrsigner: [UInt8]
    /// Compared with zero: no module has any.
    var attributes: [UInt8]

    init(_ scanner: inout JSONScanner) throws(NotationError) {
        var mrsigner: [UInt8]?, attributes: [UInt8]?, mask: [UInt8]?
        var object = try scanner.beginObject()
        while let name = try scanner.nextMember(&object) {
            switch name {
            case "mrsigner": mrsigner = try scanner.hex(48)
            case "attributes": attributes = try scanner.hex(8)
            case "attributesMask": mask = try scanner.hex(8)
            default: try scanner.skip()
            }
        }
        self.mrsigner = try scanner.required(mrsigner, "mrsigner")
        self.attributes = try scanner.required(attributes, "attributes")
        _ = try scanner.required(mask, "attributesMask")
    }
}

/// A TDX module of one major version, with levels of its own.
struct TDXModuleIdentity: Sendable {
    /// `TDX_` and two hex digits, upper case.
    var id: String
    var mrsigner: [UInt8]
    var attributes: [UInt8]
    var levels: [EnclaveLevel]

    static func list(_ scanner: inout JSONScanner) throws(NotationError) -> [TDXModuleIdentity] {
        var list: [TDXModuleIdentity] = []
        var array = try scanner.beginArray()
        while try scanner.nextElement(&array) {
            let one = try TDXModuleIdentity(&scanner)
            guard !list.contains(where: { $0.id == one.id }) else { throw scanner.failure("two module identities of one id") }
            guard list.count < 64 else { throw scanner.failure("more than 64 module identities") }
            list.append(one)
        }
        guard !list.isEmpty else { throw scanner.failure("there are no module identities") }
        return list
    }

    private init(_ scanner: inout JSONScanner) throws(NotationError) {
        var id: String?
        var mrsigner: [UInt8]?, attributes: [UInt8]?, mask: [UInt8]?
        var levels: [EnclaveLevel]?
        var object = try scanner.beginObject()
        while let name = try scanner.nextMember(&object) {
            switch name {
            case "id": id = try scanner.string()
            case "mrsigner": mrsigner = try scanner.hex(48)
            case "attributes": attributes = try scanner.hex(8)
            case "attributesMask": mask = try scanner.hex(8)
            case "tcbLevels": levels = try scanner.enclaveLevels(svnLimit: 255)
            default: try scanner.skip()
            }
        }
        self.id = try scanner.required(id, "id").uppercased()
        self.mrsigner = try scanner.required(mrsigner, "mrsigner")
        self.attributes = try scanner.required(attributes, "attributes")
        _ = try scanner.required(mask, "attributesMask")
        self.levels = try scanner.required(levels, "tcbLevels")
    }
}

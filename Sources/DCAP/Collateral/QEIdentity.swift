internal import Notation
internal import SGXQuote

/// QE identity of version 2: what a quoting enclave must be, and its levels (DCAP SPEC §4.3).
struct QEIdentity: Sendable {
    /// "QE" for SGX, "TD_QE" for TDX.
    var id: String
    /// Seconds since 1970.
    var issueDate: Int64
    var nextUpdate: Int64
    var evaluationDataNumber: Int
    /// In the byte order of the report.
    var miscSelect: [UInt8]
    var miscSelectMask: [UInt8]
    var attributes: [UInt8]
    var attributesMask: [UInt8]
    var mrsigner: [UInt8]
    var productID: Int
    var levels: [EnclaveLevel]

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
        var version: Int?, number: Int?, product: Int?
        var misc: [UInt8]?, miscMask: [UInt8]?, attributes: [UInt8]?, attributesMask: [UInt8]?, mrsigner: [UInt8]?
        var levels: [EnclaveLevel]?
        var object = try scanner.beginObject()
        while let name = try scanner.nextMember(&object) {
            switch name {
            case "id": id = try scanner.string()
            case "version":
                version = try scanner.integer(in: 0...999)
                guard version == 2 else { throw DocumentError.version(found: version ?? 0) }
            case "issueDate": issueDate = try scanner.date()
            case "nextUpdate": nextUpdate = try scanner.date()
            case "tcbEvaluationDataNumber": number = try scanner.integer(in: 0...Int(Int32.max))
            case "miscselect": misc = try scanner.hex(4)
            case "miscselectMask": miscMask = try scanner.hex(4)
            case "attributes": attributes = try scanner.hex(16)
            case "attributesMask": attributesMask = try scanner.hex(16)
            case "mrsigner": mrsigner = try scanner.hex(32)
            case "isvprodid": product = try scanner.integer(in: 0...65535)
            case "tcbLevels": levels = try scanner.enclaveLevels(svnLimit: 65535)
            default: try scanner.skip()
            }
        }
        self.id = try scanner.required(id, "id")
        _ = try scanner.required(version, "version")
        self.issueDate = try scanner.required(issueDate, "issueDate")
        self.nextUpdate = try scanner.required(nextUpdate, "nextUpdate")
        evaluationDataNumber = try scanner.required(number, "tcbEvaluationDataNumber")
        miscSelect = try scanner.required(misc, "miscselect")
        miscSelectMask = try scanner.required(miscMask, "miscselectMask")
        self.attributes = try scanner.required(attributes, "attributes")
        self.attributesMask = try scanner.required(attributesMask, "attributesMask")
        self.mrsigner = try scanner.required(mrsigner, "mrsigner")
        productID = try scanner.required(product, "isvprodid")
        self.levels = try scanner.required(levels, "tcbLevels")
    }

    /// What of a quoting enclave's report isn't as it must be.
    func objections(to report: ReportBody) -> [Reason] {
        var reasons: [Reason] = []
        func compare(_ field: String, _ found: ArraySlice<UInt8>, _ expected: [UInt8], mask: [UInt8]? = nil) {
            let masked = mask.map { mask in zip(found, mask).map { $0 & $1 } } ?? Array(found)
            guard masked != expected else { return }
            reasons.append(
                Reason(.qeIdentity, "the quoting enclave's \(field) is another", expected: Hex.text(expected), found: Hex.text(masked)))
        }
        let misc = withUnsafeBytes(of: report.miscSelect.littleEndian) { Array($0) }
        compare("MISCSELECT", misc[...], miscSelect, mask: miscSelectMask)
        compare("ATTRIBUTES", report.attributesBytes, attributes, mask: attributesMask)
        compare("MRSIGNER", report.mrsigner, mrsigner)
        if Int(report.productID) != productID {
            reasons.append(
                Reason(.qeIdentity, "the quoting enclave's product id is another", expected: "\(productID)", found: "\(report.productID)"))
        }
        if report.attributes.contains(.debug) { reasons.append(Reason(.qeDebug, "the quoting enclave has the DEBUG attribute")) }
        return reasons
    }
}

internal import Notation
internal import SGXQuote

/// QE identity of version 2: what a quoting enclave must be, and its levels (PCS API, version 4).
struct QEIdentity: DocumentBody {
    static let member: StaticString = "enclaveIdentity"
    static let part = ValidityPeriod.Part.qeIdentity
    static let version = 2

    /// "QE" for SGX, "TD_QE" for TDX.
    let id: String
    let issueDate: Timestamp
    let nextUpdate: Timestamp
    let evaluationDataNumber: Int
    let miscSelect: MaskedBytes<4>
    let attributes: MaskedBytes<16>
    let mrsigner: FixedBytes<32>
    let productID: Int
    /// From the highest down.
    let levels: [EnclaveLevel]

    /// What bytes of a report must be under a mask, in the byte order of the report.
    struct MaskedBytes<let count: Int>: Sendable {
        let value: FixedBytes<count>
        let mask: FixedBytes<count>

        func masked(_ found: FixedBytes<count>) -> FixedBytes<count> {
            var result = found
            for index in 0..<count { result[index] &= mask[index] }
            return result
        }
    }

    init(_ scanner: inout JSONScanner) throws {
        var id: String?
        var issueDate: Timestamp?, nextUpdate: Timestamp?
        var version: Int?, number: Int?, product: Int?
        var misc: FixedBytes<4>?, miscMask: FixedBytes<4>?
        var attributes: FixedBytes<16>?, attributesMask: FixedBytes<16>?
        var mrsigner: FixedBytes<32>?
        var levels: [EnclaveLevel]?
        var object = try scanner.beginObject()
        while let name = try scanner.nextMember(&object) {
            switch name {
            case "id": id = try scanner.string()
            case "version":
                version = try scanner.integer(in: 0...999)
                guard version == Self.version else { throw DocumentError.version(found: version ?? 0) }
            case "issueDate": issueDate = try scanner.date()
            case "nextUpdate": nextUpdate = try scanner.date()
            case "tcbEvaluationDataNumber": number = try scanner.integer(in: 0...Int(Int32.max))
            case "miscselect": misc = try scanner.hex()
            case "miscselectMask": miscMask = try scanner.hex()
            case "attributes": attributes = try scanner.hex()
            case "attributesMask": attributesMask = try scanner.hex()
            case "mrsigner": mrsigner = try scanner.hex()
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
        miscSelect = MaskedBytes(
            value: try scanner.required(misc, "miscselect"),
            mask: try scanner.required(miscMask, "miscselectMask")
        )
        self.attributes = MaskedBytes(
            value: try scanner.required(attributes, "attributes"),
            mask: try scanner.required(attributesMask, "attributesMask")
        )
        self.mrsigner = try scanner.required(mrsigner, "mrsigner")
        productID = try scanner.required(product, "isvprodid")
        self.levels = try scanner.required(levels, "tcbLevels")
    }

    /// What of a quoting enclave's report isn't as it must be.
    func check(_ report: ReportBody, _ reasons: inout [Reason]) {
        func mismatch(_ field: String, expected: String, found: String) {
            reasons.append(
                Reason(.qeIdentity, "the quoting enclave's \(field) is another", expected: expected, found: found)
            )
        }
        func compare<let count: Int>(_ field: String, found: FixedBytes<count>, expected: MaskedBytes<count>) {
            let masked = expected.masked(found)
            if masked != expected.value {
                mismatch(field, expected: expected.value.description, found: masked.description)
            }
        }
        compare("MISCSELECT", found: report.bytes.part(at: 16), expected: miscSelect)
        compare("ATTRIBUTES", found: report.attributesBytes, expected: attributes)
        if report.mrsigner != mrsigner {
            mismatch("MRSIGNER", expected: mrsigner.description, found: report.mrsigner.description)
        }
        if Int(report.productID) != productID {
            mismatch("product id", expected: "\(productID)", found: "\(report.productID)")
        }
        if report.attributes.contains(.debug) {
            reasons.append(Reason(.qeDebug, "the quoting enclave has the DEBUG attribute"))
        }
    }
}

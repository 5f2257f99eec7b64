internal import Crypto
internal import Notation
internal import StrictX509

/// A level of an enclave: module or quoting enclave.
struct FakeEnclaveLevel {
    var svn: Int
    var status = "UpToDate"
    var date = "2024-03-13T00:00:00Z"
    var advisories: [String] = []

    var node: Node {
        .object([
            "tcb": .object(["isvsvn": Node(svn)]), "tcbDate": Node(date), "tcbStatus": Node(status),
            "advisoryIDs": advisories.isEmpty ? nil : Node(.array(advisories.map { Node($0) })),
        ])
    }
}

/// A level of a platform: all components alike but those that are named.
struct FakeLevel {
    var sgx = [Int](repeating: 0, count: 16)
    var tdx: [Int]?
    var pceSVN = 0
    var status = "UpToDate"
    var date = "2024-03-13T00:00:00Z"
    var advisories: [String] = []

    var node: Node {
        func components(_ svns: [Int]) -> Node {
            Node(.array(svns.map { .object(["svn": Node($0), "category": "BIOS"]) }))
        }
        return .object([
            "tcb": .object([
                "sgxtcbcomponents": components(sgx), "pcesvn": Node(pceSVN), "tdxtcbcomponents": tdx.map(components),
            ]), "tcbDate": Node(date), "tcbStatus": Node(status),
            "advisoryIDs": advisories.isEmpty ? nil : Node(.array(advisories.map { Node($0) })),
        ])
    }
}

struct FakeModuleIdentity {
    var id: String
    var mrsigner = String(repeating: "00", count: 48)
    var attributes = "0000000000000000"
    var levels: [FakeEnclaveLevel]

    var node: Node {
        .object([
            "id": Node(id), "mrsigner": Node(mrsigner), "attributes": Node(attributes),
            "attributesMask": "FFFFFFFFFFFFFFFF",
            "tcbLevels": Node(.array(levels.map(\.node))),
        ])
    }
}

/// TCB info as values; what can't be said so is done to its text.
struct FakeTCBInfo {
    var id = "SGX"
    var version = 3
    var issueDate: Timestamp
    var nextUpdate: Timestamp
    var fmspc = "00906ED50000"
    var pceID = "0000"
    var tcbType = 0
    var number = 17
    var module: FakeModuleIdentity?
    var identities: [FakeModuleIdentity]?
    var levels = [FakeLevel()]

    var text: String {
        let node = Node.object([
            "id": Node(id), "version": Node(version), "issueDate": Node(issueDate.description),
            "nextUpdate": Node(nextUpdate.description), "fmspc": Node(fmspc), "pceId": Node(pceID),
            "tcbType": Node(tcbType),
            "tcbEvaluationDataNumber": Node(number),
            "tdxModule": module.map {
                .object([
                    "mrsigner": Node($0.mrsigner), "attributes": Node($0.attributes),
                    "attributesMask": "FFFFFFFFFFFFFFFF",
                ])
            }, "tdxModuleIdentities": identities.map { Node(.array($0.map(\.node))) },
            "tcbLevels": Node(.array(levels.map(\.node))),
        ])
        return FakeDocument.compact(node)
    }
}

struct FakeQEIdentity {
    var id = "QE"
    var version = 2
    var issueDate: Timestamp
    var nextUpdate: Timestamp
    var number = 17
    var miscSelect = "00000000", miscSelectMask = "FFFFFFFF"
    var attributes = "11000000000000000000000000000000", attributesMask = "FBFFFFFFFFFFFFFF0000000000000000"
    var mrsigner = String(repeating: "8C", count: 32)
    var productID = 1
    var levels = [FakeEnclaveLevel(svn: 8)]

    var text: String {
        FakeDocument.compact(
            .object([
                "id": Node(id), "version": Node(version), "issueDate": Node(issueDate.description),
                "nextUpdate": Node(nextUpdate.description), "tcbEvaluationDataNumber": Node(number),
                "miscselect": Node(miscSelect), "miscselectMask": Node(miscSelectMask), "attributes": Node(attributes),
                "attributesMask": Node(attributesMask), "mrsigner": Node(mrsigner), "isvprodid": Node(productID),
                "tcbLevels": Node(.array(levels.map(\.node))),
            ])
        )
    }
}

/// A signed document, with changes to its text before and after signing.
struct FakeDocument {
    var member: String
    var key: P256.Signing.PrivateKey
    /// Changes what is signed.
    var edit: (String) -> String = { $0 }
    /// Changes what is delivered; given the body and the signature's digits.
    var frame: ((_ body: String, _ signature: String) -> String)?

    /// Members in their order, without blanks.
    static func compact(_ node: Node) -> String {
        JSON.pretty(node).split(separator: "\n").map { $0.drop { $0 == " " } }.joined().replacing("\": ", with: "\":")
    }

    func delivered(_ body: String) -> [UInt8] {
        let body = edit(body)
        let signature = Hex.text(key.rawSignature(over: Array(body.utf8)))
        return Array((frame?(body, signature) ?? "{\"\(member)\":\(body),\"signature\":\"\(signature)\"}").utf8)
    }
}

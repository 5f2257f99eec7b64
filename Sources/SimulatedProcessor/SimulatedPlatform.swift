internal import Crypto
public import DCAP
internal import Files
public import Notation
internal import StrictX509

/// A processor that doesn't exist, with its PKI, its faults and the collateral about it.
public struct SimulatedPlatform: Sendable {
    /// What the names of its certificates begin with.
    public static let maker = SimulatedPKI.maker
    let pki: SimulatedPKI
    private let folder: String
    private static let stateFile = "state.json"

    /// Opens the processor in a folder.
    /// - Throws: `SimulatorError` when there is none.
    public init(folder: String) throws {
        self.folder = folder
        pki = try SimulatedPKI(folder: folder)
    }

    /// Makes a new one; its folder must exist and be private.
    public static func make(in folder: String, now: Timestamp) throws -> SimulatedPlatform {
        try SimulatedPKI(now: now).save(in: folder)
        try State(made: now).save(in: folder)
        return try SimulatedPlatform(folder: folder)
    }

    /// Whole: what was interrupted while it was made is none.
    public static func exists(in folder: String) -> Bool { Files.exists(folder + "/" + stateFile) }
    /// The root certificate, PEM.
    public static func rootPath(in folder: String) -> String { folder + "/" + SimulatedPKI.rootFile }

    // MARK: Faults

    /// What happened to the platform since it was made.
    struct State {
        var made: Timestamp
        /// TCB recoveries; each demands one SVN more.
        var recoveries = 0
        var isPCKRevoked = false
        var isAuthorityRevoked = false
        var isExpired = false

        func save(in folder: String) throws {
            let node = Node.object([
                "version": 1, "made": Node(Int(made.seconds)), "recoveries": Node(recoveries),
                "pckRevoked": Node(.boolean(isPCKRevoked)),
                "authorityRevoked": Node(.boolean(isAuthorityRevoked)), "expired": Node(.boolean(isExpired)),
            ])
            try Files.write(JSON.pretty(node), to: folder + "/" + stateFile, mode: 0o600)
        }

        init(made: Timestamp) { self.made = made }

        init(folder: String) throws {
            var reader = try ObjectReader(JSON.read(try Files.read(folder + "/" + stateFile, limit: 4096)))
            made = Timestamp(seconds: Int64(try reader.integer("made", in: 0...Int.max) ?? 0))
            recoveries = try reader.integer("recoveries", in: 0...200) ?? 0
            isPCKRevoked = try reader.boolean("pckRevoked") ?? false
            isAuthorityRevoked = try reader.boolean("authorityRevoked") ?? false
            isExpired = try reader.boolean("expired") ?? false
        }
    }

    private func change(_ body: (inout State) -> Void) throws {
        var state = try State(folder: folder)
        body(&state)
        try state.save(in: folder)
    }

    /// A TCB recovery: running enclaves become `OutOfDate`.
    public func recover() throws { try change { $0.recoveries += 1 } }
    public func revokePCK() throws { try change { $0.isPCKRevoked = true } }
    public func revokeAuthority() throws { try change { $0.isAuthorityRevoked = true } }
    /// From now on the service hands out what has expired.
    public func expire() throws { try change { $0.isExpired = true } }

    // MARK: Collateral

    /// Freshly signed, as a collateral service would answer now.
    public func collateral(at now: Timestamp) throws -> Collateral {
        let state = try State(folder: folder)
        let issued = state.isExpired ? now - .seconds(60 * 86400) : now - .seconds(3600)
        let next = issued + .seconds(30 * 86400)
        let pckSerial = try Certificate(pki.pck.certificate).serial.bytes,
            authoritySerial = try Certificate(pki.authority.certificate).serial.bytes
        let pckCRL = SimulatedRevocationList(
            serials: state.isPCKRevoked ? [pckSerial] : [],
            thisUpdate: issued,
            nextUpdate: next
        )
        let rootCRL = SimulatedRevocationList(
            serials: state.isAuthorityRevoked ? [authoritySerial] : [],
            thisUpdate: issued,
            nextUpdate: next
        )
        let documents = SimulatedDocuments(state: state, quotingSigner: pki.quotingSigner, issued: issued, next: next)
        return Collateral(
            rootCRL: try rootCRL.make(issuer: pki.root.certificate, key: pki.root.key),
            pckCRL: try pckCRL.make(issuer: pki.authority.certificate, key: pki.authority.key),
            tcbInfo: try sign(documents.tcbInfo, "tcbInfo"),
            qeIdentity: try sign(documents.qeIdentity, "enclaveIdentity"),
            tcbInfoChain: pki.signingChain,
            qeIdentityChain: pki.signingChain
        )
    }

    /// The issuer chain of the PCK CRL, PEM: PCK CA, root.
    public var authorityChain: [UInt8] { pki.authorityChain }

    private func sign(_ body: Node, _ name: String) throws -> [UInt8] {
        var text = JSON.pretty(body)
        text = text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
        let signature = try pki.signer.key.signature(for: Array(text.utf8))
        return Array("{\"\(name)\":\(text),\"signature\":\"\(Hex.text(signature.rawRepresentation))\"}".utf8)
    }
}

/// TCB info and QE identity of the simulated platform (PCS API, version 4).
struct SimulatedDocuments {
    var state: SimulatedPlatform.State
    var quotingSigner: [UInt8]
    var issued: Timestamp
    var next: Timestamp

    private var evaluationNumber: Int { 20 + state.recoveries }

    var tcbInfo: Node {
        func level(_ svn: Int, status: String, date: Timestamp, advisories: [String]) -> Node {
            .object([
                "tcb": .object([
                    "sgxtcbcomponents": Node(.array((0..<16).map { _ in .object(["svn": Node(svn)]) })),
                    "pcesvn": Node(SimulatedPKI.pceSVN),
                ]),
                "tcbDate": Node(date.description), "tcbStatus": Node(status),
                "advisoryIDs": advisories.isEmpty ? nil : Node(.array(advisories.map { Node($0) })),
            ])
        }
        let svn = Int(SimulatedPKI.platformSVN)
        // Each recovery demands one SVN more, which this platform will never have.
        var levels: [Node] = []
        for recovery in stride(from: state.recoveries, through: 0, by: -1) {
            let advisories =
                recovery == state.recoveries
                ? []
                : ((recovery + 1)...state.recoveries).map {
                    "SIMULATED-SA-\(String(repeating: "0", count: 5 - String($0).count))\($0)"
                }
            levels.append(
                level(
                    svn + recovery,
                    status: recovery == state.recoveries ? "UpToDate" : "OutOfDate",
                    date: state.made - .seconds(86400),
                    advisories: advisories
                )
            )
        }
        return .object([
            "id": "SGX", "version": 3, "issueDate": Node(issued.description),
            "nextUpdate": Node(next.description),
            "fmspc": Node(Hex.text(SimulatedPKI.fmspc).uppercased()), "pceId": Node(Hex.text(SimulatedPKI.pceID)),
            "tcbType": 0,
            "tcbEvaluationDataNumber": Node(evaluationNumber), "tcbLevels": Node(.array(levels)),
        ])
    }

    var qeIdentity: Node {
        .object([
            "id": "QE", "version": 2, "issueDate": Node(issued.description),
            "nextUpdate": Node(next.description),
            "tcbEvaluationDataNumber": Node(evaluationNumber), "miscselect": "00000000", "miscselectMask": "FFFFFFFF",
            "attributes": "11000000000000000000000000000000", "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
            "mrsigner": Node(Hex.text(quotingSigner).uppercased()), "isvprodid": 1,
            "tcbLevels": [
                .object([
                    "tcb": .object(["isvsvn": Node(QuotingEnclave.securityVersion)]),
                    "tcbDate": Node((state.made - .seconds(86400)).description), "tcbStatus": "UpToDate",
                ])
            ],
        ])
    }
}

extension SimulatedPlatform {
    /// A quote for an enclave that was launched here.
    /// - Parameter reportData: 64 bytes.
    public func quote(for enclave: LaunchedEnclave, reportData: [UInt8]) throws -> [UInt8] {
        try QuotingEnclave(pki: pki).quote(enclave, reportData: reportData)
    }
}

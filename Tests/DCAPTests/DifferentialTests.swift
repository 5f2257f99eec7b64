import DCAP
import Files
import Foundation
import Notation
import SGXQuote
import TestSupport
import Testing

/// The same cases judged by dcap-qvl. Where the two differ, a line of the table in `docs/differences.md` says why.
@Suite("Against dcap-qvl", .needsSharedVectors)
struct DifferentialTests {
    /// What one of the two says.
    enum Outcome: Equatable {
        case status(String)
        case refused(codes: Set<String>, why: String)
    }

    /// Why the two may differ: ours refuses with one of these codes, or the peer refuses with this text, or both take
    /// it and say another status.
    struct Difference {
        enum Kind {
            case oursRefuses(String)
            case peerRefuses(String)
            case status(ours: String, peer: String)
        }
        var kind: Kind
        var why: String
        var code: String? { if case .oursRefuses(let code) = kind { code } else { nil } }
    }

    static let differences: [Difference] = [
        // Ours refuses what the peer takes.
        .init(
            kind: .oursRefuses("quote.trailingBytes"),
            why: "bytes behind the quote that aren't zero: nothing covers them"
        ),
        .init(
            kind: .oursRefuses("quote.unsupported"),
            why: "an outer certification type other than 6: the peer doesn't look"
        ),
        .init(kind: .oursRefuses("quote.wrongSize"), why: "nested lengths that aren't used up to the byte"),
        .init(
            kind: .oursRefuses("certificate.malformed"),
            why:
                """
                text, other blocks or stray characters in PEM; DER and X.509 that aren't strict, the root's included, \
                which the peer takes from its anchor
                """
        ),
        .init(
            kind: .oursRefuses("certificate.chain"),
            why: "more or other certificates than the chain has: the peer looks for a path among those that are there"
        ),
        .init(kind: .oursRefuses("certificate.name"), why: "subjects are compared exactly; the peer ignores names"),
        .init(kind: .oursRefuses("certificate.issuer"), why: "issuers are compared byte for byte, the root's included"),
        .init(
            kind: .oursRefuses("certificate.signature"),
            why:
                """
                the chain's own root is read and its signature proven unless it is the pinned certificate; the peer \
                doesn't read it
                """
        ),
        .init(
            kind: .oursRefuses("certificate.constraints"),
            why: "key usage and constraints, the root's included, which the peer takes from its anchor"
        ),
        .init(
            kind: .oursRefuses("pck.extension"),
            why: "all components, each in its range and shortest form, equal to CPUSVN; the peer reads CPUSVN alone"
        ),
        .init(
            kind: .oursRefuses("qe.binding"),
            why: "all 64 bytes of the quoting enclave's REPORTDATA; the peer looks at the first 32"
        ),
        .init(kind: .oursRefuses("crl.malformed"), why: "a CRL number is required"),
        .init(
            kind: .oursRefuses("crl.issuer"),
            why: "a list's issuer is compared byte for byte with the chain's own root or CA"
        ),
        .init(
            kind: .oursRefuses("crl.notYetValid"),
            why: "a list from the future; the peer doesn't compare thisUpdate"
        ),
        .init(
            kind: .oursRefuses("document.malformed"),
            why: "one form of dates, no level or module twice, no TDX module for SGX"
        ),
        .init(kind: .oursRefuses("document.version"), why: "version 3 of TCB info and version 2 of QE identity alone"),
        .init(kind: .oursRefuses("document.platform"), why: "PCEID counts beside FMSPC"),
        // The peer refuses what ours takes, or judges under its policy before it tells a status.
        .init(
            kind: .peerRefuses("Debug mode is enabled"),
            why: "debug enclaves and TDs: refused before a status is told; ours tells it and refuses by policy"
        ),
        .init(
            kind: .peerRefuses("SEPT_VE_DISABLE is not enabled"),
            why: "TDs without SEPT_VE_DISABLE: likewise by policy"
        ),
        .init(kind: .peerRefuses("Invalid MR service TD"), why: "TDs with a service TD: likewise by policy"),
        .init(kind: .peerRefuses("TD migration is enabled"), why: "migratable TDs: likewise by policy"),
        .init(kind: .peerRefuses("TCB status is invalid"), why: "TCB status Revoked: a result that no policy accepts"),
        .init(kind: .peerRefuses("No matching TCB level"), why: "no level fits: genuine, without a status"),
        .init(
            kind: .peerRefuses("is below minimum required"),
            why: "no level of the module or the quoting enclave fits: genuine, without a status"
        ),
        .init(
            kind: .peerRefuses("Failed to evaluate the current TDX TCB"),
            why: "the module that runs now is unknown: genuine, without a status"
        ),
        .init(kind: .peerRefuses("SGX TEE quote must have version 3"), why: "SGX reports in quotes of version 4 and 5"),
        .init(kind: .peerRefuses("auth data"), why: "authentication data of another length than 32"),
        // Both take it, and say another status.
        .init(
            kind: .status(ours: "ConfigurationAndSWHardeningNeeded", peer: "OutOfDateConfigurationNeeded"),
            why:
                """
                levels of the quoting enclave are sorted before they are matched; the peer takes them as they are \
                written
                """
        ),
    ]

    // MARK: Cases

    private static let seed: UInt64 = 0x6D73_6520_6463_6170

    /// SplitMix64: the same numbers for the same seed.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
    }

    /// One or two small changes of a real case that the peer takes as it is.
    private static func mutations(_ count: Int) throws -> [VectorCase] {
        var generator = Generator(state: seed)
        let bases = VectorCase.real.filter { VectorCase.text($0.node["peer"]) == VectorCase.text($0.node["status"]) }
        let names = [
            "quote.bin", "quote.bin", "quote.bin", "tcb_info.json", "qe_identity.json", "pck.crl.der",
            "root_ca.crl.der",
            "tcb_info_chain.pem", "qe_identity_chain.pem",
        ]
        var known: [String: [String: [UInt8]]] = [:]
        return try (0..<count).map { index in
            var vector = bases.randomElement(using: &generator)!
            let files = try known[vector.name] ?? vector.files()
            known[vector.name] = files
            for _ in 0..<Int.random(in: 1...2, using: &generator) {
                let name = names.randomElement(using: &generator)!
                let bytes = files[name]!
                let offset = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: vector.operations.append(.object(["truncate": [Node(name), Node(offset)]]))
                case 1:
                    vector.operations.append(
                        .object([
                            "append": [Node(name), Node(Hex.text([UInt8.random(in: 0...255, using: &generator)]))]
                        ])
                    )
                case 2: vector.time = vector.time + .seconds(Int.random(in: -40...40, using: &generator) * 86400)
                case 3:
                    // A digit of text into another, so that it stays well formed.
                    guard let digit = bytes[offset...].firstIndex(where: { (0x30...0x39).contains($0) }),
                        name != "quote.bin"
                    else {
                        fallthrough
                    }
                    vector.operations.append(.object(["xor": [Node(name), Node(digit), 1]]))
                default:
                    let mask = 1 << Int.random(in: 0..<8, using: &generator)
                    vector.operations.append(.object(["xor": [Node(name), Node(offset), Node(mask)]]))
                }
            }
            // An operation behind a cut would have nothing to change.
            if vector.operations.contains(where: { $0["truncate"] != nil }) {
                vector.operations = Array(vector.operations.filter { $0["truncate"] != nil }.prefix(1))
            }
            vector.name = "mutation \(index) of \(vector.name)"
            return vector
        }
    }

    // MARK: Judging

    private static func ours(_ vector: VectorCase) throws -> Outcome {
        let result: Examination
        do {
            result = try vector.examine(vector.root == nil ? .intel : vector.ownAnchor())
        } catch let error as VectorCase.NotEvenInput {
            let code = quoteCode(vector)
            return .refused(codes: [code ?? "input"], why: error.description)
        }
        let against = result.reasons.filter { $0.code != .tcbNoLevel }
        guard against.isEmpty else { return .refused(codes: Set(against.map(\.code.name)), why: "\(against[0])") }
        return .status(result.status?.rawValue ?? "none")
    }

    private static func quoteCode(_ vector: VectorCase) -> String? {
        do {
            _ = try Quote(try vector.files()["quote.bin"] ?? [])
            return nil
        } catch {
            return (error as? QuoteError)?.code
        }
    }

    private static func peer(_ cases: [VectorCase]) throws -> [Outcome?] {
        let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder
        let folder = try TemporaryFolder()
        let lines = cases.map { vector in
            JSON.canonical(
                .object([
                    "quote": Node(vector.quote), "collateral": Node(vector.collateral),
                    "at": Node(Int(vector.time.seconds)),
                    "root": vector.root.map { Node($0) }, "operations": Node(.array(vector.operations)),
                ])
            )
        }
        try folder.write("jobs", lines.joined(separator: "\n") + "\n")
        let process = Process()
        process.executableURL = URL(filePath: project + "/.build/peers/qvl/bin/python")
        process.arguments = [project + "/Tests/DCAPTests/Scripts/peer.py", folder.path + "/jobs", VectorCase.shared]
        let output = folder.path + "/answers"
        try folder.write("answers", "")
        process.standardOutput = FileHandle(forWritingAtPath: output)
        try process.run()
        process.waitUntilExit()
        let answers = String(decoding: try folder.read("answers"), as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        try #require(process.terminationStatus == 0 && answers.count == cases.count + 1)
        return answers.dropLast().map { line in
            let words = line.split(separator: " ", maxSplits: 1)
            switch words[0] {
            case "status": return .status(String(words[1]))
            case "refused": return .refused(codes: [], why: String(words.last ?? ""))
            default: return nil
            }
        }
    }

    /// The lines of the table that explain a difference; none when something is left unexplained.
    private static func explanations(_ ours: Outcome, _ peer: Outcome) -> [Int] {
        // Of several objections each must be one that the peer is known not to have.
        if case .refused(let codes, _) = ours, !codes.isSubset(of: differences.compactMap(\.code)) { return [] }
        return differences.indices.filter { index in
            let difference = differences[index]
            return
                switch (difference.kind, ours, peer)
            {
            case (.oursRefuses(let code), .refused(let codes, _), .status): codes.contains(code)
            case (.peerRefuses(let text), .status, .refused(_, let why)): why.contains(text)
            case (.status(let mine, let theirs), .status(let one), .status(let other)): mine == one && theirs == other
            default: false
            }
        }
    }

    private struct Counts: CustomStringConvertible {
        var agreed = 0, differences = 0, untried = 0
        /// By line of the table.
        var differed: [Int: Int] = [:]
        var description: String {
            "\(agreed) the same, \(differences) different and explained, \(untried) that can't be handed to the peer"
        }
    }

    private func compare(_ cases: [VectorCase]) throws -> Counts {
        let peers = try Self.peer(cases)
        var counts = Counts()
        for (vector, peer) in zip(cases, peers) {
            guard let peer else {
                counts.untried += 1
                continue
            }
            let ours = try Self.ours(vector)
            let isSame: Bool
            switch (ours, peer) {
            case (.status(let one), .status(let other)): isSame = one == other
            case (.refused, .refused): isSame = true
            default: isSame = false
            }
            if isSame {
                counts.agreed += 1
            } else {
                let lines = Self.explanations(ours, peer)
                for line in lines { counts.differed[line, default: 0] += 1 }
                counts.differences += 1
                #expect(
                    !lines.isEmpty,
                    "\(vector.name): ours \(ours), dcap-qvl \(peer), \(vector.operations.map { JSON.canonical($0) })"
                )
            }
        }
        return counts
    }

    @Test(
        """
        all vectors and 3,000 seeded mutations: the same, or a difference that the table explains, and no line of it \
        is idle
        """
    )
    func all() throws {
        let vectors = try compare(VectorCase.real + VectorCase.negative + VectorCase.forged)
        print("vectors: \(vectors)")
        #expect(vectors.agreed >= 300)
        let mutations = try compare(try Self.mutations(3000))
        print("mutations with seed \(String(Self.seed, radix: 16)): \(mutations)")
        #expect(mutations.agreed + mutations.differences >= 2000)
        for (index, difference) in Self.differences.enumerated() {
            #expect(vectors.differed[index] != nil || mutations.differed[index] != nil, "idle: \(difference)")
        }
        print(vectors.differed.sorted { $0.key < $1.key }, mutations.differed.sorted { $0.key < $1.key })
    }

    private static var document: String {
        var text = """
            # Where this verifier and dcap-qvl differ

            Made from the tests; one of them compares. PyPI's dcap-qvl 0.7.0 and this verifier judge the same cases: \
            all shared vectors, and 3,000
            seeded changes of real quotes and collateral. They say the same, but for these, and each line has cases.

            | where | why |
            |---|---|

            """
        for difference in differences {
            let place =
                switch difference.kind {
                case .oursRefuses(let code): "ours refuses with `\(code)`, dcap-qvl takes it"
                case .peerRefuses(let text): "dcap-qvl refuses with \"\(text)\", ours tells a status"
                case .status(let ours, let peer): "ours says \(ours), dcap-qvl \(peer)"
                }
            text += "| \(place) | \(difference.why) |\n"
        }
        return text
    }

    @Test("the document has the table; MSE_WRITE_DOCS=1 writes it")
    func documentIsCurrent() throws {
        let path = Files.split(Files.split(Files.split(#filePath).folder).folder).folder + "/docs/differences.md"
        if ProcessInfo.processInfo.environment["MSE_WRITE_DOCS"] != nil { try Files.write(Self.document, to: path) }
        #expect(String(decoding: try Files.read(path), as: UTF8.self) == Self.document)
    }
}

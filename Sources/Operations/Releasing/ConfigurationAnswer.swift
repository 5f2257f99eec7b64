internal import Enclave
internal import Notation
internal import PackageFormat
internal import RATLSTransport

/// What the agent answers to a configuration: what it accepted, and how the start went (a JSON object a line).
struct ConfigurationAnswer: Sendable {
    enum Start: Sendable {
        case started
        case failed(code: String, incident: String?, text: String?)
        /// The connection ended before it was told.
        case untold
    }

    /// 64 hex digits each.
    let epoch: String
    let homeEpoch: String
    /// Of HOMEs that lie there and aren't continued, by the names that the operator's disk has.
    let otherHomeEpochs: [String]
    let start: Start

    /// - Parameter digest: of the request that was sent, hexadecimal; an answer to another one isn't taken for one to
    ///   this.
    /// - Throws: `OperationError` for a refusal, and for what is no answer of an agent.
    init(_ response: AttestedConnection.Response, to target: String, digest: String) throws {
        guard response.status == 200 else { throw Self.refusal(response, of: target) }
        let lines = response.body.split(separator: UInt8(ascii: "\n"), maxSplits: 2).map { Array($0) }
        guard let first = lines.first, let accepted = Self.members(first), accepted("type") == "accepted",
            accepted("requestSHA256") == digest, let epoch = Self.hex(accepted("epoch"), 64),
            let homeEpoch = Self.hex(accepted("homeEpoch"), 64)
        else {
            throw OperationError(
                target,
                """
                what it answered doesn't say that this configuration was accepted; judge it anew before you send again
                """,
                code: .configurationUnconfirmed
            )
        }
        self.epoch = epoch
        self.homeEpoch = homeEpoch
        otherHomeEpochs = Self.epochs(first)
        guard lines.count > 1, let second = Self.members(lines[1]) else {
            start = .untold
            return
        }
        switch second("type") {
        case "started": start = .started
        case "failed":
            start = .failed(
                code: (second("code") ?? "unknown").printable(),
                incident: Self.hex(second("incident"), 16),
                text: second("text")
            )
        default: start = .untold
        }
    }

    private static func hex(_ text: String?, _ count: Int) -> String? {
        text.flatMap { $0.utf8.count == count && Hex.bytes($0) != nil ? $0 : nil }
    }

    private static func epochs(_ line: [UInt8]) -> [String] {
        guard let node = try? JSON.read(line, depthLimit: 4), case .array(let items)? = node["otherHomeEpochs"]?.value
        else { return [] }
        return items.prefix(SealedHomes.limit).compactMap { item in
            if case .string(let text) = item.value { hex(text, 64) } else { nil }
        }
    }

    private static func members(_ line: [UInt8]) -> ((String) -> String?)? {
        guard let node = try? JSON.read(line, depthLimit: 4), case .object = node.value else { return nil }
        return { name in
            if case .string(let text)? = node[name]?.value { text } else { nil }
        }
    }

    /// With the agent's own code, where it is one of those that agents have.
    private static func refusal(_ response: AttestedConnection.Response, of target: String) -> OperationError {
        let member = members(response.body)
        let words =
            member?("message").map { ": \($0.printable(limit: 500))" }
            ?? " (status \(response.status))"
        var error = OperationError(target, "refused the configuration" + words, code: .configurationRefused)
        if let code = member?("code").flatMap({ AgentEvent.ConfigurationCode(rawValue: $0) }) {
            error.code = code.rawValue
            error.mend = mend(code)
        }
        return error
    }

    /// With the options by which it was said, which the agent doesn't know; nil where none is at fault.
    private static func mend(_ code: AgentEvent.ConfigurationCode) -> String? {
        switch code {
        case .epoch:
            """
            name with --continue the epoch of HOME that an earlier 'mse run' of this very instance printed; without \
            --continue HOME begins empty
            """
        // One that was named has opened the package that was named.
        case .key:
            """
            what was launched there is another package than the one that was named, or an altered copy of it: have it \
            spawned from a whole one; or the box holds another package's key
            """
        case .tlsKey: "name with --private-key the key of the owner's certificate"
        case .mixed:
            """
            beside --sealed-secrets without --key nothing else is believed: put what it needs into the box, or name \
            --key
            """
        case .sealedSecrets: "seal it anew to this instance, with 'mse seal'"
        default: nil
        }
    }
}

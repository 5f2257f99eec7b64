internal import Crypto
internal import Files
internal import FoundationEssentials
internal import Notation
internal import PackageFormat
internal import RATLS
internal import RATLSTransport
internal import Secrets
internal import StrictX509
internal import Threads

/// Verifies a service and releases key and secrets to it, over the very connection that was verified.
public struct Provision: Sendable {
    public var target: String
    public var options: JudgingOptions
    public var key: String?
    public var secrets: String?
    public var sealedSecrets: String?
    public var privateKey: String?
    /// 64 hex digits: of the HOME that is to be continued.
    public var continueEpoch: String?
    /// Seconds for all of it, until the application answers.
    public var waitSeconds: Int
    private let surroundings: Surroundings

    public init(
        target: String,
        options: JudgingOptions,
        key: String?,
        secrets: String?,
        sealedSecrets: String?,
        privateKey: String?,
        continueEpoch: String? = nil,
        waitSeconds: Int = 120,
        in surroundings: Surroundings = Surroundings()
    ) {
        self.target = target
        self.options = options
        self.key = key
        self.secrets = secrets
        self.sealedSecrets = sealedSecrets
        self.privateKey = privateKey
        self.continueEpoch = continueEpoch
        self.waitSeconds = waitSeconds
        self.surroundings = surroundings
    }

    /// The epoch of a HOME, as its owner typed it.
    public static func epoch(_ text: String) throws(OperationError) -> String {
        guard Hex.bytes(text)?.count == 32 else {
            throw OperationError("", "an epoch of 64 hex digits expected, as 'mse run' printed it", code: .usage)
        }
        return text
    }

    public enum Outcome: Sendable {
        /// Nothing was sent.
        case refused(Judgement)
        /// The judgement says which HOME it has, and what a person should know of how it started.
        case started(Judgement)
    }

    public func run() async throws -> Outcome {
        let end = ContinuousClock.now + .seconds(waitSeconds)
        SecretsInMemory.expect()
        // Everything that can be wrong here is found before anybody is called.
        let release = try Release(options, surroundings)
        let peer = try Peer(target, surroundings)
        guard let package = try options.package.map({ try NamedFile.package($0).packageFile() }) else {
            throw OperationError(
                "--package",
                "is needed: the key is released to the package's enclave alone",
                code: .usage
            )
        }
        if let continueEpoch { _ = try Self.epoch(continueEpoch) }
        let material = try ReleasedMaterial(self, package)
        let call = try release.call(peer, until: end)
        var recipient: Release.ConnectedRecipient
        switch try await call.connect() {
        case .refused(let judgement): return .refused(judgement)
        case .accepted(let accepted): recipient = accepted
        }
        guard let id = recipient.certificate.launch?.id else {
            recipient.close()
            throw OperationError(
                target,
                "its certificate has no launch record, so there is no id to configure it by",
                code: .evidenceLaunch
            )
        }
        let body = (consume material).body(id: id, continueEpoch: continueEpoch)
        let digest = body.withBytes { Hex.text(SHA256.hash(data: $0)) }
        let limit = ConfigurationProtocol.bodyLimit
        guard body.count < limit else {
            recipient.close()
            throw OperationError(
                target,
                "key and secrets together make \(body.count) bytes; a service takes less than \(limit)",
                code: .secretsTooLarge
            )
        }
        var response: AttestedConnection.Response
        Unfinished.remark(
            "\(target) may have key and secrets by now: judge it, or ask with 'mse status' where it was launched"
        )
        do {
            response = try await recipient.post(consume body, seconds: end.secondsLeft)
            while ContinuousClock.now < end,
                let next = try await call.connectAgain(after: response, to: recipient.certificate)
            {
                recipient = next
                // Read anew: while an answer is waited for, nothing of it is kept here.
                let again = try ReleasedMaterial(self, package).body(id: id, continueEpoch: continueEpoch)
                guard again.withBytes({ Hex.text(SHA256.hash(data: $0)) }) == digest else {
                    throw OperationError(
                        target,
                        "key or secrets were changed while it was too crowded to take them",
                        mend: "try again",
                        code: .file
                    )
                }
                response = try await recipient.post(consume again, seconds: end.secondsLeft)
            }
        } catch {
            throw OperationError(target, "the configuration was not answered: \(error)", code: .networkProtocol)
        }
        let answer = try ConfigurationAnswer(response, to: target, digest: digest)
        try ReleasedIdentities(surroundings.state).note(recipient.certificate)
        switch answer.start {
        case .started: break
        case .failed(let code, let incident, let text):
            let cause = incident.map { "\(code), incident \($0)" } ?? code
            throw OperationError(
                target,
                "took its configuration, but does not start (\(cause))",
                code: .serviceFailed,
                quoting: text
            )
        case .untold:
            let isEarly = ContinuousClock.now < end
            if let words = await peer.end(within: isEarly ? Self.endSeconds : 0) {
                throw OperationError(target, "took its configuration, and \(words)", code: .serviceFailed)
            }
            throw OperationError(
                target,
                isEarly
                    ? "took its configuration, but ended the connection before it said that it started; was it stopped?"
                    : "took its configuration, but has not said within \(waitSeconds) seconds that it started",
                mend: isEarly
                    ? nil
                    : """
                    it may still be imported, which never ends where the application serves by itself, as 'app.run()' \
                    does outside of 'if __name__ == "__main__"'; --wait gives it longer
                    """,
                code: .serviceUntold
            )
        }
        let healthPath = HealthPath(package.configuration.healthCheck)
        let status = try await waitUntilHealthy(recipient.certificate, at: peer, healthPath.path, until: end)
        var judgement = recipient.judgement
        judgement.homeEpoch = answer.homeEpoch
        judgement.otherHomeEpochs = answer.otherHomeEpochs
        judgement.remarks = [Self.note(onOtherHomes: answer.otherHomeEpochs, of: peer), healthPath.note(on: status)]
            .compactMap { $0 }
        return .started(judgement)
    }

    /// HOME is empty, and its owner may think otherwise.
    private static func note(onOtherHomes epochs: [String], of peer: Peer) -> String? {
        guard let last = epochs.first else { return nil }
        let more = epochs.count > 1 ? ", and \(epochs.count - 1) older" : ""
        let operatorsPart = "'mse restart \(peer.process?.service.name ?? "NAME") --renew --days N'"
        return """
            its HOME is empty: an earlier one lies there (epoch \(last)\(more)) and is kept, but not restored, since \
            --continue named none. To go on with it, have it wait again by \(operatorsPart), and run it with \
            --continue \(last)
            """
    }

    /// How long it is waited for an end that its launcher may be about to write down.
    private static let endSeconds = 3

    /// Asks until the health path answers with no error of the server's, over connections to this very certificate.
    /// - Returns: with which status.
    private func waitUntilHealthy(
        _ certificate: AttestedCertificate,
        at peer: Peer,
        _ path: String,
        until end: ContinuousClock.Instant
    )
        async throws -> Int
    {
        let pin = certificate.certificate.der
        var found = "no answer"
        // Whose health it is can't tell when it changes: an application of somebody else's, on another machine.
        let attempts = Backoff(first: .milliseconds(100), longest: .milliseconds(400))
        let status = try await attempts.first(within: end - .now) { () -> Int? in
            do {
                let connection = try await AttestedConnection.open(
                    host: peer.host,
                    port: peer.port,
                    seconds: end.secondsLeft,
                    judge: { $0.certificate.der == pin }
                )
                let response = try await connection.request(
                    "GET",
                    path,
                    seconds: min(10, end.secondsLeft),
                    bodyLimit: 0
                )
                if response.status < 500 { return response.status }
                found = "status \(response.status)"
            } catch TransportError.notListening {
                if let words = await peer.end(within: Self.endSeconds) {
                    throw OperationError(target, "was configured and started, and \(words)", code: .serviceFailed)
                }
                throw OperationError(
                    target,
                    "was configured and started, but has ended since: nobody listens there any more",
                    code: .serviceFailed
                )
            } catch TransportError.refused {
                throw OperationError(
                    target,
                    "was configured and started, but another certificate answers there now",
                    code: .evidenceOther
                )
            } catch {
                // It may come yet.
            }
            return nil
        }
        if let status { return status }
        throw OperationError(
            target,
            "was configured and started, but \(path) has no good answer within \(waitSeconds) seconds: \(found)",
            code: .serviceUnhealthy
        )
    }
}

internal import Attestation
internal import DCAPCollateral
internal import Files
internal import FoundationEssentials
internal import RATLS
internal import RATLSTransport
internal import Secrets
internal import StrictX509
internal import Synchronization
internal import Threads

/// The one way by which keys, secrets and boxes leave: to a peer that is judged now, against the measurement of the
/// very thing that is released, and by whatever the policy demands besides.
///
/// `run`, `seal` and `test` get a recipient from here and nowhere else; what sends or seals asks for one.
struct Release: Sendable {
    private let options: JudgingOptions
    private let surroundings: Surroundings

    /// - Throws: when the options judge at another time: what leaves now is judged now.
    init(_ options: JudgingOptions, _ surroundings: Surroundings) throws {
        guard options.at == nil else {
            throw OperationError("--at", "what is released is judged now, as of no other time", code: .usage)
        }
        var options = options
        options.isRelease = true
        self.options = options
        self.surroundings = surroundings
    }

    typealias Decision<Recipient: Sendable> = PeerDecision<Recipient, Judgement>

    /// An accepted enclave, known by its certificate.
    struct Recipient: Sendable {
        let judgement: Judgement
        let certificate: AttestedCertificate

        fileprivate init?(_ judgement: Judgement) {
            guard judgement.isAccepted, let certificate = judgement.verdict.evidence.certificate else { return nil }
            self.judgement = judgement
            self.certificate = certificate
        }

        /// A box that this enclave alone opens.
        func seal(_ message: borrowing SecretBytes) throws -> [UInt8] {
            let key = certificate.binding.sealingKey
            guard key.contains(where: { $0 != 0 }) else {
                throw OperationError(judgement.title, "its enclave has no key to seal to", code: .evidenceSealingKey)
            }
            return try SealedBox.seal(message, to: key)
        }

        /// What clients pin.
        var pin: String { certificate.pem }
    }

    /// An accepted enclave at the other end of a connection.
    struct ConnectedRecipient: Sendable {
        let judgement: Judgement
        let certificate: AttestedCertificate
        private let connection: AttestedConnection
        private let acceptance: Acceptance

        fileprivate init(_ connection: AttestedConnection, _ judgement: Judgement, accepted acceptance: Acceptance) {
            self.judgement = judgement
            self.acceptance = acceptance
            self.connection = connection
            certificate = connection.certificate
        }

        /// Delivers a configuration.
        func post(_ body: consuming SecretBytes, seconds: Int) async throws(TransportError)
            -> AttestedConnection.Response
        {
            try await connection.post(ConfigurationProtocol.path, body: body, to: acceptance, seconds: seconds)
        }

        func close() { connection.close() }
    }

    /// Judges a service here, an address, or evidence in a file. The names of services come before those of files.
    func recipient(_ target: String) async throws -> Decision<Recipient> {
        let judgement = try await Verify(target: target, options: options, in: surroundings).run()
        guard judgement.isAccepted else { return .refused(judgement) }
        guard let recipient = Recipient(judgement) else {
            throw OperationError(
                target,
                "carries no certificate, so there is no key to seal to",
                code: .evidenceSealingKey
            )
        }
        return .accepted(recipient)
    }

    /// Of connections that break before anything was sent, and of requests that are answered with 503, together:
    /// whoever crowds a waiting agent takes the room of its owner's connection, or of his request.
    private static let attempts = 400, retrySeconds = 20
    /// A stranger's place is free the moment that he has gone: who comes rarely finds the next one in it.
    private static let distances = Backoff(first: .milliseconds(10), longest: .milliseconds(50))

    /// Calls an agent that waits for its configuration, within bounds of number and time.
    /// - Parameter end: when nobody waits for it any more.
    func call(_ peer: Peer, until end: ContinuousClock.Instant) throws -> Call {
        Call(
            peer,
            try JudgingSession(options, surroundings),
            knowing: ReleasedIdentities(surroundings.state),
            until: end
        )
    }

    /// One agent that is called as often as it has no room.
    final class Call: Sendable {
        private let peer: Peer
        private let session: JudgingSession
        private let identities: ReleasedIdentities
        /// What was said last, and of which certificate.
        private let last = Mutex<Judgement?>(nil)
        private let end: ContinuousClock.Instant
        private let retriesEnd: ContinuousClock.Instant
        private let attempts = Mutex(0)

        fileprivate init(
            _ peer: Peer,
            _ session: JudgingSession,
            knowing identities: ReleasedIdentities,
            until end: ContinuousClock.Instant
        ) {
            self.peer = peer
            self.session = session
            self.identities = identities
            self.end = end
            retriesEnd = min(end, .now + .seconds(Release.retrySeconds))
        }

        /// Connects to an agent that waits for its configuration, and judges it before the handshake ends.
        func connect() async throws -> Decision<ConnectedRecipient> {
            let decision = try await peer.called { try await self.open() }
            guard case .accepted(let recipient) = decision, identities.holds(recipient.certificate) else {
                return decision
            }
            recipient.close()
            throw OperationError(
                peer.name,
                """
                asks for a configuration under the very certificate under which it took one from you: that is no agent \
                that waits, but what runs in its enclave, or who broke into it; nothing was sent
                """,
                mend: "have its operator spawn it anew, and judge that one",
                code: .serviceNotWaiting
            )
        }

        private func open() async throws -> Decision<ConnectedRecipient> {
            while true {
                do throws(TransportError) {
                    let decision = try await AttestedConnection.open(
                        host: peer.host,
                        port: peer.port,
                        speaking: .configuration,
                        seconds: min(AttestedConnection.handshakeSeconds, end.secondsLeft),
                        judge: judge
                    )
                    switch decision {
                    case .refused(let judgement): return .refused(judgement)
                    case .accepted(let (connection, (judgement, acceptance))):
                        return .accepted(ConnectedRecipient(connection, judgement, accepted: acceptance))
                    }
                } catch {
                    switch error {
                    case .otherProtocol:
                        throw OperationError(
                            peer.name,
                            """
                            does not wait for a configuration: it was configured already, or is no agent of ours; \
                            nothing was sent
                            """,
                            code: .serviceNotWaiting
                        )
                    case .broken: if try await waitToTryAgain() { continue }
                    default: break
                    }
                    throw OperationError(peer.name, "\(error)", like: error)
                }
            }
        }

        /// Whoever comes again with the certificate that was judged a moment ago isn't judged anew: that would take the
        /// time in which his connection broke.
        @Sendable
        private func judge(_ certificate: AttestedCertificate) async throws -> Decision<(Judgement, Acceptance)> {
            let judgement: Judgement
            if let known = last.withLock({ $0 }),
                known.verdict.evidence.certificate?.certificate.der == certificate.certificate.der
            {
                judgement = known
            } else {
                judgement = try await session.judge(
                    .init(
                        title: peer.title,
                        evidence: Evidence(certificate),
                        expectation: peer.expectation,
                        place: peer.place
                    )
                )
                last.withLock { $0 = judgement }
            }
            guard let acceptance = judgement.verdict.acceptance else { return .refused(judgement) }
            return .accepted((judgement, acceptance))
        }

        /// Connects again after an answer that says that there was no room.
        /// - Parameter certificate: that was judged; to another one nothing more is sent.
        /// - Returns: nil where the answer says something else, or it was tried often and long enough.
        func connectAgain(after response: AttestedConnection.Response, to certificate: AttestedCertificate) async throws
            -> ConnectedRecipient?
        {
            guard response.status == 503, try await waitToTryAgain() else { return nil }
            let other = OperationError(
                peer.name,
                "another certificate answers there now than the one that was judged; nothing more was sent",
                code: .evidenceOther
            )
            guard case .accepted(let recipient) = try await connect() else { throw other }
            guard recipient.certificate.certificate.der == certificate.certificate.der else {
                recipient.close()
                throw other
            }
            return recipient
        }

        /// - Returns: false, at once, when it was tried often and long enough.
        private func waitToTryAgain() async throws -> Bool {
            let count = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            guard count < Release.attempts, ContinuousClock.now < retriesEnd else { return false }
            try await Task.sleep(for: Release.distances.distance(after: count))
            return true
        }
    }
}

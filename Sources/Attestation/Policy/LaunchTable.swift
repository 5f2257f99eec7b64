internal import DCAP
public import Notation
internal import RATLS
internal import StrictX509

extension AttestationPolicy {
    /// `[launch]`: what the enclave vouches for besides its measurement.
    public struct Launch: Hashable, Sendable {
        /// Nil allows any.
        public var names: [String]?
        public var latestExpiry: Timestamp?

        /// Any launch.
        public init() {}
    }
}

extension AttestationPolicy.Launch: PolicyTable {
    static let name = "launch"

    enum Key: String, PolicyKey {
        case names
        case latestExpiry = "latest_expiry"

        var form: String {
            switch self {
            case .names: "a list of services' names"
            case .latestExpiry: "a time such as `\"2027-01-01T00:00:00Z\"`"
            }
        }

        var standard: String { "any" }

        var meaning: String {
            switch self {
            case .names: "the launch record names one of these services"
            case .latestExpiry: "the instance ends by then"
            }
        }
    }

    init(_ keys: inout PolicyKeys<Key>) throws(NotationError) {
        if let list = try keys.someStrings(.names) {
            for (text, place) in list where !LaunchRecord.isName(text) {
                let found = text.printable()
                throw keys.error(.names, "a service's name of a–z, 0–9 and '-' expected, found '\(found)'", at: place)
            }
            names = list.map(\.text)
        }
        if let node = keys.optional(.latestExpiry) {
            guard case .string(let text) = node.value, let seconds = Timestamp(text) else {
                throw keys.mismatch(node, .latestExpiry, expected: "a time such as \"2026-12-31T00:00:00Z\"")
            }
            latestExpiry = seconds
        }
    }
}

extension AttestationPolicy.Launch {
    func judge(_ certificate: AttestedCertificate, expecting expectation: Expectation) -> [Reason] {
        var reasons: [Reason] = []
        if let problem = certificate.launchProblem {
            reasons.append(Reason(.launchMalformed, "the launch record: \(problem)"))
        }
        guard let launch = certificate.launch else {
            let isDemanded =
                names != nil || latestExpiry != nil || expectation.name != nil || expectation.id != nil
            if certificate.launchProblem == nil, isDemanded {
                reasons.append(Reason(.launchMissing, "the certificate has no launch record"))
            }
            return reasons
        }
        let sans = launch.sans.compactMap { SubjectAlternativeName($0) }
        if sans != certificate.sans || launch.notAfter != certificate.certificate.notAfter {
            reasons.append(Reason(.launchMalformed, "the launch record's names or end aren't those of the certificate"))
        }
        for allowed in [names, expectation.name.map { [$0] }].compactMap({ $0 }) where !allowed.contains(launch.name) {
            reasons.append(
                Reason(
                    .launchName,
                    "the launch record is another service's",
                    expected: allowed.joined(separator: ", "),
                    found: launch.name
                )
            )
        }
        if let id = expectation.id, id != launch.id {
            reasons.append(
                Reason(.launchInstance, "the launch record is another instance's", expected: id, found: launch.id)
            )
        }
        if let latestExpiry, launch.notAfter > latestExpiry {
            reasons.append(
                Reason(
                    .launchExpiry,
                    "the instance ends too late",
                    expected: "until \(latestExpiry)",
                    found: launch.notAfter.description
                )
            )
        }
        return reasons
    }
}

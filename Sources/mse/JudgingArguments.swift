import ArgumentParser
import Notation
import Operations

/// The options of everything that judges.
struct JudgingArguments: ParsableArguments {
    @Option(
        help:
            """
            Where collateral comes from: a folder, an evidence file or the address of a service. Several are asked \
            in turn.
            """,
        transform: { try Arguments.source($0) }
    )
    var collateral: [String] = []
    @Option(
        help: "Certificates, PEM or DER, trusted for the service's TLS instead of the system's authorities.",
        completion: .file()
    )
    var collateralCa: String?
    @Option(help: "What is good enough: a policy, TOML or JSON.", completion: .file())
    var policy: String?
    @Option(
        help: "The expected MRENCLAVE or MRTD: hex digits, or a file that holds them.",
        transform: { try Arguments.measurement($0) }
    )
    var expected: String?
    @Option(help: "A root certificate that replaces Intel's, PEM or DER.", completion: .file())
    var trustedRoot: String?

    /// Whether none was named.
    var areEmpty: Bool {
        collateral.isEmpty && [collateralCa, policy, expected, trustedRoot].allSatisfy { $0 == nil }
    }

    func options(package: String? = nil, at: Timestamp? = nil) -> JudgingOptions {
        JudgingOptions(
            collateral: collateral,
            collateralAuthority: collateralCa,
            policy: policy,
            expected: expected,
            package: package,
            trustedRoot: trustedRoot,
            at: at
        )
    }
}

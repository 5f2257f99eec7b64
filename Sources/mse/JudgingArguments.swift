import ArgumentParser
import Notation
import Operations

/// The options of everything that judges.
struct JudgingArguments: ParsableArguments {
    @OptionGroup var source: CollateralArguments
    @Option(help: "What is good enough: a policy, TOML or JSON.", completion: .file())
    var policy: String?
    @Option(
        help:
            """
            The expected MRENCLAVE or MRTD: hex digits, or a file that holds them, such as a package's .reference.json.
            """,
        transform: { try Arguments.measurement($0) }
    )
    var expected: String?
    @Option(help: "A root certificate that replaces Intel's, PEM or DER.", completion: .file())
    var trustedRoot: String?

    /// Whether none was named.
    var areEmpty: Bool {
        source.collateral.isEmpty && [source.collateralCa, policy, expected, trustedRoot].allSatisfy { $0 == nil }
    }

    func options(package: String? = nil, at: Timestamp? = nil) -> JudgingOptions {
        JudgingOptions(
            collateral: source.collateral,
            collateralAuthority: source.collateralCa,
            policy: policy,
            expected: expected,
            package: package,
            trustedRoot: trustedRoot,
            at: at
        )
    }
}

extension ArgumentHelp {
    static let expectedPackage: ArgumentHelp = "The package whose measurement is expected."
}

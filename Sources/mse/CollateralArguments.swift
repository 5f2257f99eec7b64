import ArgumentParser
import Operations

/// Where collateral comes from.
struct CollateralArguments: ParsableArguments {
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
}

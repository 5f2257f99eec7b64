internal import Attestation
internal import DCAP
internal import DCAPCollateral
internal import PackageFormat

extension ReasonCode {
    /// The mend with the options by which it is done here, which a library can't know.
    var commandLineMend: String {
        switch self {
        case .certificateRoot: mend + " with --trusted-root"
        case .collateralMissing: "name it with --collateral"
        case .enclaveCertificateExpired:
            """
            its time is over: have the operator prolong it with 'mse restart NAME --renew --days N', and release to it \
            again
            """
        case .launchExpiry: "have the service spawned with fewer --days"
        case .measurementMissing:
            "name one with --expected HEX, --package FILE (of mse verify), or [measurement] in a --policy FILE"
        case .debugEnclave: "have it spawned without --debug"
        default: mend
        }
    }
}

extension CollateralError.Mend {
    var commandLineMend: String {
        switch self {
        case .nameAuthority: "\(self), with --collateral-ca"
        case .nameCertificates: "--collateral-ca takes certificates, PEM or DER"
        case .nameSource: "mend it, or say with --collateral or MSE_COLLATERAL where collateral comes from"
        }
    }
}

extension PackageError {
    /// With the option by which it is passed over here.
    var withCommandLineMend: PackageError {
        guard case .imports(let problem) = self else { return self }
        return .environment(problem + "\n--no-import-check packages it all the same")
    }
}

extension OperationError {
    init(_ error: CollateralError) {
        self.init(error.source, error.problem, mend: error.mend?.commandLineMend, like: error)
    }
}

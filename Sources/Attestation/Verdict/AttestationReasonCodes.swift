public import DCAP

/// The reasons that judging adds to those of the examination.
extension ReasonCode {
    // Up to date.
    public static let tcbNotAccepted = ReasonCode(
        "tcb.notAccepted",
        of: .upToDate,
        meaning: "The platform's TCB status isn't one that the policy accepts.",
        mend: "have the operator update firmware and microcode, or name the status in [tcb] accept"
    )
    public static let tcbRevoked = ReasonCode(
        "tcb.revoked",
        of: .upToDate,
        meaning: "Intel revoked the platform's TCB; no policy accepts that.",
        mend: "don't use this platform any more"
    )
    public static let tcbUnknown = ReasonCode(
        "tcb.unknown",
        of: .upToDate,
        meaning: "The platform's TCB status could not be told.",
        mend: "mend the other reasons first"
    )
    public static let collateralTooOld = ReasonCode(
        "collateral.tooOld",
        of: .upToDate,
        meaning: "The collateral was issued longer ago than the policy allows.",
        mend: "fetch the collateral again, or raise [tcb] max_collateral_age"
    )
    public static let evaluationNumberTooLow = ReasonCode(
        "tcb.evaluationNumber",
        of: .upToDate,
        meaning: "The collateral is of an older TCB evaluation than the policy demands.",
        mend: "fetch newer collateral, or lower [tcb] min_evaluation_number"
    )
    public static let enclaveCertificateNotYetValid = ReasonCode(
        "service.notYetValid",
        of: .upToDate,
        meaning: "The enclave's certificate isn't valid yet.",
        mend: "check the clock"
    )
    public static let enclaveCertificateExpired = ReasonCode(
        "service.expired",
        of: .upToDate,
        meaning: "The enclave's certificate is no longer valid.",
        mend: "have the operator restart the service with a new certificate"
    )

    // Mine.
    public static let bindingDiffers = ReasonCode(
        "binding.differs",
        of: .mine,
        meaning: "The quote was made for another key than the certificate's.",
        mend: "don't use this certificate: somebody put another enclave's quote into it"
    )
    public static let evidenceContradiction = ReasonCode(
        "evidence.contradiction",
        of: .mine,
        meaning:
            "The certificate carries pieces of evidence that contradict each other, or one that can't be judged.",
        mend: "don't use this certificate: it says two things at once"
    )
    public static let certificateSelfSignature = ReasonCode(
        "service.signature",
        of: .mine,
        meaning: "The certificate isn't signed by its own key, so nothing vouches for what it says.",
        mend: "don't use this certificate: it was changed after the enclave made it"
    )
    public static let certificateExtension = ReasonCode(
        "service.extension",
        of: .mine,
        meaning: "The certificate has a critical extension that is unknown here.",
        mend: "don't use this certificate"
    )
    public static let certificateHost = ReasonCode(
        "service.name",
        of: .mine,
        meaning: "The certificate isn't for the name that was called.",
        mend: "call the service by one of its names"
    )
    public static let launchMalformed = ReasonCode(
        "launch.malformed",
        of: .mine,
        meaning: "The certificate's launch record can't be read.",
        mend: "don't use this certificate"
    )
    public static let launchMissing = ReasonCode(
        "launch.missing",
        of: .mine,
        meaning: "The certificate has no launch record, though the policy or the state demands one.",
        mend: "have the service spawned by this product, or don't limit the launch record"
    )
    public static let launchName = ReasonCode(
        "launch.name",
        of: .mine,
        meaning: "The launch record names another service.",
        mend: "check the name, or add it to [launch] names"
    )
    public static let launchExpiry = ReasonCode(
        "launch.expiry",
        of: .mine,
        meaning: "The launch record ends later than the policy allows.",
        mend: "have the service spawned for fewer days"
    )
    public static let launchInstance = ReasonCode(
        "launch.instance",
        of: .mine,
        meaning: "The certificate is another instance's than the one that was launched here.",
        mend: "find out who answers on this port"
    )
    public static let measurementMissing = ReasonCode(
        "measurement.missing",
        of: .mine,
        meaning: "There is no reference value, so nothing says whose code this is.",
        mend: "name the measurement that you expect, the package, or [measurement] in the policy"
    )
    public static let measurementDiffers = ReasonCode(
        "measurement.differs",
        of: .mine,
        meaning: "The enclave runs other code or settings than the reference value says.",
        mend: "verify against the package that was handed to the operator; if it is that one, don't trust this enclave"
    )
    public static let signerDiffers = ReasonCode(
        "signer.differs",
        of: .mine,
        meaning: "The enclave is signed by somebody else, or is another product, or too old a version.",
        mend: "check [measurement] in the policy"
    )
    public static let debugEnclave = ReasonCode(
        "debug.enabled",
        of: .mine,
        meaning: "The enclave runs in debug mode: the operator can read and change all of it.",
        mend: "have it spawned without debugging"
    )
    public static let platformNotAllowed = ReasonCode(
        "platform.notAllowed",
        of: .mine,
        meaning: "The platform isn't one that the policy lists.",
        mend: "check [platform] in the policy"
    )
    public static let tdxAttributes = ReasonCode(
        "tdx.attributes",
        of: .mine,
        meaning: "The TD has attributes that are reserved, or that the policy doesn't allow.",
        mend: "check [tdx] in the policy"
    )
    public static let tdxRegister = ReasonCode(
        "tdx.register",
        of: .mine,
        meaning: "A register of the TD has a value that the policy doesn't list.",
        mend: "check [tdx] in the policy"
    )

    /// Every code there is.
    public static let all: [ReasonCode] =
        allOfDCAP + [
            tcbNotAccepted, tcbRevoked, tcbUnknown, collateralTooOld, evaluationNumberTooLow,
            enclaveCertificateNotYetValid,
            enclaveCertificateExpired,
            bindingDiffers, evidenceContradiction, certificateSelfSignature, certificateExtension, certificateHost,
            launchMalformed,
            launchMissing, launchName,
            launchExpiry,
            launchInstance, measurementMissing, measurementDiffers, signerDiffers, debugEnclave, platformNotAllowed,
            tdxAttributes,
            tdxRegister,
        ]
}

/// The reasons that the examination of a quote can find.
extension ReasonCode {
    private static let suspicious = "don't trust this machine; ask the operator for evidence of a genuine platform"
    private static let fetchAgain = "fetch the collateral again, from Intel's service or a PCCS you know"

    // Quote and quoting enclave.
    public static let quoteVendor = ReasonCode(
        "quote.vendor",
        of: .genuine,
        meaning: "The quote comes from a quoting enclave that isn't Intel's.",
        mend: suspicious
    )
    public static let quoteAttestationKey = ReasonCode(
        "quote.attestationKey",
        of: .genuine,
        meaning: "The attestation key is no point of the curve P-256.",
        mend: suspicious
    )
    public static let quoteSignature = ReasonCode(
        "quote.signature",
        of: .genuine,
        meaning: "The attestation key did not sign this quote: it was changed or made up.",
        mend: suspicious
    )
    public static let qeSignature = ReasonCode(
        "qe.signature",
        of: .genuine,
        meaning: "The PCK did not sign the quoting enclave's report.",
        mend: suspicious
    )
    public static let qeBinding = ReasonCode(
        "qe.binding",
        of: .genuine,
        meaning: "The quoting enclave's report binds another attestation key.",
        mend: suspicious
    )
    public static let qeIdentity = ReasonCode(
        "qe.identity",
        of: .genuine,
        meaning: "The quoting enclave isn't the one that its identity describes.",
        mend: suspicious
    )
    public static let qeDebug = ReasonCode(
        "qe.debug",
        of: .genuine,
        meaning: "The quoting enclave is a debug enclave.",
        mend: suspicious
    )

    // Certificates.
    public static let certificateMalformed = ReasonCode(
        "certificate.malformed",
        of: .genuine,
        meaning: "A certificate or chain isn't strict PEM, DER or X.509 of Intel's profile.",
        mend: suspicious
    )
    public static let certificateChain = ReasonCode(
        "certificate.chain",
        of: .genuine,
        meaning: "A chain doesn't consist of exactly the certificates it must, in their order.",
        mend: fetchAgain
    )
    public static let certificateRoot = ReasonCode(
        "certificate.root",
        of: .genuine,
        meaning: "The chain doesn't end in the trusted root.",
        mend: "if this is a simulated processor you mean to trust, name its root"
    )
    public static let certificateName = ReasonCode(
        "certificate.name",
        of: .genuine,
        meaning: "A certificate hasn't the subject that its place demands.",
        mend: suspicious
    )
    public static let certificateIssuer = ReasonCode(
        "certificate.issuer",
        of: .genuine,
        meaning: "A certificate names another issuer than the next one in the chain.",
        mend: suspicious
    )
    public static let certificateSignature = ReasonCode(
        "certificate.signature",
        of: .genuine,
        meaning: "A certificate isn't signed by its issuer.",
        mend: suspicious
    )
    public static let certificateConstraints = ReasonCode(
        "certificate.constraints",
        of: .genuine,
        meaning: "CA flag, path length, key usage or an extension isn't what the certificate's place demands.",
        mend: suspicious
    )
    public static let certificateRevoked = ReasonCode(
        "certificate.revoked",
        of: .genuine,
        meaning: "Intel revoked a certificate of the chain.",
        mend: "don't use this platform any more"
    )
    public static let certificateNotYetValid = ReasonCode(
        "certificate.notYetValid",
        of: .upToDate,
        meaning: "A certificate isn't valid yet.",
        mend: "check the clock"
    )
    public static let certificateExpired = ReasonCode(
        "certificate.expired",
        of: .upToDate,
        meaning: "A certificate is no longer valid.",
        mend: "have the platform provisioned anew, or fetch the collateral again"
    )
    public static let pckExtension = ReasonCode(
        "pck.extension",
        of: .genuine,
        meaning: "The PCK certificate's SGX extension is missing, misplaced or malformed.",
        mend: suspicious
    )

    // Revocation lists.
    public static let crlMalformed = ReasonCode(
        "crl.malformed",
        of: .genuine,
        meaning: "A revocation list isn't a strict, full list of Intel's profile.",
        mend: fetchAgain
    )
    public static let crlIssuer = ReasonCode(
        "crl.issuer",
        of: .genuine,
        meaning: "A revocation list is another issuer's.",
        mend: fetchAgain
    )
    public static let crlSignature = ReasonCode(
        "crl.signature",
        of: .genuine,
        meaning: "A revocation list isn't signed by its issuer.",
        mend: fetchAgain
    )
    public static let crlNotYetValid = ReasonCode(
        "crl.notYetValid",
        of: .upToDate,
        meaning: "A revocation list is from the future.",
        mend: "check the clock"
    )
    public static let crlExpired = ReasonCode(
        "crl.expired",
        of: .upToDate,
        meaning: "A revocation list is past its nextUpdate.",
        mend: fetchAgain
    )

    // TCB info and QE identity.
    public static let documentMalformed = ReasonCode(
        "document.malformed",
        of: .genuine,
        meaning: "TCB info or QE identity isn't the strict JSON it must be.",
        mend: fetchAgain
    )
    public static let documentSignature = ReasonCode(
        "document.signature",
        of: .genuine,
        meaning: "TCB info or QE identity isn't signed by the TCB signer over exactly these bytes.",
        mend: fetchAgain
    )
    public static let documentVersion = ReasonCode(
        "document.version",
        of: .genuine,
        meaning: "TCB info isn't version 3, or QE identity isn't version 2.",
        mend: "fetch it from version 4 of the service"
    )
    public static let documentKind = ReasonCode(
        "document.kind",
        of: .genuine,
        meaning: "TCB info or QE identity is for another kind of enclave.",
        mend: "fetch the document for this quote's TEE"
    )
    public static let documentPlatform = ReasonCode(
        "document.platform",
        of: .genuine,
        meaning: "TCB info is for another platform (FMSPC or PCE id).",
        mend: "fetch TCB info for this quote's FMSPC"
    )
    public static let documentNotYetValid = ReasonCode(
        "document.notYetValid",
        of: .upToDate,
        meaning: "TCB info or QE identity is from the future.",
        mend: "check the clock"
    )
    public static let documentExpired = ReasonCode(
        "document.expired",
        of: .upToDate,
        meaning: "TCB info or QE identity is past its nextUpdate.",
        mend: fetchAgain
    )
    public static let tcbTypeUnknown = ReasonCode(
        "tcb.type",
        of: .upToDate,
        meaning: "TCB info compares TCBs in a way that is unknown here.",
        mend: fetchAgain
    )
    public static let tcbNoLevel = ReasonCode(
        "tcb.noLevel",
        of: .upToDate,
        meaning: "No TCB level of Intel's documents fits this platform.",
        mend: "have the operator update firmware and microcode"
    )
    public static let tdxModule = ReasonCode(
        "tdx.module",
        of: .genuine,
        meaning: "The TDX module isn't one that TCB info describes.",
        mend: "have the operator update the TDX module"
    )

    // What was not there to be examined.
    public static let collateralMissing = ReasonCode(
        "collateral.missing",
        of: .genuine,
        meaning: "There is no collateral, so nothing could be proven.",
        mend: "name a source of it"
    )

    public static let allOfDCAP: [ReasonCode] = [
        quoteVendor, quoteAttestationKey, quoteSignature, qeSignature, qeBinding, qeIdentity, qeDebug,
        certificateMalformed,
        certificateChain,
        certificateRoot, certificateName, certificateIssuer, certificateSignature, certificateConstraints,
        certificateRevoked,
        certificateNotYetValid,
        certificateExpired, pckExtension, crlMalformed, crlIssuer, crlSignature, crlNotYetValid, crlExpired,
        documentMalformed,
        documentSignature,
        documentVersion, documentKind, documentPlatform, documentNotYetValid, documentExpired, tcbTypeUnknown,
        tcbNoLevel, tdxModule,
        collateralMissing,
    ]
}

internal import Notation

/// The address of a collateral service, and where on it things are (Intel's PCS API, version 4).
struct ServiceAddress: Hashable, Sendable {
    /// Scheme, host, port and what stands before `/sgx/certification/v4`.
    let base: String
    private static let intelHost = "https://api.trustedservices.intel.com"
    /// The distribution point that Intel's root names; a list in spite of its name.
    private static let intelRootCRL = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"

    static let intel = ServiceAddress(intelHost)

    /// - Parameter text: with or without the path of a version.
    init(_ text: String) {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        for tee in ["sgx", "tdx"] {
            for version in ["v1", "v2", "v3", "v4"] where text.hasSuffix("/\(tee)/certification/\(version)") {
                text.removeLast("/\(tee)/certification/\(version)".count)
            }
        }
        base = text
    }

    var isIntel: Bool { base == Self.intelHost }
    private var sgx: String { base + "/sgx/certification/v4" }
    private func own(_ request: CollateralRequest) -> String { base + "/\(request.tee.rawValue)/certification/v4" }

    func tcbInfo(_ request: CollateralRequest) -> String {
        own(request) + "/tcb?fmspc=\(request.fmspc)" + Self.query(request.edition, "&")
    }

    func qeIdentity(_ request: CollateralRequest) -> String {
        own(request) + "/qe/identity" + Self.query(request.edition, "?")
    }

    func pckCRL(_ request: CollateralRequest) -> String {
        sgx + "/pckcrl?ca=\(request.authority.rawValue)&encoding=der"
    }

    /// The places of the root CRL, the first one that answers counts: services that cache have it, Intel's own names
    /// another.
    var rootCRL: [String] {
        isIntel
            ? [Self.intelRootCRL]
            : [sgx + "/rootcacrl", sgx + "/crl?uri=" + PercentEncoding.encoded(Array(Self.intelRootCRL.utf8))]
    }

    /// The standard edition is what services give unasked.
    private static func query(_ edition: CollateralRequest.Edition, _ separator: String) -> String {
        switch edition {
        case .standard: ""
        case .early: separator + "update=early"
        case .number(let number): separator + "tcbEvaluationDataNumber=\(number)"
        }
    }
}

internal import NIOHTTP1
internal import Notation
internal import StrictX509

/// What a collateral service answered, with its headers understood (Intel's PCS API, version 4).
struct ServiceAnswer: Sendable {
    let url: String
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// - Throws: what the status means when it isn't 200.
    func checkStatus() throws(CollateralError) {
        let (kind, meaning): (CollateralError.Kind, String)
        switch status {
        case 200: return
        case 400: (kind, meaning) = (.refused, "the service doesn't understand the question (400)")
        case 401, 403: (kind, meaning) = (.refused, "the service wants a subscription (\(status))")
        case 404: (kind, meaning) = (.unknown, "the service knows no such platform or evaluation (404)")
        case 410: (kind, meaning) = (.gone, "the service no longer serves this version or evaluation (410)")
        case 429: (kind, meaning) = (.throttled(retryAfter: retryAfter), "the service is asked too often (429)")
        case 460: (kind, meaning) = (.malformed, "the service's own copy is damaged (460)")
        case 461, 462: (kind, meaning) = (.unknown, "the service has nothing about this platform (\(status))")
        case 502: (kind, meaning) = (.unavailable, "the service can't reach Intel (502)")
        case 500...599: (kind, meaning) = (.unavailable, "the service is out of order (\(status))")
        default: (kind, meaning) = (.refused, "the service answered \(status)")
        }
        let id = headers.first(name: "Request-ID").map { ", request \($0.printable())" } ?? ""
        throw CollateralError(url, kind: kind, meaning + id)
    }

    /// Seconds; only whole ones are read, not dates.
    private var retryAfter: Int? {
        headers.first(name: "Retry-After").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// What the service says about itself, such as that it will end.
    var warnings: [String] { headers["Warning"].map { "\(url) warns: \($0.printable())" } }

    /// The issuer chain that stands in a header: two certificates, the signer first.
    func issuerChain(_ names: [String]) throws(CollateralError) -> [UInt8] {
        guard let encoded = names.lazy.compactMap({ headers.first(name: $0) }).first else {
            throw CollateralError(url, kind: .malformed, "the answer has no header \(names[0]) with the issuer chain")
        }
        guard let chain = PercentEncoding.decoded(encoded) else {
            throw CollateralError(url, kind: .malformed, "the header \(names[0]) isn't percent-encoded text")
        }
        let count = (try? PEM.blocks(chain, label: "CERTIFICATE"))?.count ?? 0
        guard count == 2 else {
            throw CollateralError(
                url,
                kind: .malformed,
                "the header \(names[0]) holds \(count) whole certificates instead of 2; a proxy may have cut it"
            )
        }
        return chain
    }
}

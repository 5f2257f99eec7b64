internal import AsyncHTTPClient
public import DCAP
internal import NIOCore
internal import NIOHTTP1
internal import Notation

/// A collateral service by its address: Intel's PCS of version 4, or a PCCS that speaks like it (DCAP SPEC §6).
public struct ServiceSource: CollateralSource {
    public static let intel = "https://api.trustedservices.intel.com"
    private static let intelRootCRL = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"
    private static let bodyLimit = 4 << 20
    private static let timeLimit = TimeAmount.seconds(30)

    public let address: String

    /// - Parameter address: with or without `/sgx/certification/v4`.
    public init(_ address: String) {
        var address = address
        while address.hasSuffix("/") { address.removeLast() }
        for suffix in ["/sgx/certification/v4", "/tdx/certification/v4", "/sgx/certification/v3"] where address.hasSuffix(suffix) {
            address.removeLast(suffix.count)
        }
        self.address = address
    }

    public func collateral(for platform: PlatformQuery) async throws(CollateralError) -> Collateral {
        let sgx = address + "/sgx/certification/v4", own = address + "/\(platform.tee.rawValue)/certification/v4"
        let info = try await get(
            own + "/tcb?fmspc=" + Hex.text(platform.fmspc), chain: ["TCB-Info-Issuer-Chain", "SGX-TCB-Info-Issuer-Chain"])
        let identity = try await get(own + "/qe/identity", chain: ["SGX-Enclave-Identity-Issuer-Chain"])
        let pckCRL = try await get(sgx + "/pckcrl?ca=\(platform.authority.rawValue)&encoding=der", chain: [])
        let rootCRL = try await get(address == Self.intel ? Self.intelRootCRL : sgx + "/rootcacrl", chain: [])
        return Collateral(
            rootCRL: rootCRL.body, pckCRL: pckCRL.body, tcbInfo: info.body, qeIdentity: identity.body, tcbInfoChain: info.chain,
            qeIdentityChain: identity.chain)
    }

    private func get(_ url: String, chain names: [String]) async throws(CollateralError) -> (body: [UInt8], chain: [UInt8]) {
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            do {
                response = try await client.execute(HTTPClientRequest(url: url), timeout: Self.timeLimit)
                body = try await response.body.collect(upTo: Self.bodyLimit)
            } catch {
                try? await client.shutdown()  // the first error is the one to tell
                throw error
            }
            try await client.shutdown()
        } catch {
            throw CollateralError(url, "can't be fetched: \(error)")
        }
        switch response.status.code {
        case 200: break
        case 404: throw CollateralError(url, "the service knows no such platform (404)")
        case 410: throw CollateralError(url, "the service no longer has this (410)")
        case 429: throw CollateralError(url, "the service is asked too often (429); try again later")
        default: throw CollateralError(url, "the service answered \(response.status.code)")
        }
        guard !names.isEmpty else { return (Array(body.readableBytesView), []) }
        guard let encoded = names.lazy.compactMap({ response.headers.first(name: $0) }).first else {
            throw CollateralError(url, "the answer has no header \(names[0]) with the issuer chain")
        }
        guard let chain = Self.percentDecoded(encoded) else {
            throw CollateralError(url, "the header \(names[0]) isn't percent-encoded text")
        }
        return (Array(body.readableBytesView), chain)
    }

    /// A plus is a plus.
    private static func percentDecoded(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, let byte = Hex.bytes(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self))
                else { return nil }
                result += byte
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}

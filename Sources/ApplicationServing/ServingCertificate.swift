internal import AppServer
public import Files
public import NIOSSL

/// Certificate chain and key that an application is served with, PEM.
public struct ServingCertificate: Sendable {
    private static let byteLimit = 1 << 20
    private let chain: [UInt8]
    private let key: [UInt8]

    public init(chain: [UInt8], key: [UInt8]) {
        self.chain = chain
        self.key = key
    }

    /// The chain from a file of at most a mebibyte.
    public init(chainFile: String, key: [UInt8]) throws(FileError) {
        self.init(chain: try Files.read(chainFile, limit: Self.byteLimit), key: key)
    }

    /// Both from files.
    public init(chainFile: String, keyFile: String) throws(FileError) {
        try self.init(chainFile: chainFile, key: Files.read(keyFile, limit: Self.byteLimit))
    }

    /// - Parameter protocols: offered by ALPN.
    /// - Throws: `TLSMaterialError` telling which of both is wrong.
    public func tls(protocols: [String] = ["http/1.1"]) throws -> NIOSSLContext {
        try AppServer.tls(certificateChain: chain, privateKey: key, protocols: protocols)
    }
}

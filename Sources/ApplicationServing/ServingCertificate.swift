internal import AppServer
public import Files
internal import Glibc
public import NIOSSL

/// Certificate chain and key that an application is served with.
public struct ServingCertificate: Sendable {
    private static let byteLimit = 1 << 20
    /// PEM.
    private let chain: [UInt8]
    /// Nil where what was given is none.
    private let key: NIOSSLPrivateKey?

    /// - Parameter chain: PEM.
    public init(chain: [UInt8], key: borrowing RawSpan, _ format: NIOSSLSerializationFormats = .pem) {
        self.chain = chain
        // The library takes an array, and makes of it what is its own.
        var bytes = key.withUnsafeBytes { Array($0) }
        defer { Self.overwrite(&bytes) }
        self.key = try? NIOSSLPrivateKey(bytes: bytes, format: format)
    }

    /// The chain from a file of at most a mebibyte.
    /// - Parameter key: PEM.
    public init(chainFile: String, key: borrowing RawSpan) throws(FileError) {
        self.init(chain: try Files.read(chainFile, limit: Self.byteLimit), key: key)
    }

    /// Both from files, PEM.
    public init(chainFile: String, keyFile: String) throws(FileError) {
        let chain = try Files.read(chainFile, limit: Self.byteLimit)
        var key = try Files.read(keyFile, limit: Self.byteLimit)
        defer { Self.overwrite(&key) }
        self.init(chain: chain, key: key.span.bytes)
    }

    private static func overwrite(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } }
    }

    /// - Parameter protocols: offered by ALPN.
    /// - Throws: `TLSMaterialError` telling which of both is wrong.
    public func tls(protocols: [String] = ["http/1.1"]) throws -> NIOSSLContext {
        try AppServer.tls(certificateChain: chain, privateKey: key, protocols: protocols)
    }
}

internal import Crypto
internal import Files
public import Notation
internal import StrictX509

/// The keys and certificates of a processor that doesn't exist; they never enter an agent.
struct SimulatedPKI: Sendable {
    /// Stands where Intel's certificates have Intel.
    static let maker = "MSE Simulated Processor"
    static let fmspc: [UInt8] = [0x53, 0x49, 0x4D, 0x00, 0x00, 0x01]
    static let pceID: [UInt8] = [0, 0]
    /// Of the platform, in every component; `recover` demands more.
    static let platformSVN: UInt8 = 5
    static let pceSVN = 13

    /// A key and its certificate, DER.
    struct Identity: Sendable {
        var key: P256.Signing.PrivateKey
        var certificate: [UInt8]
    }

    var root: Identity
    var authority: Identity
    var pck: Identity
    var signer: Identity
    /// Of the quoting enclave.
    var attestationKey: P256.Signing.PrivateKey
    /// What sealing keys are derived from, 32 bytes.
    var fuse: [UInt8]
    /// MRSIGNER of enclaves launched here, and of the quoting enclave.
    var enclaveSigner: [UInt8]
    var quotingSigner: [UInt8]
    var ppid: [UInt8]

    private static let keysFile = "keys.json"
    static let rootFile = "root.pem"

    /// Makes everything anew.
    init(now: Timestamp) throws {
        func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max) } }
        let ppid = random(16)
        self.ppid = ppid
        fuse = random(32)
        enclaveSigner = random(32)
        quotingSigner = random(32)
        attestationKey = P256.Signing.PrivateKey()
        let (rootKey, authorityKey, pckKey, signerKey) = (
            P256.Signing.PrivateKey(), P256.Signing.PrivateKey(), P256.Signing.PrivateKey(), P256.Signing.PrivateKey()
        )
        func make(
            _ kind: SimulatedCertificate.Kind,
            for key: P256.Signing.PrivateKey,
            by issuer: P256.Signing.PrivateKey,
            as issuerKind: SimulatedCertificate.Kind
        ) throws -> Identity {
            let certificate = SimulatedCertificate(kind: kind, ppid: ppid, now: now)
            return Identity(
                key: key,
                certificate: try certificate.make(key: key.publicKey, issuer: issuerKind, issuerKey: issuer)
            )
        }
        root = try make(.root, for: rootKey, by: rootKey, as: .root)
        authority = try make(.authority, for: authorityKey, by: rootKey, as: .root)
        pck = try make(.pck, for: pckKey, by: authorityKey, as: .authority)
        signer = try make(.signer, for: signerKey, by: rootKey, as: .root)
    }

    /// Leaf, PCK CA, root as PEM.
    var pckChain: [UInt8] {
        Array((PEM.text(pck.certificate) + PEM.text(authority.certificate) + PEM.text(root.certificate)).utf8)
    }
    var signingChain: [UInt8] { Array((PEM.text(signer.certificate) + PEM.text(root.certificate)).utf8) }
    var authorityChain: [UInt8] { Array((PEM.text(authority.certificate) + PEM.text(root.certificate)).utf8) }

    // MARK: On disk

    func save(in folder: String) throws {
        func identity(_ identity: Identity) -> Node {
            .object([
                "key": Node(Hex.text(identity.key.rawRepresentation)),
                "certificate": Node(Base64.text(identity.certificate)),
            ])
        }
        let node = Node.object([
            "version": 1, "root": identity(root), "authority": identity(authority), "pck": identity(pck),
            "signer": identity(signer),
            "attestationKey": Node(Hex.text(attestationKey.rawRepresentation)), "fuse": Node(Hex.text(fuse)),
            "enclaveSigner": Node(Hex.text(enclaveSigner)),
            "quotingSigner": Node(Hex.text(quotingSigner)), "ppid": Node(Hex.text(ppid)),
        ])
        try Files.write(JSON.pretty(node), to: folder + "/" + Self.keysFile, mode: 0o600)
        try Files.write(PEM.text(root.certificate), to: folder + "/" + Self.rootFile)
    }

    init(folder: String) throws {
        let path = folder + "/" + Self.keysFile
        guard Files.exists(path) else {
            throw SimulatorError("there is no simulated processor yet; make one with 'mse simulator init'")
        }
        do {
            var reader = try ObjectReader(JSON.read(try Files.read(path, limit: 1 << 20)))
            _ = try reader.integer("version", in: 1...1)
            func bytes(_ reader: inout ObjectReader, _ name: String) throws -> [UInt8] {
                guard let bytes = Hex.bytes(try reader.string(name) ?? "") else {
                    throw NotationError(at: reader.place, member: name, "hex digits expected")
                }
                return bytes
            }
            func identity(_ reader: inout ObjectReader, _ name: String) throws -> Identity {
                var inner = try ObjectReader(reader.required(name), path: name)
                guard let certificate = Base64.bytes(Array((try inner.string("certificate") ?? "").utf8)) else {
                    throw NotationError(at: inner.place, member: name, "base64 expected")
                }
                return Identity(
                    key: try P256.Signing.PrivateKey(rawRepresentation: bytes(&inner, "key")),
                    certificate: certificate
                )
            }
            root = try identity(&reader, "root")
            authority = try identity(&reader, "authority")
            pck = try identity(&reader, "pck")
            signer = try identity(&reader, "signer")
            attestationKey = try P256.Signing.PrivateKey(rawRepresentation: bytes(&reader, "attestationKey"))
            fuse = try bytes(&reader, "fuse")
            enclaveSigner = try bytes(&reader, "enclaveSigner")
            quotingSigner = try bytes(&reader, "quotingSigner")
            ppid = try bytes(&reader, "ppid")
        } catch {
            throw SimulatorError("\(path): \(error); make the processor anew with 'mse simulator init --force'")
        }
    }
}

public struct SimulatorError: Error, CodedError, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }

    /// Stable; programs may depend on it.
    public var code: String { "simulator" }
}

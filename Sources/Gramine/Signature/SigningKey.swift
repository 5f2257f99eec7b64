internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
package import SGXQuote

/// The public half of a key that signs enclaves: RSA-3072 with the exponent 3.
package struct SigningPublicKey: Hashable, Sendable {
    /// Little-endian, as SIGSTRUCT has it.
    package let modulus: FixedBytes<384>

    static let exponent: UInt32 = 3

    /// - Parameter pem: `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`.
    /// - Throws: `.key`.
    package init(pem: String) throws(GramineError) {
        let key: _RSA.Signing.PublicKey
        do {
            key = try _RSA.Signing.PublicKey(unsafePEMRepresentation: pem)
        } catch {
            // What the library says names no part of the text.
            throw GramineError(.key, "no public key of RSA in PEM")
        }
        try self.init(key)
    }

    init(_ key: _RSA.Signing.PublicKey) throws(GramineError) {
        guard key.keySizeInBits == 3072 else {
            throw GramineError(
                .key,
                "an RSA key of 3072 bits expected, found one of \(key.keySizeInBits)",
                mend: "openssl genrsa -3 -out enclave-key.pem 3072"
            )
        }
        guard let numbers = try? key.getKeyPrimitives() else {
            throw GramineError(.key, "the modulus of the RSA key can't be read")
        }
        let exponent = numbers.publicExponent.drop { $0 == 0 }
        guard exponent.elementsEqual([UInt8(Self.exponent)]) else {
            let found = exponent.count <= 7 ? String(exponent.reduce(0) { $0 << 8 | Int($1) }) : "a larger one"
            throw GramineError(
                .key,
                "an RSA key with the exponent 3 expected, found \(found)",
                mend: "openssl genrsa -3 -out enclave-key.pem 3072"
            )
        }
        guard let modulus = FixedBytes<384>(Array(numbers.modulus.drop { $0 == 0 }.reversed())) else {
            throw GramineError(.key, "the modulus of the RSA key has another size than its 384 bytes")
        }
        self.modulus = modulus
    }

    /// MRSIGNER.
    package var signer: FixedBytes<32> { Self.signer(ofModulus: modulus) }

    static func signer(ofModulus modulus: FixedBytes<384>) -> FixedBytes<32> {
        var digest = FixedBytes<32>()
        digest.replace(at: 0, with: Array(SHA256.hash(data: modulus.array)))
        return digest
    }
}

/// A key that signs enclaves. Never shown.
package struct SigningKey: Sendable {
    private let key: _RSA.Signing.PrivateKey
    package let publicKey: SigningPublicKey

    /// - Parameters:
    ///   - pem: PKCS #1 or PKCS #8.
    ///   - passphrase: for one that is encrypted.
    /// - Throws: `.key`.
    package init(pem: String, passphrase: [UInt8]? = nil) throws(GramineError) {
        do {
            if let passphrase {
                key = try _RSA.Signing.PrivateKey(encryptedPEMRepresentation: pem) { $0(passphrase) }
            } else {
                key = try _RSA.Signing.PrivateKey(unsafePEMRepresentation: pem)
            }
        } catch {
            // What the library says names no part of the text.
            let isEncrypted = pem.utf8.firstRange(of: "ENCRYPTED".utf8) != nil
            throw GramineError(
                .key,
                isEncrypted
                    ? "the private key is encrypted, and "
                        + (passphrase == nil ? "no passphrase was given" : "the passphrase doesn't open it")
                    : "no private key of RSA in PEM",
                mend: isEncrypted ? nil : "openssl genrsa -3 -out enclave-key.pem 3072"
            )
        }
        publicKey = try SigningPublicKey(key.publicKey)
    }

    /// Signs an enclave.
    /// - Throws: `.key` where the numbers of the key don't belong together.
    package func sign(_ body: SigstructBody) throws(GramineError) -> Sigstruct {
        let signature: [UInt8]
        do {
            let digest = SHA256.hash(data: body.message.array)
            signature = Array(try key.signature(for: digest, padding: .insecurePKCS1v1_5).rawRepresentation)
        } catch {
            throw GramineError(.key, "the key can't sign: \(error)")
        }
        return try Sigstruct(body, signature: signature, key: publicKey)
    }
}

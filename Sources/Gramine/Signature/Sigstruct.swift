internal import Crypto
package import SGXQuote

/// The signature of an enclave, 1808 bytes: what `EINIT` is given, and Gramine's `.sig` holds.
package struct Sigstruct: Hashable, Sendable {
    package let body: SigstructBody
    /// Little-endian, as it stands there.
    package let modulus: FixedBytes<384>
    package let exponent: UInt32
    /// Little-endian, as it stands there.
    let signature: FixedBytes<384>
    let quotients: FixedBytes<768>

    package static let byteCount = 1808

    /// Puts a signature that was made elsewhere to what was signed.
    /// - Parameters:
    ///   - signature: RSASSA-PKCS1-v1_5 with SHA-256 over the body's message, 384 bytes, big-endian.
    ///   - key: whose signature it is.
    /// - Throws: `.signature` where it isn't the key's signature of this body.
    package init(_ body: SigstructBody, signature: [UInt8], key: SigningPublicKey) throws(GramineError) {
        guard let signature = FixedBytes<384>(signature.reversed()) else {
            throw GramineError(.signature, "a signature of \(signature.count) bytes; one of RSA-3072 has 384")
        }
        let power = SignaturePower(signature: signature, modulus: key.modulus)
        guard power.signs(body.digest) else {
            throw GramineError(
                .signature,
                "the signature isn't this key's over this enclave",
                mend: "sign the digest once more, with RSASSA-PKCS1-v1_5 and SHA-256"
            )
        }
        self.body = body
        modulus = key.modulus
        exponent = SigningPublicKey.exponent
        self.signature = signature
        quotients = power.quotients
    }

    /// Reads a SIGSTRUCT; that its signature holds isn't looked at.
    /// - Throws: `.signature` where it has another size or other constants than Intel's format.
    package init(reading bytes: [UInt8]) throws(GramineError) {
        guard let all = FixedBytes<1808>(bytes) else {
            throw GramineError(.signature, "\(bytes.count) bytes; a SIGSTRUCT has \(Self.byteCount)")
        }
        for (place, constant) in [(0, SigstructBody.header), (24, SigstructBody.secondHeader)]
        where !all[place..<(place + 16)].elementsEqual(constant) {
            throw GramineError(.signature, "offset \(place): no SIGSTRUCT, whose header has other bytes")
        }
        var message = FixedBytes<256>()
        message.replace(at: 0, with: all[..<128])
        message.replace(at: 128, with: all[SigstructBody.secondPart..<(SigstructBody.secondPart + 128)])
        body = SigstructBody(reading: message)
        guard body.date.isDecimal else {
            throw GramineError(.signature, "offset 20: the date has digits that aren't decimal: \(body.date)")
        }
        modulus = all.part(at: 128)
        exponent = all.integer(at: 512)
        signature = all.part(at: 516)
        quotients = all.part(at: 1040)
        guard all[1028..<1040].allSatisfy({ $0 == 0 }) else {
            throw GramineError(.signature, "offset 1028: reserved bytes that aren't zero")
        }
    }

    package var bytes: [UInt8] {
        var all = FixedBytes<1808>()
        all.replace(at: 0, with: body.message[..<128])
        all.replace(at: 128, with: modulus)
        all.replace(at: 512, with: exponent)
        all.replace(at: 516, with: signature)
        all.replace(at: SigstructBody.secondPart, with: body.message[128...])
        all.replace(at: 1040, with: quotients)
        return all.array
    }

    /// MRSIGNER: SHA-256 of the modulus as it stands in the structure.
    package var signer: FixedBytes<32> { SigningPublicKey.signer(ofModulus: modulus) }

    /// Does what the processor does before it starts the enclave: signature and quotients have to fit the modulus.
    /// - Throws: `.signature`.
    package func verify() throws(GramineError) {
        guard exponent == SigningPublicKey.exponent else {
            throw GramineError(.signature, "offset 512: the exponent is \(exponent), and has to be 3")
        }
        let power = SignaturePower(signature: signature, modulus: modulus)
        guard power.signs(body.digest) else {
            throw GramineError(.signature, "the signature isn't that of the modulus over this SIGSTRUCT")
        }
        guard power.quotients == quotients else {
            throw GramineError(.signature, "offset 1040: Q1 or Q2 doesn't fit signature and modulus")
        }
    }
}

internal import SGXQuote

/// The third power of a signature by its modulus, and the quotients on the way there, which spare the processor
/// divisions.
struct SignaturePower {
    /// Q1 and Q2, 384 bytes each, little-endian. Zero where the signature isn't below the modulus.
    let quotients: FixedBytes<768>
    /// What was signed, padded; nil where the signature isn't below the modulus.
    private let padded: [UInt8]?

    init(signature: FixedBytes<384>, modulus: FixedBytes<384>) {
        let number = WideInteger(littleEndian: signature)
        let divisor = WideInteger(littleEndian: modulus)
        guard number < divisor else {
            quotients = FixedBytes()
            padded = nil
            return
        }
        let (first, square) = (number * number).dividing(by: divisor)
        let (second, cube) = (number * square).dividing(by: divisor)
        var quotients = FixedBytes<768>()
        // Both are below the modulus, as the signature is.
        quotients.replace(at: 0, with: first.littleEndian(byteCount: 384) ?? [])
        quotients.replace(at: 384, with: second.littleEndian(byteCount: 384) ?? [])
        self.quotients = quotients
        padded = cube.littleEndian(byteCount: 384)
    }

    /// Whether the power is a digest in the padding of RSASSA-PKCS1-v1_5 (RFC 8017, section 9.2).
    func signs(_ digest: FixedBytes<32>) -> Bool {
        /// DigestInfo of SHA-256.
        let prefix: [UInt8] = [
            0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
            0x20,
        ]
        let filling = [UInt8](repeating: 0xFF, count: 384 - 3 - prefix.count - 32)
        let expected = [0, 1] + filling + [0] + prefix + digest.array
        return padded == expected.reversed()
    }
}

internal import Crypto
package import SGXQuote

/// What is signed about an enclave: everything of a SIGSTRUCT that its signer decides (Intel's Software Developer's
/// Manual, volume 3D, section 39.14).
package struct SigstructBody: Hashable, Sendable {
    package let date: SigningDate
    package let measurement: FixedBytes<32>
    package let attributeFlags: UInt64
    package let attributeFlagsMask: UInt64
    package let xfrm: UInt64
    package let xfrmMask: UInt64
    package let miscSelect: UInt32
    package let miscMask: UInt32
    package let productID: UInt16
    package let securityVersion: UInt16
    /// The bytes 0 to 127 and 900 to 1027, which are signed.
    package let message: FixedBytes<256>

    static let header = [UInt8]([0x06, 0, 0, 0, 0xE1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    static let secondHeader = [UInt8]([0x01, 0x01, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 0x01, 0, 0, 0])
    /// Of the message's second half in the structure.
    static let secondPart = 900

    /// Of an enclave of Gramine.
    package init(settings: EnclaveSettings, measurement: FixedBytes<32>, date: SigningDate) {
        var message = FixedBytes<256>()
        message.replace(at: 0, with: Self.header)
        message.replace(at: 20, with: date.encoded)
        message.replace(at: 24, with: Self.secondHeader)
        func put<Value: FixedWidthInteger>(_ value: Value, at place: Int) {
            message.replace(at: 128 + place - Self.secondPart, with: value)
        }
        put(settings.attributes.miscSelect, at: 900)
        put(UInt32.max, at: 904)
        put(settings.attributes.flags, at: 928)
        put(settings.attributes.xfrm, at: 936)
        put(UInt64.max, at: 944)
        put(settings.attributes.xfrmMask, at: 952)
        message.replace(at: 128 + 960 - Self.secondPart, with: measurement)
        put(settings.productID, at: 1024)
        put(settings.securityVersion, at: 1026)
        self.init(reading: message)
    }

    /// The headers are for the caller to compare.
    init(reading message: FixedBytes<256>) {
        func place(_ place: Int) -> Int { 128 + place - Self.secondPart }
        self.message = message
        date = SigningDate(encoded: message.integer(at: 20))
        measurement = message.part(at: place(960))
        attributeFlags = message.integer(at: place(928))
        attributeFlagsMask = message.integer(at: place(944))
        xfrm = message.integer(at: place(936))
        xfrmMask = message.integer(at: place(952))
        miscSelect = message.integer(at: place(900))
        miscMask = message.integer(at: place(904))
        productID = message.integer(at: place(1024))
        securityVersion = message.integer(at: place(1026))
    }

    package var isDebug: Bool { attributeFlags & EnclaveAttributes.debug != 0 }

    /// SHA-256 of the message: what an external signer signs with PKCS #1 v1.5.
    package var digest: FixedBytes<32> {
        var digest = FixedBytes<32>()
        digest.replace(at: 0, with: Array(SHA256.hash(data: message.array)))
        return digest
    }
}

/// The body of an SGX report, 384 bytes (Intel SDM volume 3D, section 38.15; DCAP SPEC §1.2).
public struct ReportBody: Hashable, Sendable {
    public static let byteCount = 384

    /// The 384 bytes.
    public let bytes: ArraySlice<UInt8>

    /// - Throws: `QuoteError.wrongSize` unless there are exactly 384 bytes.
    public init(_ bytes: [UInt8]) throws(QuoteError) {
        guard bytes.count == Self.byteCount else {
            throw .wrongSize(field: "report", offset: 0, expected: Self.byteCount, found: bytes.count)
        }
        self.bytes = bytes[...]
    }

    /// Bytes whose number was checked when the quote was parsed.
    init(trusted bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    private func field(_ offset: Int, _ count: Int) -> ArraySlice<UInt8> {
        let start = bytes.startIndex + offset
        return bytes[start..<(start + count)]
    }

    private func integer(_ offset: Int, _ count: Int) -> UInt64 {
        field(offset, count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The raw, encoded one; levels are matched with the PCK certificate's.
    public var cpuSVN: ArraySlice<UInt8> { field(0, 16) }
    public var miscSelect: UInt32 { UInt32(integer(16, 4)) }
    /// FLAGS ‖ XFRM, 16 bytes.
    public var attributesBytes: ArraySlice<UInt8> { field(48, 16) }
    public var attributes: EnclaveAttributes { EnclaveAttributes(rawValue: integer(48, 8)) }
    public var xfrm: UInt64 { integer(56, 8) }
    /// SHA-256 over the enclave's initial memory and layout, 32 bytes.
    public var mrenclave: ArraySlice<UInt8> { field(64, 32) }
    /// SHA-256 of the signer's RSA modulus, 32 bytes.
    public var mrsigner: ArraySlice<UInt8> { field(128, 32) }
    public var configID: ArraySlice<UInt8> { field(192, 64) }
    public var productID: UInt16 { UInt16(integer(256, 2)) }
    public var securityVersion: UInt16 { UInt16(integer(258, 2)) }
    public var configSVN: UInt16 { UInt16(integer(260, 2)) }
    /// What the enclave wanted to say, 64 bytes.
    public var reportData: ArraySlice<UInt8> { field(320, 64) }
}

/// ATTRIBUTES.FLAGS of an enclave.
public struct EnclaveAttributes: OptionSet, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let initialised = Self(rawValue: 1 << 0)
    /// The operator can read and change the enclave's memory.
    public static let debug = Self(rawValue: 1 << 1)
    public static let mode64Bit = Self(rawValue: 1 << 2)
    public static let provisionKey = Self(rawValue: 1 << 4)
    public static let einitTokenKey = Self(rawValue: 1 << 5)
    public static let cet = Self(rawValue: 1 << 6)
    public static let kss = Self(rawValue: 1 << 7)
    public static let aexNotify = Self(rawValue: 1 << 10)

    public var description: String {
        let names = ["INIT", "DEBUG", "MODE64BIT", nil, "PROVISION_KEY", "EINITTOKEN_KEY", "CET", "KSS", nil, nil, "AEX_NOTIFY"]
        return (0..<64).filter { rawValue >> $0 & 1 == 1 }.map { $0 < names.count ? names[$0] ?? "bit \($0)" : "bit \($0)" }.joined(
            separator: " ")
    }
}

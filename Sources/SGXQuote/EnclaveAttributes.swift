/// ATTRIBUTES.FLAGS of an enclave.
public struct EnclaveAttributes: NamedBits {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Whether EINIT has run.
    public static let initialised = Self(rawValue: 1 << 0)
    /// The operator can read and change the enclave's memory.
    public static let debug = Self(rawValue: 1 << 1)
    /// Whether it runs in 64-bit mode.
    public static let mode64Bit = Self(rawValue: 1 << 2)
    /// Whether it may have the provisioning key.
    public static let provisionKey = Self(rawValue: 1 << 4)
    /// Whether it may have the launch key.
    public static let einitTokenKey = Self(rawValue: 1 << 5)
    /// Whether it uses control-flow enforcement.
    public static let cet = Self(rawValue: 1 << 6)
    /// Key separation and sharing: without it CONFIGID, CONFIGSVN, ISVEXTPRODID and ISVFAMILYID mean nothing.
    public static let kss = Self(rawValue: 1 << 7)
    /// Whether it is told of asynchronous exits.
    public static let aexNotify = Self(rawValue: 1 << 10)

    public static let names = [
        0: "INIT", 1: "DEBUG", 2: "MODE64BIT", 4: "PROVISION_KEY", 5: "EINITTOKEN_KEY", 6: "CET", 7: "KSS",
        10: "AEX_NOTIFY",
    ]
}

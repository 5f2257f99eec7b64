/// What Intel signs about a platform, as delivered and not yet believed (PCS API, version 4).
public struct Collateral: Hashable, Sendable {
    /// DER, PEM or hexadecimal text.
    public var rootCRL: [UInt8]
    public var pckCRL: [UInt8]
    /// The body of the service's answer, exact bytes: `{"tcbInfo":…,"signature":…}`.
    public var tcbInfo: [UInt8]
    public var qeIdentity: [UInt8]
    /// PEM: TCB signer, root.
    public var tcbInfoChain: [UInt8]
    public var qeIdentityChain: [UInt8]
    /// PEM: leaf, PCK CA, root; used for quotes that carry no chain of their own.
    public var pckChain: [UInt8]?
    /// PEM: PCK CA, root. No quote is judged with it: there the PCK's own chain counts.
    public var pckCRLChain: [UInt8]?

    public init(
        rootCRL: [UInt8],
        pckCRL: [UInt8],
        tcbInfo: [UInt8],
        qeIdentity: [UInt8],
        tcbInfoChain: [UInt8],
        qeIdentityChain: [UInt8],
        pckChain: [UInt8]? = nil,
        pckCRLChain: [UInt8]? = nil
    ) {
        self.rootCRL = rootCRL
        self.pckCRL = pckCRL
        self.tcbInfo = tcbInfo
        self.qeIdentity = qeIdentity
        self.tcbInfoChain = tcbInfoChain
        self.qeIdentityChain = qeIdentityChain
        self.pckChain = pckChain
        self.pckCRLChain = pckCRLChain
    }
}

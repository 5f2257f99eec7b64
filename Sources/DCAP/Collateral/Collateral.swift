/// What Intel signs about a platform, as delivered and not yet believed (PCS API, version 4).
public struct Collateral: Hashable, Sendable {
    /// DER, PEM or hexadecimal text.
    public var rootCRL: [UInt8]
    /// The list of the CA that issues PCK certificates, DER or PEM.
    public var pckCRL: [UInt8]
    /// The body of the service's answer, exact bytes: `{"tcbInfo":…,"signature":…}`.
    public var tcbInfo: [UInt8]
    /// The quoting enclave's identity, JSON with signature.
    public var qeIdentity: [UInt8]
    /// PEM: TCB signer, root.
    public var tcbInfoChain: [UInt8]
    /// Who signed the identity, PEM.
    public var qeIdentityChain: [UInt8]
    /// PEM: leaf, PCK CA, root; used for quotes that carry no chain of their own.
    public var pckChain: [UInt8]?
    /// PEM: PCK CA, root. No quote is judged with it: there the PCK's own chain counts.
    public var pckCRLChain: [UInt8]?

    /// Of parts as they were delivered.
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

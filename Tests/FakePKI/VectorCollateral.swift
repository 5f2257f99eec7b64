import DCAP

extension Collateral {
    /// Of the files that vectors consist of, by their names.
    /// - Parameter pckChain: nil where the quote brings it.
    package init(vector file: (String) throws -> [UInt8], pckChain: [UInt8]? = nil) rethrows {
        self.init(
            rootCRL: try file("root_ca.crl.der"),
            pckCRL: try file("pck.crl.der"),
            tcbInfo: try file("tcb_info.json"),
            qeIdentity: try file("qe_identity.json"),
            tcbInfoChain: try file("tcb_info_chain.pem"),
            qeIdentityChain: try file("qe_identity_chain.pem"),
            pckChain: pckChain
        )
    }
}

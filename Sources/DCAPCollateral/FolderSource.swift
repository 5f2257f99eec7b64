public import DCAP
internal import Files

/// A folder with one platform's collateral, under fixed names.
public struct FolderSource: CollateralSource {
    public let folder: String
    private static let byteLimit = 4 << 20

    public init(_ folder: String) {
        self.folder = folder
    }

    public func collateral(for platform: PlatformQuery) throws(CollateralError) -> Collateral { try read() }

    /// The names are those that DCAP vectors and PCS clients use.
    public func read() throws(CollateralError) -> Collateral {
        func file(_ name: String) throws(CollateralError) -> [UInt8] {
            do {
                return try Files.read(folder + "/" + name, limit: Self.byteLimit)
            } catch {
                throw CollateralError(error.path, error.problem)
            }
        }
        let pckChain = Files.exists(folder + "/pck_chain.pem") ? try file("pck_chain.pem") : nil
        return Collateral(
            rootCRL: try file("root_ca.crl.der"), pckCRL: try file("pck.crl.der"), tcbInfo: try file("tcb_info.json"),
            qeIdentity: try file("qe_identity.json"),
            tcbInfoChain: try file("tcb_info_chain.pem"), qeIdentityChain: try file("qe_identity_chain.pem"), pckChain: pckChain)
    }
}

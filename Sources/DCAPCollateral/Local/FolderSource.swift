public import DCAP
internal import Files

/// A folder with one platform's collateral, under the names that PCS clients use.
public struct FolderSource: CollateralSource {
    /// Its path.
    public let folder: String
    private static let byteLimit = 4 << 20
    private static let chainName = "pck_chain.pem", authorityChainName = "pck_crl_chain.pem"

    /// A folder with the files that `write` makes.
    public init(_ folder: String) {
        self.folder = folder
    }

    public var name: String { folder }

    public func collateral(for request: CollateralRequest) throws(CollateralError) -> CollateralDelivery {
        CollateralDelivery(try read(), from: folder)
    }

    /// Whether a folder looks like one of these.
    public static func isOne(_ folder: String) -> Bool { Files.exists(folder + "/tcb_info.json") }

    /// What the folder holds.
    public func read() throws(CollateralError) -> Collateral {
        func file(_ name: String) throws(CollateralError) -> [UInt8] {
            do {
                return try Files.read(folder + "/" + name, limit: Self.byteLimit)
            } catch {
                throw CollateralError(error.path, kind: .malformed, error.problem)
            }
        }
        func optional(_ name: String) throws(CollateralError) -> [UInt8]? {
            Files.exists(folder + "/" + name) ? try file(name) : nil
        }
        return Collateral(
            rootCRL: try file("root_ca.crl.der"),
            pckCRL: try file("pck.crl.der"),
            tcbInfo: try file("tcb_info.json"),
            qeIdentity: try file("qe_identity.json"),
            tcbInfoChain: try file("tcb_info_chain.pem"),
            qeIdentityChain: try file("qe_identity_chain.pem"),
            pckChain: try optional(Self.chainName),
            pckCRLChain: try optional(Self.authorityChainName)
        )
    }

    /// Writes collateral into the folder, which is made if it isn't there.
    public func write(_ collateral: Collateral) throws(CollateralError) {
        let files: [(name: String, bytes: [UInt8]?)] = [
            ("root_ca.crl.der", collateral.rootCRL), ("pck.crl.der", collateral.pckCRL),
            ("tcb_info.json", collateral.tcbInfo),
            ("qe_identity.json", collateral.qeIdentity), ("tcb_info_chain.pem", collateral.tcbInfoChain),
            ("qe_identity_chain.pem", collateral.qeIdentityChain), (Self.chainName, collateral.pckChain),
            (Self.authorityChainName, collateral.pckCRLChain),
        ]
        do {
            var result = try ResultFolder(folder)
            try Files.write(files.compactMap { file in file.bytes.map { ($0, folder + "/" + file.name) } })
            result.keep()
        } catch {
            throw CollateralError(error.path, kind: .malformed, error.problem)
        }
    }
}

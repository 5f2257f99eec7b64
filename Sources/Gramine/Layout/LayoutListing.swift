internal import Notation

extension EnclaveLayout {
    /// What Gramine's signer prints of an enclave: size, threads, attestation, areas.
    /// - Parameter manifest: the one that is laid out.
    package func listing(of manifest: Manifest) -> String {
        let attestation =
            switch manifest["sgx", "remote_attestation"]?.value {
            case .string("none"): "None"
            case .string("dcap"): "DCAP/ECDSA"
            default: "<unrecognized>"
            }
        return """
            Attributes (required for enclave measurement):
                size:        0x\(String(settings.size, radix: 16))
                edmm:        \(settings.usesDynamicMemory ? "True" : "False")
                max_threads: \(settings.maximumThreads)
            SGX remote attestation:
                \(attestation)
            Memory:

            """ + areas.map { "    \($0.listing)\n" }.joined()
    }
}

extension MemoryArea {
    /// `REG` or `TCS`.
    package var kind: String { isThreadControl ? "TCS" : "REG" }

    fileprivate var listing: String {
        func digits(_ number: UInt64) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: max(0, 16 - text.utf8.count)) + text
        }
        let range = digits(address) + "-" + digits(end)
        return "\(range) [\(kind):\(permissions)] (\(name.rawValue))" + (isMeasured ? " measured" : "")
    }
}

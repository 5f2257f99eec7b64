public import ArgumentParser
import Enclave
public import PackageFormat

extension EnclaveSettings.Platform: ExpressibleByArgument {}

extension EnclaveSettings.Platform {
    /// - Parameter attestationFolder: Gramine's pseudo files.
    /// - Throws: `EnclaveError` where this process runs on another one.
    func enclave(attestationFolder: String) throws(EnclaveError) -> any EnclavePlatform {
        switch self {
        case .sgx: try GraminePlatform(folder: attestationFolder)
        case .simulator: try SimulatedEnclave()
        }
    }
}

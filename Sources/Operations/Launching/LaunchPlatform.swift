internal import PackageFormat

extension EnclaveSettings.Platform {
    /// - Parameter subject: what was to run on it.
    /// - Throws: `OperationError` for one that nothing can be made for or launched on yet.
    func checkIsBuilt(for subject: String) throws(OperationError) {
        guard self == .sgx else { return }
        throw OperationError(
            subject,
            "SGX needs Gramine's manifest and signature, which this version doesn't make yet; --platform simulator works on any machine"
        )
    }

    /// What its measurements are worth.
    var words: String {
        switch self {
        case .simulator: "simulated: this is no value of a real enclave"
        case .sgx: "SGX under Gramine"
        }
    }
}

internal import Files
internal import Notation
internal import PackageFormat
internal import PackageMeasurement
internal import SGXQuote

/// The package whose measurement was a reference value, and what it fixes.
struct JudgedPackage: Sendable {
    let name: String
    let file: PackageFile
    /// Nil for a package of the original, which says no measurement.
    let measurement: FixedBytes<32>?
    private let settings: EnclaveSettings?

    /// Reads it, once for all that is asked of it.
    init(_ path: String) throws {
        name = Files.split(path).name
        file = try NamedFile.package(path).packageFile()
        let enclave = file.runtime == nil ? nil : try file.enclave()
        settings = enclave?.record.settings
        measurement = enclave?.measurement
    }

    /// What is measured, for an enclave of this measurement; nil for any other, of which nothing is known.
    func settings(of mrenclave: FixedBytes<32>?) -> EnclaveSettings? {
        measurement == mrenclave ? settings : nil
    }
}

extension EnclaveSettings {
    /// As the verdict's document shows them.
    var shown: Node {
        .object([
            "application": Node(application), "mode": Node(mode.name), "platform": Node(agent.platform.rawValue),
            "log": Node(log.rawValue),
        ])
    }
}

extension EnclaveSettings.Mode {
    var name: String {
        switch self {
        case .encrypted: "encrypted"
        case .plain: "plain"
        case .open: "open"
        }
    }

    var words: String {
        switch self {
        case .encrypted: "encrypted, started by its key"
        case .plain: "plain, started by its token"
        case .open: "plain, started by anybody"
        }
    }
}

extension EnclaveSettings.Log {
    var words: String {
        switch self {
        case .sealed: "what the application says is sealed for its owner"
        case .open: "OPEN: what the application says, the operator reads"
        case .none: "what the application says is kept nowhere"
        }
    }
}

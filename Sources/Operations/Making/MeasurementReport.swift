internal import Notation
internal import PackageFormat
internal import PackageMeasurement

/// A package's reference value, and what went into it.
public struct MeasurementReport: Report {
    let record: EnclaveRecord
    /// Nil for a platform that nothing here launches on.
    let worth: PlatformWorth?

    private var value: String { Hex.text(record.measurement) }

    public var text: String {
        let settings = record.settings, enclave = record.settings.enclave
        return """
            MRENCLAVE    \(value)
              application  \(settings.application.printable()), code \(settings.mode.words)
              Python       \(settings.python.printable())
              log          \(settings.log.words)
              enclave      \(enclave.byteCount >> 20) MiB, \(enclave.threads) threads, \
            product \(enclave.productID), SVN \(enclave.securityVersion)
              files        \(record.files.count), of the runtime and app.tar, environment.tar
              platform     \(worth?.measurementWords ?? settings.agent.platform.rawValue)

            """
    }

    public var json: String {
        JSON.pretty(
            .object([
                "mrenclave": Node(value),
                "simulated": Node(.boolean(worth == .simulated)),
                "record": record.node,
            ])
        )
    }
}

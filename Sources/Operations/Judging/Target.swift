internal import Files
internal import FoundationEssentials
internal import Notation
internal import RATLS

/// What `verify` and `run` are pointed at.
enum Target: Sendable {
    case service(ServiceState, host: String, port: Int)
    case address(host: String, port: Int)
    case file(String)

    /// A service that was launched here, an address, or a file.
    init(_ text: String, _ state: StateFolder) throws {
        try state.check()
        if text.hasPrefix("https://") {
            let address = try NetworkAddress(text)
            guard address.isOrigin else { throw NetworkAddress.mismatch(text) }
            self = .address(host: address.host, port: address.port ?? 443)
        } else if LaunchRecord.isName(text), let service = try? ServiceState.existing(text, in: state) {
            let launch = try service.launch()
            self = .service(service, host: ListeningAddress.reachable(launch.host), port: launch.port)
        } else if Files.exists(text) {
            self = .file(text)
        } else {
            throw OperationError(
                text.printable(),
                "is neither a service here ('mse list'), nor an https address, nor a file",
                code: .targetUnknown
            )
        }
    }
}

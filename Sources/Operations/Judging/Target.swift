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
                mend: Self.address(meantBy: text).map { "name the address with its scheme: \($0)" },
                code: .targetUnknown
            )
        }
    }

    /// What is an address but for its beginning: a host with a port, or another scheme.
    private static func address(meantBy text: String) -> String? {
        let bare = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        let meant = "https://" + bare
        guard bare.utf8.count <= 300, let address = try? NetworkAddress(meant), address.isOrigin,
            address.port != nil || bare.utf8.count < text.utf8.count
        else { return nil }
        return meant
    }
}

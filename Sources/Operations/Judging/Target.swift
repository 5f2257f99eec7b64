internal import Files
internal import Foundation
internal import Notation
internal import RATLS
internal import SimulatedProcessor

/// What `verify` and `run` are pointed at.
enum Target: Sendable {
    case service(ServiceState, host: String, port: Int)
    case address(host: String, port: Int)
    case file(String)

    /// A service that was launched here, an address, or a file.
    init(_ text: String, _ state: StateFolder) throws {
        if text.hasPrefix("https://") {
            let (host, port) = try Self.parse(text)
            self = .address(host: host, port: port)
        } else if LaunchRecord.isName(text), let service = try? ServiceState.existing(text, in: state) {
            let launch = try service.launch()
            self = .service(service, host: Self.reachable(launch.host), port: launch.port)
        } else if Files.exists(text) {
            self = .file(text)
        } else {
            throw OperationError(NotationError.printable(text), "is neither a service here ('mse list'), nor an https address, nor a file")
        }
    }

    /// The address to connect to for one that means "all".
    static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0", "": "127.0.0.1"
        case "::", "[::]": "::1"
        default: host
        }
    }

    /// Port 443 when none is named; brackets around IPv6 addresses.
    private static func parse(_ text: String) throws -> (String, Int) {
        guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty, url.user == nil,
            url.path.isEmpty || url.path == "/"
        else {
            throw OperationError(NotationError.printable(text), "an address such as https://localhost:7443 expected")
        }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        return (bare, url.port ?? 443)
    }
}

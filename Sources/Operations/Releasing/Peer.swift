internal import Attestation
internal import RATLS

/// Whom a release calls, and what is known of him besides the policy.
struct Peer: Sendable {
    /// As it was named.
    let name: String
    let host: String
    let port: Int
    let title: String
    let expectation: Expectation
    /// Nil for an address.
    let service: ServiceState?
    /// Where it was launched, if that was by this user.
    let place: LaunchPlace?

    /// - Throws: for a file: nothing listens there.
    init(_ target: String, _ surroundings: Surroundings) throws {
        name = target
        switch try Target(target, surroundings.state) {
        case .file(let path):
            throw OperationError(path, "a service or an address is needed: files can't be started", code: .targetFile)
        case .address(let host, let port):
            self.host = host
            self.port = port
            title = target
            expectation = Expectation(host: host)
            service = nil
            place = nil
        case .service(let service, let host, let port):
            self.host = host
            self.port = port
            title = "\(service.name)  \(NetworkAddress.text(host, port))"
            expectation = Expectation(name: service.name, id: try service.launch().id)
            self.service = service
            place = try surroundings.places.place(of: service)
        }
    }
}

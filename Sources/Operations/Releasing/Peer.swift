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
    /// Where it was launched, if that was by this user.
    let place: LaunchPlace?
    /// Nil for an address.
    let process: ServiceProcess?

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
            place = nil
            process = nil
        case .service(let service, let host, let port):
            self.host = host
            self.port = port
            title = "\(service.name)  \(NetworkAddress.text(host, port))"
            expectation = Expectation(name: service.name, id: try service.launch().id)
            let place = try surroundings.places.place(of: service)
            process = ServiceProcess(service, at: place, surroundings.clock)
            self.place = place
        }
    }

    /// Does what calls it; of one that was launched here and isn't there that is told, and not what the network says.
    func called<Value>(_ body: () async throws -> Value) async throws -> Value {
        guard let process else { return try await body() }
        return try await process.called(body)
    }

    /// How it ended, where it was launched here and has, or does so within some seconds: its launcher knows.
    func end(within seconds: Int) async -> String? { await process?.end(within: seconds) }
}

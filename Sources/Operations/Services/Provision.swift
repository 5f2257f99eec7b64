internal import Attestation
internal import CodeEncryption
internal import CodePackage
internal import DCAP
internal import DCAPCollateral
internal import Files
internal import Foundation
internal import Glibc
internal import Notation
internal import RATLS
internal import RATLSTransport
internal import SimulatedProcessor
internal import StrictX509
internal import Synchronization

/// Verifies a service and releases key and secrets to it, over the very connection that was verified.
public struct Provision: Sendable {
    public var target: String
    public var options: JudgingOptions
    public var key: String?
    public var secrets: String?
    public var sealedSecrets: String?
    public var privateKey: String?
    private let state: StateFolder

    public init(
        target: String, options: JudgingOptions, key: String?, secrets: String?, sealedSecrets: String?, privateKey: String?,
        state: StateFolder = StateFolder()
    ) {
        self.target = target
        self.options = options
        self.key = key
        self.secrets = secrets
        self.sealedSecrets = sealedSecrets
        self.privateKey = privateKey
        self.state = state
    }

    private static let readySeconds = 120
    /// What the configuration server takes.
    private static let bodyLimit = 1 << 20

    /// - Returns: the verdict; provisioned only when it is accepted.
    public func run() async throws -> Judgement {
        let verifier = try options.verifier(state)
        var service: ServiceState?
        let host: String, port: Int
        switch try Target(target, state) {
        case .file(let path): throw OperationError(path, "a service or an address is needed: files can't be started")
        case .address(let name, let number): (host, port) = (name, number)
        case .service(let found, let name, let number): (service, host, port) = (found, name, number)
        }
        // Everything that can be wrong here is found before anybody is called.
        var material = try Material(self)
        defer { material.wipe() }
        let healthCheck = try options.package.map { try PackageFile($0).configuration.healthCheck } ?? "/"
        let platform = try service.flatMap { try Verify.platform(of: $0, state) }
        let expectation = try service.map { Expectation(name: $0.name, id: try $0.launch().id) } ?? Expectation(host: host)
        let title = service.map { "\($0.name)  https://\(host):\(port)" } ?? target
        let package = options.package.map { Files.split($0).name }

        let box = JudgedBox()
        let connection: AttestedConnection
        do {
            connection = try await AttestedConnection.open(host: host, port: port) { [options, state] certificate in
                let time = Int64(Date().timeIntervalSince1970)
                let delivery = try await options.collateral(
                    for: certificate.quote, platform: platform, at: time, maximumAge: verifier.policy.tcb.maximumCollateralAge, state)
                let verdict = verifier.judge(Evidence(certificate), with: delivery.collateral, expecting: expectation, at: time)
                box.value.withLock { $0 = Judgement(title: title, verdict: verdict, package: package, collateral: delivery) }
                return verdict.isAccepted
            }
        } catch {
            if case .refused = error, let judgement = box.value.withLock({ $0 }) { return judgement }
            throw OperationError(target, "\(error)")
        }
        guard let judgement = box.value.withLock({ $0 }), judgement.isAccepted else { throw OperationError(target, "was not judged") }
        guard let id = connection.certificate.launch?.id else {
            connection.close()
            throw OperationError(target, "its certificate has no launch record, so there is no id to configure it by")
        }
        var body = try material.body(id: id)
        defer { body.wipe() }
        guard body.count < Self.bodyLimit else {
            connection.close()
            throw OperationError(
                target, "key and secrets together make \(body.count) bytes; a service takes less than \(Self.bodyLimit)")
        }
        let response: AttestedConnection.Response
        do {
            response = try await connection.request("POST", "/", body: body)
        } catch {
            throw OperationError(target, "the configuration was not answered: \(error)")
        }
        guard response.status == 200 else { throw OperationError(target, Self.refusal(response)) }
        try await waitUntilReady(host, port, connection.certificate, healthCheck, service)
        return judgement
    }

    private final class JudgedBox: Sendable {
        let value = Mutex<Judgement?>(nil)
    }

    private static func refusal(_ response: AttestedConnection.Response) -> String {
        if response.status == 401, case .string(let message)? = (try? JSON.read(response.body))?["message"]?.value {
            return "the service refused the configuration: \(NotationError.printable(message))"
        }
        return response.status == 401
            ? "the service refused the configuration"
            : "is not waiting for a configuration (it answered \(response.status)); was it configured already?"
    }

    /// Asks until the application answers, over connections to this very certificate.
    private func waitUntilReady(_ host: String, _ port: Int, _ certificate: AttestedCertificate, _ path: String, _ service: ServiceState?)
        async throws
    {
        let pin = certificate.certificate.der
        let end = ContinuousClock.now + .seconds(Self.readySeconds)
        while ContinuousClock.now < end {
            if let service, let code = service.exitCode {
                throw OperationError(service.name, "ended with exit code \(code):\n\(service.logTail(12))")
            }
            if let connection = try? await AttestedConnection.open(host: host, port: port, judge: { $0.certificate.der == pin }),
                let response = try? await connection.request("GET", path, seconds: 10), response.status != 503,
                response.header("Mse-Status") == nil
            {
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw OperationError(target, "was configured, but does not answer within \(Self.readySeconds) seconds")
    }

    /// What is released, read before anybody is called.
    private struct Material {
        var key: [UInt8]?
        var secrets: Node?
        var sealedSecrets: [UInt8]?
        var privateKey: [UInt8]?

        init(_ operation: Provision) throws {
            if let path = operation.key {
                let bytes = try Files.read(path, limit: 4096)
                guard bytes.count == CodeKey.byteCount else {
                    throw OperationError(path, "a key of \(CodeKey.byteCount) bytes expected, found \(bytes.count)")
                }
                key = bytes
            }
            if let path = operation.secrets {
                do {
                    secrets = try JSON.read(try Files.read(path, limit: 8 << 20), depthLimit: 60)
                } catch let error as NotationError {
                    throw OperationError(path, "\(error)")
                }
            }
            if let path = operation.sealedSecrets { sealedSecrets = try Files.read(path, limit: 8 << 20) }
            if let path = operation.privateKey { privateKey = try Files.read(path, limit: 1 << 20) }
        }

        func body(id: String) throws -> [UInt8] {
            Array(
                JSON.canonical(
                    .object([
                        "uuid": Node(id), "code_secret_key": key.map { Node(Hex.text($0)) }, "app_secrets": secrets,
                        "app_sealed_secrets": sealedSecrets.map { Node(Base64.text($0, .url, padded: false)) },
                        "ssl_private_key": privateKey.map { Node(String(decoding: $0, as: UTF8.self)) },
                    ])
                ).utf8)
        }

        mutating func wipe() {
            key?.wipe()
            privateKey?.wipe()
        }
    }
}

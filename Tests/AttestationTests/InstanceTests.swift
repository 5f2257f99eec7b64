import Attestation
import Crypto
import DCAP
import Notation
import PackageFormat
import PackageMeasurement
import RATLS
import SGXQuote
import SimulatedProcessor
import TestSupport
import Testing

/// One package, many instances: what differs between them isn't measured, and what is measured doesn't differ.
@Suite("Instances of one package")
struct InstanceTests {
    private static let now = Timestamp(seconds: 1_764_000_000)
    private let folder: TemporaryFolder
    private let platform: SimulatedPlatform
    private let verifier: Verifier

    private static func record() -> EnclaveRecord {
        let loader = Array(SHA256.hash(data: SmallLoader.bytes()))
        var settings = EnclaveSettings(
            application: "app:app",
            mode: .encrypted,
            python: "3.11.2",
            agent: .init(path: "/opt/mse/mse-bootstrap", loader: "/opt/mse/loader", platform: .simulator)
        )
        settings.enclave.byteCount = 256 << 20
        settings.enclave.threads = 8
        return EnclaveRecord(
            settings: settings,
            files: [
                .init(path: "/opt/mse/mse-bootstrap", digest: [UInt8](repeating: 1, count: 32)),
                .init(path: "/opt/mse/loader", digest: loader),
                .init(path: "app.tar", digest: [UInt8](repeating: 2, count: 32)),
            ]
        )
    }

    init() throws {
        folder = try TemporaryFolder()
        platform = try SimulatedPlatform.make(in: folder.path, now: Self.now)
        var policy = AttestationPolicy()
        // From the package alone, once.
        policy.measurement.mrenclave = [
            try PackageEnclave(Self.record(), loader: SmallLoader.bytes()).measurement
        ]
        verifier = Verifier(anchor: try TrustAnchor(file: try folder.read("root.pem")), policy: policy)
    }

    /// As its processor and its agent make one.
    private func verdict(_ number: Int, _ record: EnclaveRecord, isDebug: Bool = false) throws -> Verdict {
        let key = P256.Signing.PrivateKey()
        let binding = ReportDataBinding(
            point: Array(key.publicKey.x963Representation),
            sealingKey: [UInt8](repeating: UInt8(number), count: 32)
        )
        let enclave = try PackageEnclave(record, loader: SmallLoader.bytes())
        let quote = try platform.quote(
            for: LaunchedEnclave(enclave, isDebug: isDebug),
            reportData: binding.encoded
        )
        let launch = try LaunchRecord(
            id: "533a2b83-4bc5-4a9c-955e-" + String(number + 0x208c_530b_fd15, radix: 16),
            name: "hello-\(number)",
            sans: ["h\(number).example.org"],
            host: "127.0.0.\(number + 1)",
            port: 7000 + number,
            subject: nil,
            notAfter: Self.now + .seconds(Int64(number + 1) * 86400),
            configurationTimeout: number
        )
        let der = try CertificateMaker(launch).make(key: key, quote: quote, now: Self.now)
        return verifier.judge(
            try Evidence(AttestedCertificate(der: der)),
            with: try platform.collateral(at: Self.now),
            at: Self.now
        )
    }

    @Test("a hundred of other names, ports and ids are judged by one value")
    func hundred() throws {
        for number in 0..<100 {
            let verdict = try verdict(number, Self.record())
            #expect(verdict.reasons.isEmpty, "\(number): \(verdict.reasons)")
        }
    }

    @Test("one whose record was altered is refused")
    func altered() throws {
        let changes: [(inout EnclaveRecord) -> Void] = [
            { $0.settings.application = "app:other" }, { $0.settings.log = .open },
            { $0.settings.enclave.threads += 1 }, { $0.files[1].digest[31] ^= 1 },
            { $0.files.append(.init(path: "environment.tar", digest: $0.files[0].digest)) },
        ]
        for change in changes {
            var record = Self.record()
            change(&record)
            #expect(try verdict(1, record).reasons.map(\.code) == [.measurementDiffers])
        }
    }

    @Test("a debug enclave is told as one, whether its operator wants it so or its package")
    func debug() throws {
        #expect(try verdict(1, Self.record(), isDebug: true).reasons.map(\.code) == [.debugEnclave])
        var record = Self.record()
        record.settings.enclave.isDebug = true
        #expect(try Set(verdict(1, record).reasons.map(\.code)) == [.debugEnclave, .measurementDiffers])
    }
}

import DCAP
import DCAPCollateral
import Files
import KernelEvents
import Notation
import PackageFormat
import Processes
import RATLS
import Synchronization
import TestSupport
import WallClock

@testable import Operations

/// A platform that no package of this machine is for, and whose enclaves are nowhere.
struct OtherPlatform: LaunchPlatform {
    let name = EnclaveSettings.Platform.sgx
    let worth = PlatformWorth.genuine("another processor")

    func loader() throws -> String { "/other/loader" }
    func check() throws {}
    func check(package: String, of subject: String, afterwards: String) throws {}
    func collateral(at time: Timestamp) throws -> CollateralDelivery? {
        let collateral = Collateral(
            rootCRL: [],
            pckCRL: [],
            tcbInfo: Array("at \(time)".utf8),
            qeIdentity: [],
            tcbInfoChain: [],
            qeIdentityChain: []
        )
        return CollateralDelivery(collateral, from: "another place")
    }
    func run(
        _ instance: borrowing MeasuredInstance,
        started: (Int32, [String]) throws -> Void
    ) throws -> Int32 { 7 }
}

/// Instances that are there when it is told so, and at whose addresses nobody listens.
final class OtherEngine: LaunchEngine {
    let name: String
    private let known: Mutex<(isThere: Bool, requests: [EndRequest], starts: Int)>
    /// It ends when it is asked so.
    private let obeys: EndRequest

    init(obeys: EndRequest = .whenSaved, name: String = "elsewhere", isThere: Bool = true) {
        known = Mutex((isThere, [], 0))
        self.obeys = obeys
        self.name = name
    }

    var requests: [EndRequest] { known.withLock { $0.requests } }
    var starts: Int { known.withLock { $0.starts } }

    func start(_ service: ServiceState, renews: Bool) throws -> RunningProgram {
        known.withLock {
            $0.starts += 1
            $0.isThere = true
        }
        return try ProgramRun("/bin/true", []).start()
    }
    func presence(of service: ServiceState) -> InstancePresence {
        known.withLock { $0.isThere ? .whole(process: 4711) : .gone }
    }
    func watch(_ service: ServiceState, by events: KernelEvents) { events.watchBlindly() }
    func send(_ request: EndRequest, to service: ServiceState) {
        known.withLock {
            $0.requests.append(request)
            if request == obeys { $0.isThere = false }
        }
    }
    func logFiles(of service: ServiceState) -> [String] { [service.folder + "/elsewhere.log"] }
    func missingProtection(of service: ServiceState) -> [String] { [] }
}

enum OtherPlace {
    /// By the clock of whoever asks there.
    static let now = Timestamp(seconds: 1_900_000_000)

    /// An instance in a state folder of its own, as `spawn` leaves one that nobody listens for.
    static func withInstance(
        on engine: OtherEngine,
        notAfter: Timestamp = Timestamp(seconds: 4_000_000_000),
        _ body: (Surroundings, ServiceState) async throws -> Void
    ) async throws {
        let folder = try Files.makeTemporaryFolder(in: "/tmp", prefix: "mse-operations-tests")
        defer { try? Files.remove(folder) }
        let state = StateFolder(environment: ["MSE_HOME": folder + "/state", "HOME": folder])
        try state.prepare()
        let service = try ServiceState("other", in: state)
        try Files.makeFolder(service.sealedFolder, mode: 0o700)
        let launch = try LaunchRecord(
            id: "533a2b83-4bc5-4a9c-955e-208c530bfd15",
            name: "other",
            sans: ["localhost"],
            host: "127.0.0.1",
            port: FreePort.reserve(),
            subject: nil,
            notAfter: notAfter,
            configurationTimeout: 0
        )
        try Files.write(launch.encoded, to: service.launchPath)
        try service.write(
            .init(
                platform: .sgx,
                engine: engine.name,
                isDebug: false,
                startedAt: Timestamp(seconds: 1_800_000_000),
                mrenclave: nil,
                healthCheck: "/"
            )
        )
        let place = LaunchPlace(platform: OtherPlatform(), engine: engine)
        let clock = WallClock.stopped(at: now)
        try await body(
            Surroundings(
                state: state,
                places: LaunchPlaces(LaunchPlaces(in: state, clock).all + [place]),
                clock: clock
            ),
            service
        )
    }
}

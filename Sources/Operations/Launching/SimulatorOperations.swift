internal import Files
internal import Notation
internal import SimulatedProcessor
internal import WallClock

/// The simulated processor of this user.
public struct SimulatorOperations: Sendable {
    private let surroundings: Surroundings
    private var state: StateFolder { surroundings.state }

    public init(in surroundings: Surroundings = Surroundings()) { self.surroundings = surroundings }

    private func platform() throws -> SimulatedPlatform {
        try state.check()
        return try SimulatedPlatform(folder: state.simulator)
    }

    /// - Returns: the root certificate's path, and whether it was made now.
    public func make(anew: Bool) throws -> (path: String, isNew: Bool) {
        try state.prepare()
        try Files.makeFolder(state.simulator, mode: 0o700)
        let path = SimulatedPlatform.rootPath(in: state.simulator)
        if SimulatedPlatform.exists(in: state.simulator), !anew { return (path, false) }
        _ = try SimulatedPlatform.make(in: state.simulator, now: surroundings.clock.now)
        return (path, true)
    }

    public func rootPath() throws -> String {
        _ = try platform()
        return SimulatedPlatform.rootPath(in: state.simulator)
    }

    public func recover() throws { try platform().recover() }
    public func revokePCK() throws { try platform().revokePCK() }
    public func revokeAuthority() throws { try platform().revokeAuthority() }
    public func expire() throws { try platform().expire() }

    /// Serves collateral as Intel's service does, until SIGTERM.
    public func serve(port: Int, started: (Int) -> Void) async throws {
        try await CollateralService(platform: platform(), clock: surroundings.clock).run(port: port, started: started)
    }
}

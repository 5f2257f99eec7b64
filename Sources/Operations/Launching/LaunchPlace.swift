internal import Notation
internal import PackageFormat
internal import WallClock

/// Where enclaves are launched: a platform, and the engine that brings instances to it.
struct LaunchPlace: Sendable {
    let platform: any LaunchPlatform
    let engine: any LaunchEngine
}

/// The places that there are.
struct LaunchPlaces: Sendable {
    let all: [LaunchPlace]

    init(_ all: [LaunchPlace]) { self.all = all }

    /// A further place is a file of its own, and a line here.
    init(in state: StateFolder, _ clock: WallClock) {
        self.init([
            .simulatedProcessor(state, clock)
        ])
    }

    /// The first on a platform is the one that is meant where nobody names an engine.
    subscript(platform: EnclaveSettings.Platform) -> LaunchPlace? { all.first { $0.platform.name == platform } }

    /// Whichever, for what is the same on all of them: this machine's interpreter.
    var any: LaunchPlace { all[0] }

    /// - Parameter subject: what was to run there.
    /// - Throws: `OperationError` for a platform that nothing can be made for or launched on yet.
    func place(on platform: EnclaveSettings.Platform, for subject: String) throws(OperationError) -> LaunchPlace {
        if let place = self[platform] { return place }
        throw OperationError(
            subject,
            """
            \(platform.rawValue.uppercased()) needs Gramine's manifest and signature, which this version doesn't make \
            yet; --platform simulator works on any machine
            """,
            code: .platformUnbuilt
        )
    }

    /// Where an instance was launched.
    func place(of service: ServiceState) throws -> LaunchPlace {
        let record = try service.record()
        if let place = all.first(where: { $0.platform.name == record.platform && $0.engine.name == record.engine }) {
            return place
        }
        _ = try place(on: record.platform, for: service.name)
        throw OperationError(
            service.name,
            "was launched by the engine \(record.engine.printable()), which this version hasn't",
            code: .platformUnbuilt
        )
    }
}

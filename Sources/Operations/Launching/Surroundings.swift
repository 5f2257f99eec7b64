public import FoundationEssentials
public import WallClock

/// What operations find around them: this user's state, the time, and the places where enclaves are launched.
public struct Surroundings: Sendable {
    let state: StateFolder
    let places: LaunchPlaces
    let clock: WallClock

    public init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        clock: WallClock = .system
    ) {
        let state = StateFolder(environment: environment)
        self.init(state: state, places: LaunchPlaces(in: state, clock), clock: clock)
    }

    init(state: StateFolder, places: LaunchPlaces, clock: WallClock) {
        self.state = state
        self.clock = clock
        self.places = places
    }
}

public import FoundationEssentials

/// What operations find around them: this user's state, and the places where enclaves are launched.
public struct Surroundings: Sendable {
    let state: StateFolder
    let places: LaunchPlaces

    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let state = StateFolder(environment: environment)
        self.init(state: state, places: LaunchPlaces(in: state))
    }

    init(state: StateFolder, places: LaunchPlaces) {
        self.state = state
        self.places = places
    }
}

/// The agent's life as states: what happened goes in, what is to be done comes out. It does nothing itself.
///
/// Its end has one order. Who is served already is drained first; who isn't has its server closed. HOME is sealed then,
/// once it had come back: an application may write there from its first line on. What comes last is the same for both:
/// `EnclaveAgent.live`.
struct AgentLife {
    enum State: Hashable, Sendable {
        /// For a configuration.
        case waiting
        /// Configured; HOME comes back.
        case restoring
        /// The application is loaded.
        case starting
        case serving
        /// Running requests end, then the application's exit functions.
        case draining
        /// Nothing was served yet, so nothing is to be drained.
        case closing(exitCode: Int32, sealsHome: Bool)
        /// HOME is sealed a last time.
        case sealing(exitCode: Int32)
        case ended(exitCode: Int32)
    }

    /// What happened. It may come in any order; what means nothing any more changes nothing.
    enum Event: Hashable, Sendable {
        case configured
        /// Nobody configured it in time.
        case timeLimit
        /// SIGTERM or SIGINT, whoever sent it: an application that wants to end sends it to itself.
        case termination
        /// `mse stop` asks whether it may.
        case stopRequest
        /// HOME is back.
        case restored
        case loaded
        /// An application that ends itself while it is loaded, too.
        case startFailed
        /// HOME, because of a request to stop.
        case saved(Bool)
        /// - Parameter left: of the grace.
        case drained(left: Duration)
        /// HOME, a last time.
        case sealed(Bool)
        case closed
    }

    /// What is to be done; each is done beside the others, and most of them end with an event.
    enum Step: Hashable, Sendable {
        /// The interpreter and the environment don't wait for the key.
        case prepare
        case judgeConfigurations
        case awaitConfiguration
        case awaitTimeLimit
        case awaitTermination
        case awaitStopRequest
        case restoreHome
        case load
        case serve
        case keepHome
        case saveHome
        /// To the operator, that its end has begun.
        case tellEnding
        case drain
        case sealHome(within: Duration)
        case close(grace: Duration)
    }

    /// What differs between instances.
    struct Terms: Hashable, Sendable {
        /// An earlier start was given a configuration, which is taken up again.
        var isConfigured: Bool
        var hasTimeLimit: Bool
        /// HOME lasts over restarts.
        var keepsHome: Bool
        /// For running requests.
        var grace: Duration
    }

    private(set) var state: State
    private let terms: Terms

    init(_ terms: Terms) {
        self.terms = terms
        state = !terms.isConfigured ? .waiting : terms.keepsHome ? .restoring : .starting
    }

    /// Nil while it lives.
    var exitCode: Int32? {
        if case .ended(let exitCode) = state { exitCode } else { nil }
    }

    /// What every life begins with.
    var firstSteps: [Step] {
        let always: [Step] = [.prepare, .awaitTermination, .awaitStopRequest]
        if terms.isConfigured { return always + [terms.keepsHome ? .restoreHome : .load] }
        return always + [.judgeConfigurations, .awaitConfiguration] + (terms.hasTimeLimit ? [.awaitTimeLimit] : [])
    }

    mutating func handle(_ event: Event) -> [Step] {
        switch (state, event) {
        case (.waiting, .configured):
            state = terms.keepsHome ? .restoring : .starting
            return [terms.keepsHome ? .restoreHome : .load]
        case (.waiting, .timeLimit): return close(EnclaveAgent.timeLimitExitCode, grace: .zero)
        case (.waiting, .termination), (.waiting, .stopRequest): return close(0, grace: .zero)
        case (.restoring, .startFailed): return close(1, grace: terms.grace)
        case (.restoring, .termination), (.restoring, .stopRequest): return close(0, grace: terms.grace)
        case (.restoring, .restored):
            state = .starting
            return [.load, .keepHome]
        case (.starting, .loaded):
            state = .serving
            return [.serve]
        case (.starting, .stopRequest) where terms.keepsHome, (.serving, .stopRequest) where terms.keepsHome:
            return [.saveHome]
        // Where HOME can't be sealed, the service goes on, and may be asked again.
        case (.starting, .saved(false)), (.serving, .saved(false)): return [.awaitStopRequest]
        case (.starting, .startFailed): return close(1, grace: terms.grace, sealsHome: terms.keepsHome)
        // An import that never returns must not keep the process.
        case (.starting, .termination), (.starting, .stopRequest), (.starting, .saved(true)):
            return close(0, grace: terms.grace, sealsHome: terms.keepsHome)
        case (.serving, .termination), (.serving, .stopRequest), (.serving, .saved(true)):
            state = .draining
            return [.tellEnding, .drain]
        case (.draining, .drained(let left)): return end(0, sealsHome: terms.keepsHome, within: left)
        case (.closing(let exitCode, let sealsHome), .closed):
            return end(exitCode, sealsHome: sealsHome, within: terms.grace)
        case (.sealing(let exitCode), .sealed(let isWhole)):
            // What was sealed before is whole in any case.
            state = .ended(exitCode: exitCode == 0 && !isWhole ? 1 : exitCode)
            return []
        default: return []
        }
    }

    private mutating func close(_ exitCode: Int32, grace: Duration, sealsHome: Bool = false) -> [Step] {
        state = .closing(exitCode: exitCode, sealsHome: sealsHome)
        // A failure is told by its own event.
        return (exitCode == 0 ? [.tellEnding] : []) + [.close(grace: grace)]
    }

    private mutating func end(_ exitCode: Int32, sealsHome: Bool, within left: Duration) -> [Step] {
        guard sealsHome else {
            state = .ended(exitCode: exitCode)
            return []
        }
        state = .sealing(exitCode: exitCode)
        return [.sealHome(within: left)]
    }

    /// Lives it. Every step is a child of one group; what is left of them when the life has ended is cancelled.
    /// - Parameter perform: does a step, and tells what came of it; nil where nothing is to be said.
    /// - Returns: the process's exit code, once every child has ended.
    consuming func run(_ perform: @escaping @Sendable (Step) async -> Event?) async -> Int32 {
        var life = self
        return await withTaskGroup(of: Event?.self) { group in
            for step in life.firstSteps { group.addTask { await perform(step) } }
            while life.exitCode == nil, let end = await group.next() {
                guard let event = end else { continue }
                for step in life.handle(event) { group.addTask { await perform(step) } }
            }
            group.cancelAll()
            // Where nobody is left to tell anything, nothing ends it in order.
            return life.exitCode ?? 1
        }
    }
}

import Testing

@testable import EnclaveAgent

/// The order in which an agent ends, under every order of what can happen to it. No process is needed for it.
@Suite("Agent's life")
struct AgentLifeTests {
    typealias Event = AgentLife.Event
    typealias Step = AgentLife.Step

    static let grace = Duration.seconds(30)
    static let terms = [false, true].flatMap { isConfigured in
        [false, true].map { keepsHome in
            AgentLife.Terms(isConfigured: isConfigured, hasTimeLimit: true, keepsHome: keepsHome, grace: grace)
        }
    }

    static let events: [Event] = [
        .configured, .timeLimit, .termination, .stopRequest, .restored, .loaded, .startFailed, .saved(true),
        .saved(false), .drained(left: .seconds(1)), .sealed(true), .sealed(false), .closed,
    ]

    /// - Returns: what is done after what has happened, and the exit code when it has ended then.
    private func life(
        isConfigured: Bool = false,
        keepsHome: Bool = true,
        _ events: Event...
    ) -> (steps: [Step], exitCode: Int32?) {
        var life = AgentLife(
            AgentLife.Terms(isConfigured: isConfigured, hasTimeLimit: true, keepsHome: keepsHome, grace: Self.grace)
        )
        var steps: [Step] = []
        for event in events { steps += life.handle(event) }
        return (steps, life.exitCode)
    }

    @Test("a whole life: configured, restored, loaded, served; ended, drained, sealed")
    func whole() {
        let (steps, exitCode) = life(
            .configured,
            .restored,
            .loaded,
            .termination,
            .drained(left: .seconds(20)),
            .sealed(true)
        )
        #expect(
            steps == [.restoreHome, .load, .keepHome, .serve, .tellEnding, .drain, .sealHome(within: .seconds(20))]
        )
        #expect(exitCode == 0)
    }

    @Test("who was configured before begins at once, and waits for nobody", arguments: [false, true])
    func resumed(keepsHome: Bool) {
        let life = AgentLife(.init(isConfigured: true, hasTimeLimit: true, keepsHome: keepsHome, grace: Self.grace))
        let first: Step = keepsHome ? .restoreHome : .load
        #expect(Set(life.firstSteps) == [.prepare, .awaitTermination, .awaitStopRequest, first])
    }

    @Test("there is a time limit only where one was given")
    func timeLimits() {
        func steps(_ hasTimeLimit: Bool) -> [Step] {
            AgentLife(.init(isConfigured: false, hasTimeLimit: hasTimeLimit, keepsHome: true, grace: Self.grace))
                .firstSteps
        }
        #expect(steps(true).contains(.awaitTimeLimit) && !steps(false).contains(.awaitTimeLimit))
        #expect(steps(false).contains(.judgeConfigurations) && steps(false).contains(.awaitConfiguration))
    }

    @Test("a signal before the configuration closes at once", arguments: [Event.termination, .stopRequest])
    func signalWhileWaiting(signal: Event) {
        let (steps, exitCode) = life(signal, .closed)
        #expect(steps == [.tellEnding, .close(grace: .zero)])
        #expect(exitCode == 0)
    }

    @Test("nobody configured it in time")
    func timeLimit() {
        let (steps, exitCode) = life(.timeLimit, .closed)
        #expect(steps == [.close(grace: .zero)])
        #expect(exitCode == EnclaveAgent.timeLimitExitCode)
    }

    @Test("a time limit that ends after the configuration changes nothing")
    func lateTimeLimit() {
        #expect(life(.configured, .timeLimit).steps == [.restoreHome])
        #expect(life(.configured, .restored, .loaded, .timeLimit).exitCode == nil)
    }

    @Test("a signal before HOME is back seals nothing", arguments: [Event.termination, .stopRequest])
    func signalWhileRestoring(signal: Event) {
        let (steps, exitCode) = life(.configured, signal, .restored, .closed)
        #expect(steps == [.restoreHome, .tellEnding, .close(grace: Self.grace)])
        #expect(exitCode == 0)
    }

    @Test("a HOME that doesn't come back ends the agent, and what is sealed stays")
    func restoreFails() {
        let (steps, exitCode) = life(.configured, .startFailed, .closed)
        #expect(steps == [.restoreHome, .close(grace: Self.grace)])
        #expect(exitCode == 1)
    }

    @Test("a signal during the import doesn't wait for it, and HOME is sealed", arguments: [true, false])
    func signalDuringImport(isWhole: Bool) {
        let (steps, exitCode) = life(.configured, .restored, .termination, .loaded, .closed, .sealed(isWhole))
        #expect(
            steps == [
                .restoreHome, .load, .keepHome, .tellEnding, .close(grace: Self.grace), .sealHome(within: Self.grace),
            ]
        )
        #expect(exitCode == (isWhole ? 0 : 1))
    }

    @Test("who asks for the stop during the import has HOME sealed first; where that fails, the import goes on")
    func stopDuringImport() {
        let refused = life(.configured, .restored, .stopRequest, .saved(false), .loaded)
        #expect(refused.steps.suffix(3) == [.saveHome, .awaitStopRequest, .serve] && refused.exitCode == nil)
        let (steps, exitCode) = life(.configured, .restored, .stopRequest, .saved(true), .closed, .sealed(true))
        #expect(
            steps.suffix(4) == [.saveHome, .tellEnding, .close(grace: Self.grace), .sealHome(within: Self.grace)]
        )
        #expect(exitCode == 0)
        let late = life(.configured, .restored, .stopRequest, .loaded, .saved(true))
        #expect(late.steps.suffix(4) == [.saveHome, .serve, .tellEnding, .drain])
    }

    @Test("a signal during the import where nothing is kept", arguments: [Event.termination, .stopRequest])
    func signalWithoutHome(signal: Event) {
        let (steps, exitCode) = life(keepsHome: false, .configured, signal, .loaded, .closed)
        #expect(steps == [.load, .tellEnding, .close(grace: Self.grace)])
        #expect(exitCode == 0)
    }

    @Test("an application that ends itself while it is loaded, or can't be, ends the agent, and HOME is sealed")
    func startFails() {
        for isWhole in [true, false] {
            let (steps, exitCode) = life(
                .configured,
                .restored,
                .startFailed,
                .termination,
                .closed,
                .sealed(isWhole)
            )
            #expect(steps.suffix(2) == [.close(grace: Self.grace), .sealHome(within: Self.grace)])
            #expect(exitCode == 1)
        }
    }

    @Test("who asks for the stop has HOME sealed first; where that fails, the service goes on and may be asked again")
    func stopRequest() {
        let refused = life(.configured, .restored, .loaded, .stopRequest, .saved(false))
        #expect(refused.steps.suffix(2) == [.saveHome, .awaitStopRequest] && refused.exitCode == nil)
        let (steps, exitCode) = life(
            .configured,
            .restored,
            .loaded,
            .stopRequest,
            .saved(false),
            .stopRequest,
            .saved(true),
            .drained(left: .zero),
            .sealed(true)
        )
        #expect(steps.suffix(5) == [.awaitStopRequest, .saveHome, .tellEnding, .drain, .sealHome(within: .zero)])
        #expect(exitCode == 0)
    }

    @Test("a signal while HOME is being saved drains at once; what the save comes to means nothing any more")
    func signalWhileSaving() {
        for outcome in [true, false] {
            let (steps, exitCode) = life(
                .configured,
                .restored,
                .loaded,
                .stopRequest,
                .termination,
                .saved(outcome),
                .drained(left: .seconds(1)),
                .sealed(true)
            )
            #expect(steps.suffix(4) == [.saveHome, .tellEnding, .drain, .sealHome(within: .seconds(1))])
            #expect(exitCode == 0)
        }
    }

    @Test("a second signal changes nothing, whenever it comes")
    func twice() {
        let (steps, exitCode) = life(
            .configured,
            .restored,
            .loaded,
            .termination,
            .termination,
            .drained(left: .zero),
            .termination,
            .sealed(false),
            .termination
        )
        #expect(steps == [.restoreHome, .load, .keepHome, .serve, .tellEnding, .drain, .sealHome(within: .zero)])
        #expect(exitCode == 1)
        #expect(life(.termination, .stopRequest, .closed, .termination).steps == [.tellEnding, .close(grace: .zero)])
    }

    @Test("where nothing is kept there is nothing to save")
    func withoutHome() {
        let (steps, exitCode) = life(keepsHome: false, .configured, .loaded, .stopRequest, .drained(left: .zero))
        #expect(steps == [.load, .serve, .tellEnding, .drain])
        #expect(exitCode == 0)
    }

    // MARK: All orders

    /// Calls the body with every sequence of this many events.
    private func eachSequence(of length: Int, _ events: [Event] = [], _ body: ([Event]) -> Void) {
        guard length > 0 else { return body(events) }
        for event in Self.events { eachSequence(of: length - 1, events + [event], body) }
    }

    /// What no order of events may bring about; nil where all is well.
    private func objection(_ terms: AgentLife.Terms, _ events: [Event]) -> String? {
        var life = AgentLife(terms)
        var steps: [Step] = []
        for event in events {
            let hadEnded = life.exitCode
            let next = life.handle(event)
            if let hadEnded, !next.isEmpty || life.exitCode != hadEnded { return "something happens after the end" }
            steps += next
        }
        func count(_ isCounted: (Step) -> Bool) -> Int { steps.filter(isCounted).count }
        let drains = count { $0 == .drain }
        let seals = count { if case .sealHome = $0 { true } else { false } }
        let closes = count { if case .close = $0 { true } else { false } }
        let serves = count { $0 == .serve }
        if drains + closes > 1 { return "it is ended twice" }
        let keeps = count { $0 == .keepHome }
        if seals > drains + closes || seals > keeps || serves > 1 || drains > serves {
            return "an end before what it ends"
        }
        if closes + serves > 1 { return "what is served is only closed" }
        let loads = count { $0 == .load }, restores = count { $0 == .restoreHome }
        if loads > (terms.isConfigured && !terms.keepsHome ? 0 : 1) { return "it is loaded twice" }
        if restores > (terms.isConfigured ? 0 : 1) { return "HOME is restored twice" }
        if terms.keepsHome, loads > keeps { return "HOME isn't kept from the first line on" }
        if !terms.keepsHome, seals + keeps + restores + count({ $0 == .saveHome }) > 0 { return "nothing is kept" }
        if let exitCode = life.exitCode {
            guard drains + closes == 1 else { return "nothing ended it" }
            if keeps == 1, seals == 0 { return "HOME isn't sealed before the end" }
            if exitCode == 0, seals == 1, !events.contains(.sealed(true)) { return "HOME is lost without a word" }
        }
        return nil
    }

    @Test("no order of five events ends it twice, loses HOME, or does anything after the end", arguments: terms)
    func orders(terms: AgentLife.Terms) {
        var checked = 0
        eachSequence(of: 5) { events in
            checked += 1
            if let objection = objection(terms, events) { Issue.record("\(events): \(objection)") }
        }
        #expect(checked == 371_293)
    }

    // MARK: The group

    /// Parts that write down when each begins and ends.
    private actor Parts {
        private(set) var story: [String] = []
        private let events: [Step: Event]
        private let endless: Set<Step>

        init(_ events: [Step: Event], endless: Set<Step>) { (self.events, self.endless) = (events, endless) }

        private func tell(_ text: String) { story.append(text) }

        nonisolated func perform(_ step: Step) async -> Event? {
            await tell("\(step)")
            if endless.contains(step) {
                try? await Task.sleep(for: .seconds(600))
                await tell("\(step) was cancelled")
                return nil
            }
            return events[step]
        }
    }

    @Test("an import that never returns is cancelled, and has ended before the life has", .timeLimit(.minutes(1)))
    func abandonedImport() async {
        let parts = Parts(
            [
                .restoreHome: .restored, .close(grace: Self.grace): .closed,
                .sealHome(within: Self.grace): .sealed(true),
            ],
            endless: [.load, .keepHome, .awaitStopRequest]
        )
        // The signal comes once it is imported.
        let gate = AsyncStream<Void>.makeStream()
        let terms = AgentLife.Terms(isConfigured: true, hasTimeLimit: false, keepsHome: true, grace: Self.grace)
        let exitCode = await AgentLife(terms).run { step in
            if step == .load { gate.continuation.finish() }
            if step == .awaitTermination {
                for await _ in gate.stream {}
                return .termination
            }
            return await parts.perform(step)
        }
        #expect(exitCode == 0)
        let story = await parts.story
        #expect(story.contains("load was cancelled") && story.contains("awaitStopRequest was cancelled"))
        #expect(story.count { $0.hasPrefix("close") } == 1)
    }

    @Test("whoever keeps HOME has ended before the life has, and a save that failed is told", .timeLimit(.minutes(1)))
    func failedSave() async throws {
        let parts = Parts(
            [
                .restoreHome: .restored, .load: .loaded, .awaitTermination: .termination, .drain: .drained(left: .zero),
                .sealHome(within: .zero): .sealed(false),
            ],
            endless: [.keepHome, .awaitStopRequest]
        )
        // The signal comes once it serves.
        let gate = AsyncStream<Void>.makeStream()
        let terms = AgentLife.Terms(isConfigured: true, hasTimeLimit: false, keepsHome: true, grace: Self.grace)
        let exitCode = await AgentLife(terms).run { step in
            if step == .serve { gate.continuation.finish() }
            if step == .awaitTermination { for await _ in gate.stream {} }
            return await parts.perform(step)
        }
        #expect(exitCode == 1)
        let story = await parts.story
        let drain = try #require(story.firstIndex(of: "drain"))
        let seal = try #require(story.firstIndex { $0.hasPrefix("sealHome") })
        #expect(drain < seal)
        #expect(story.contains("keepHome was cancelled"))
    }
}

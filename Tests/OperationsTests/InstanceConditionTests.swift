import Files
import Notation
import RATLS
import RATLSTransport
import TestSupport
import Testing

@testable import Operations

@Suite("Instances that are called and aren't there")
struct InstanceConditionTests {
    /// What lies of an instance, and how it is told.
    struct Case: Sendable {
        var isThere = false
        var events: [String] = []
        var exitCode: Int32?
        var hasAnswered = false
        let words: [String]
    }

    private static let incident = "application.startFailed incident=0123456789abcdef"
    private static let cases = [
        Case(exitCode: 0, words: ["is stopped", "'mse restart other' brings it back"]),
        Case(words: ["is stopped", "interrupted", "'mse restart other'"]),
        Case(
            events: ["launcher.started process=7", incident, "agent.ended exitCode=1"],
            exitCode: 1,
            words: ["has failed", "incident 0123456789abcdef", "exit code 1", "mse logs other", "mse restart other"]
        ),
        Case(
            events: ["launcher.started process=7", "launcher.killed signal=9"],
            exitCode: 137,
            words: ["has failed", "signal 9", "mse logs other"]
        ),
        Case(exitCode: 124, words: ["has failed", "124", "mse restart other"]),
        Case(isThere: true, words: ["is still starting", "mse status other"]),
        Case(
            isThere: true,
            events: ["launcher.started process=7", "agent.stopping"],
            hasAnswered: true,
            words: ["is stopping", "mse restart other"]
        ),
        Case(isThere: true, hasAnswered: true, words: ["does not answer", "mse logs other"]),
    ]

    private func with(_ one: Case, _ body: (Surroundings) async throws -> Void) async throws {
        let engine = OtherEngine()
        try await OtherPlace.withInstance(on: engine) { surroundings, service in
            if !one.isThere { engine.send(.whenSaved, to: service) }
            if let code = one.exitCode { try service.write(exitCode: code) }
            if one.hasAnswered { try service.noteAnswer() }
            let lines = one.events.map { "2026-11-30T00:00:00Z \($0)\n" }
            try Files.write(lines.joined(), to: service.folder + "/elsewhere.log")
            try await body(surroundings)
        }
    }

    @Test("by whatever verb, that is told with the mend, in place of what the network says", arguments: cases)
    func absent(_ one: Case) async throws {
        try await with(one) { surroundings in
            let verify = Verify(target: "other", options: JudgingOptions(), in: surroundings)
            let peer = try Peer("other", surroundings)
            let calls: [() async throws -> Void] = [
                { _ = try await verify.run() },
                { _ = try await ServiceOperations(in: surroundings).evidence("other", output: "/nonexistent/e") },
                { _ = try await Release(JudgingOptions(), surroundings).recipient("other") },
                {
                    let call = try Release(JudgingOptions(), surroundings).call(peer, until: .now + .seconds(60))
                    _ = try await call.connect()
                },
            ]
            for call in calls {
                let error = try #require(await #expect(throws: OperationError.self) { try await call() })
                #expect(error.code == "service.notRunning" && error.subject == "other" && error.mend != nil)
                for words in one.words { #expect(error.description.contains(words), "\(error)") }
            }
        }
    }

    @Test("whoever is there is told what the network says, and so is an address")
    func present() async throws {
        let port = FreePort.reserve()
        let surroundings = Surroundings(environment: ["MSE_HOME": "/nonexistent"])
        let verify = Verify(target: "https://localhost:\(port)", options: JudgingOptions(), in: surroundings)
        let error = await #expect(throws: TransportError.self) { try await verify.run() }
        #expect(error?.code == "network.notListening")
    }

    @Test("the network's words are those of who calls, where the instance answers otherwise")
    func otherErrors() async throws {
        try await with(Case(isThere: true, words: [])) { surroundings in
            let peer = try Peer("other", surroundings)
            await #expect(throws: CancellationError.self) { try await peer.called { throw CancellationError() } }
            let error = OperationError("other", "refused it", code: .configurationRefused)
            let found = await #expect(throws: OperationError.self) { try await peer.called { throw error } }
            #expect(found?.code == "configuration.refused")
        }
    }

    // MARK: Time that is over

    @Test(
        "what can't be served under its record any more isn't ended for a restart, and the mend is told",
        arguments: [false, true],
        [0, -1, -400 * 86400]
    )
    func expired(renews: Bool, seconds: Int64) async throws {
        let engine = OtherEngine()
        let end = OtherPlace.now + .seconds(seconds)
        try await OtherPlace.withInstance(on: engine, notAfter: end) { surroundings, service in
            let before = try Files.read(service.launchPath)
            let error = await #expect(throws: OperationError.self) {
                try await ServiceOperations(in: surroundings).restart("other", renews: renews, waitSeconds: 1)
            }
            #expect(error?.code == "service.expired")
            let words = ["mse restart other --renew --days N", "--continue EPOCH", "goes on running"]
            for words in words { #expect(error?.description.contains(words) == true, "\(words)") }
            #expect(engine.requests.isEmpty && engine.starts == 0)
            #expect(try Files.read(service.launchPath) == before)
        }
    }

    @Test("an instance is prolonged from now on, before and after its time is over; all else of it stays")
    func prolonged() async throws {
        for notAfter in [OtherPlace.now - .seconds(86400), OtherPlace.now + .seconds(86400)] {
            let engine = OtherEngine()
            try await OtherPlace.withInstance(on: engine, notAfter: notAfter) { surroundings, service in
                var expected = try service.launch()
                expected.notAfter = OtherPlace.now + .seconds(7 * 86400)
                await #expect(throws: OperationError.self) {
                    try await ServiceOperations(in: surroundings).restart(
                        "other",
                        renews: true,
                        days: 7,
                        waitSeconds: 1
                    )
                }
                #expect(engine.starts == 1 && engine.requests == [.whenSaved])
                #expect(try service.launch() == expected)
                #expect(FileAccess(service.launchPath)?.mode == 0o644)
            }
        }
    }

    @Test("a life that no certificate can have is refused before anything is ended", arguments: [0, -1, 398, Int.max])
    func wrongDays(days: Int) async throws {
        let engine = OtherEngine()
        try await OtherPlace.withInstance(on: engine) { surroundings, _ in
            let error = await #expect(throws: OperationError.self) {
                try await ServiceOperations(in: surroundings).restart(
                    "other",
                    renews: true,
                    days: days,
                    waitSeconds: 1
                )
            }
            #expect(error?.code == "usage" && engine.requests.isEmpty)
        }
    }

    // MARK: Files that nobody but us changes

    @Test(
        "a file of an instance's state that is gone or broken is told with the mend",
        arguments: ["launch.json", "service.json"],
        [nil, "", "{", "[]", "{\"version\": 1}"] as [String?]
    )
    func damaged(name: String, content: String?) async throws {
        try await OtherPlace.withInstance(on: OtherEngine()) { surroundings, service in
            let path = service.folder + "/" + name
            try Files.remove(path)
            if let content { try Files.write(content, to: path) }
            let error = await #expect(throws: OperationError.self) {
                try await ServiceOperations(in: surroundings).status("other")
            }
            #expect(error?.mend?.contains("mse stop other --remove") == true, "\(error.map { "\($0)" } ?? "")")
            #expect(["state.damaged", "service.unfinished"].contains(error?.code))
        }
    }
}

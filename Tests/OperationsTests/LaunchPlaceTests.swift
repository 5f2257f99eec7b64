import DCAP
import DCAPCollateral
import Files
import Glibc
import KernelEvents
import Notation
import PackageFormat
import Processes
import RATLS
import SGXQuote
import Synchronization
import TestSupport
import Testing
import WallClock

@testable import Operations

/// A third place as it would be added: a platform, an engine, and a line in a list.
@Suite("A place to launch")
struct LaunchPlaceTests {
    @Test("every platform that packages can name has a place, or is refused with what is missing")
    func platforms() throws {
        let state = StateFolder(environment: ["MSE_HOME": "/nonexistent"])
        let places = LaunchPlaces(in: state, .system)
        for platform in EnclaveSettings.Platform.allCases {
            do {
                let place = try places.place(on: platform, for: "shop")
                #expect(place.platform.name == platform)
            } catch {
                #expect(error.description.hasPrefix("shop: ") && error.description.contains("--platform"))
            }
        }
        #expect(places[.simulator] != nil)
        #expect(Set(places.all.map(\.platform.name)).count == places.all.count, "a platform is found by its name")
    }

    @Test("of two engines on one platform an instance keeps its own, and is refused where that is missing")
    func engines() async throws {
        let engine = OtherEngine(name: "second")
        try await OtherPlace.withInstance(on: engine) { surroundings, service in
            let first = LaunchPlace(platform: OtherPlatform(), engine: OtherEngine(name: "first"))
            let places = LaunchPlaces([first] + surroundings.places.all)
            #expect(try places.place(of: service).engine.name == "second")
            #expect(places[.sgx]?.engine.name == "first")
            let error = try #require(throws: OperationError.self) { _ = try LaunchPlaces([first]).place(of: service) }
            #expect(error.description.contains("engine second") && error.code == OperationCode.platformUnbuilt.rawValue)
        }
    }

    @Test("how an instance is, its platform's worth and its log come from its own place")
    func status() async throws {
        let engine = OtherEngine()
        try await OtherPlace.withInstance(on: engine) { surroundings, service in
            let status = try await ServiceOperations(in: surroundings).status("other")
            #expect(status.state == .starting && !status.isDown)
            #expect(status.json.contains("\"pid\": 4711") && status.json.contains("\"platform\": \"sgx\""))
            #expect(!status.text.contains("simulated"))
            try Files.write("2026-11-30T12:00:00Z agent.other\n", to: service.folder + "/elsewhere.log")
            var log = LogOperations(target: "other", key: nil, since: nil, in: surroundings)
            #expect(try log.next().lines == ["2026-11-30T12:00:00Z agent.other"])
        }
    }

    @Test("an instance is asked to end through its engine", arguments: [false, true])
    func stop(discards: Bool) async throws {
        let engine = OtherEngine(obeys: discards ? .kill : .whenSaved)
        try await OtherPlace.withInstance(on: engine) { surroundings, service in
            try service.write(exitCode: 0)
            if discards {
                let process = try ServiceProcess(service, in: surroundings)
                _ = try await process.discard(graceSeconds: 1)
                #expect(engine.requests == [.orderly, .kill])
            } else {
                _ = try await ServiceOperations(in: surroundings).stop("other", .saving)
                #expect(engine.requests == [.whenSaved])
            }
            let status = try await ServiceOperations(in: surroundings).status("other")
            #expect(status.state == .stopped && status.isDown)
        }
    }

    /// An instance's end: its exit code, and whether its agent told of it.
    private struct End: Sendable {
        var code: Int32?
        var isTold = false
        var hasHome = true
        var isConfigured = true
        var problem: HomeReport.Problem?
        let isLoss: Bool

        /// Lays down what such an instance leaves.
        func lay(_ service: ServiceState, log: String) throws {
            if let code { try service.write(exitCode: code) }
            let killed = code.map { $0 > 128 ? "launcher.killed signal=\($0 - 128)" : "launcher.ended exitCode=\($0)" }
            let events = [
                "launcher.started process=7", "agent.listening port=1 configured=\(isConfigured) hiddenMemory=true",
                isTold ? "agent.ended exitCode=\(code ?? 0)" : nil, killed,
            ]
            let lines = events.compactMap { $0 }.map { "2026-11-30T00:00:00Z " + $0 + "\n" }
            try Files.write(lines.joined(), to: log)
            guard hasHome else { return }
            var report = HomeReport()
            report.savedAt = Timestamp(seconds: 1_850_000_000)
            report.problem = problem
            try report.write(to: service.sealedFolder)
        }
    }

    private static let ends = [
        End(code: 0, isTold: true, isLoss: false), End(code: 1, isTold: true, isLoss: false),
        End(code: 1, isTold: true, problem: .noSpace, isLoss: true),
        End(code: 137, isLoss: true), End(code: 139, isLoss: true), End(code: 137, isTold: true, isLoss: true),
        End(code: 0, isLoss: true), End(code: 3, isLoss: true), End(code: nil, isLoss: true),
        End(code: nil, isTold: true, isLoss: false),
        End(code: 137, hasHome: false, isLoss: false), End(code: 137, isConfigured: false, isLoss: false),
        End(code: nil, isConfigured: false, isLoss: false),
    ]

    @Test(
        "whoever is ended while he seals HOME isn't said to be stopped",
        arguments: ends + [End(code: 128 + SIGUSR1, isLoss: false)]
    )
    private func endsWhileSealing(_ end: End) async throws {
        let engine = OtherEngine()
        try await OtherPlace.withInstance(on: engine) { surroundings, service in
            try end.lay(service, log: service.folder + "/elsewhere.log")
            let process = try ServiceProcess(service, in: surroundings)
            guard end.isLoss else { return try await process.stop(waitSeconds: 5) }
            let error = await #expect(throws: OperationError.self) { try await process.stop(waitSeconds: 5) }
            #expect(error?.code == OperationCode.homeLost.rawValue, "\(end)")
        }
    }

    @Test(
        "of an instance that had ended by itself before, each way to end it or to start it tells what is lost",
        arguments: ends
    )
    private func endedBefore(_ end: End) async throws {
        let engine = OtherEngine(isThere: false)
        try await OtherPlace.withInstance(on: engine) { surroundings, service in
            try end.lay(service, log: service.folder + "/elsewhere.log")
            let operations = ServiceOperations(in: surroundings)
            // Where nobody wrote down how it ended, it may have sealed it.
            let lost = "what HOME held since 2028-08-16T00:53:20Z \(end.code == nil ? "may be" : "is") lost"
            for _ in 0..<2 {
                do {
                    #expect(try await operations.stop("other", .saving) == nil)
                    #expect(!end.isLoss, "\(end)")
                } catch let error as OperationError {
                    #expect(end.isLoss && error.code == OperationCode.homeLost.rawValue, "\(end): \(error)")
                    #expect(error.description.contains("has ended already, but \(lost)"))
                    #expect(error.mend?.contains("mse restart other") == true)
                }
            }
            let discarded = try await operations.stop("other", .discarding)
            #expect((discarded?.hasPrefix(lost) == true) == end.isLoss, "\(end): \(discarded ?? "")")
            #expect(engine.requests == [] && engine.starts == 0)
            // It is started all the same; nothing listens here, and its launcher has ended.
            let error = await #expect(throws: OperationError.self) {
                try await operations.restart("other", renews: false, waitSeconds: 2)
            }
            #expect(engine.starts == 1)
            #expect(error?.problem.contains(lost) == end.isLoss, "\(end): \(error?.problem ?? "")")
        }
    }

    @Test("why it waits is told however much strangers make it write since", arguments: [0, 205, 60_000])
    func flood(count: Int) async throws {
        try await OtherPlace.withInstance(on: OtherEngine()) { surroundings, service in
            let time = "2026-11-30T00:00:00Z "
            let refused = time + "configuration.refused code=configuration.malformed\n"
            let earlier = "launcher.started process=6\n" + time + "agent.waitsAgain cause=identity\n"
            let start = "launcher.started process=7\n" + time + "agent.waitsAgain cause=record\n"
            let log = service.folder + "/log"
            // Rotated between its events, as the launcher does it.
            try Files.write(time + earlier + refused + time + start + refused, to: log + ".1")
            try Files.write(String(repeating: refused, count: count), to: log)
            let found = LastStart(service, logFiles: [log + ".1", log])
            #expect(found.waitReason?.contains("launch record is another") == true)
            #expect(LastStart(service, logFiles: [log]).waitReason == nil)
            #expect(LastStart(service, logFiles: [log + ".none", log]).problem == nil)
        }
    }

    @Test("a restart ends the instance and starts it through its engine; what ended is told")
    func restart() async throws {
        let engine = OtherEngine()
        try await OtherPlace.withInstance(on: engine) { surroundings, service in
            await #expect(throws: OperationError.self) {
                try await ServiceOperations(in: surroundings).restart("other", renews: false, waitSeconds: 20)
            }
            #expect(engine.starts == 1 && engine.requests == [.whenSaved])
        }
    }

    @Test("collateral is the place's own where none is named")
    func collateral() async throws {
        let quote = try Quote(Files.read(ProjectVectors.path("quotes/quotes/sgx3-a06711-1.bin")))
        try await OtherPlace.withInstance(on: OtherEngine()) { surroundings, service in
            let delivery = try await JudgingOptions().collateral(
                for: quote,
                place: try surroundings.places.place(of: service),
                at: Timestamp(seconds: 1_764_000_000),
                JudgingDefaults(surroundings.state),
                surroundings
            )
            #expect(
                delivery.source == "another place"
                    && delivery.collateral.tcbInfo == Array("at 2025-11-24T16:00:00Z".utf8)
            )
        }
    }

    @Test("what can't be launched leaves its words and an exit code behind", arguments: ["", "no package"])
    func launcher(content: String) async throws {
        try await OtherPlace.withInstance(on: OtherEngine()) { _, service in
            try Files.write(content, to: service.packagePath)
            #expect(throws: (any Error).self) {
                try LauncherProcess(service: service, platform: OtherPlatform()).run(renews: false)
            }
            #expect(service.exitCode == 1 && service.refusal?.isEmpty == false)
        }
    }

    @Test("a record that names no platform is damaged, and says where")
    func damaged() async throws {
        try await OtherPlace.withInstance(on: OtherEngine()) { surroundings, service in
            try Files.write(#"{"version": 1, "platform": "tpm"}"#, to: service.folder + "/service.json")
            let list = try await ServiceOperations(in: surroundings).list()
            #expect(list.map(\.state) == [.damaged] && list[0].isDown)
            #expect(list[0].problem?.contains("simulator or sgx") == true)
            #expect(list[0].line.hasPrefix("other  damaged  -  -"))
        }
    }

    @Test(
        "what a launch or a removal left that was cut short is listed, in nobody's way, and removed when asked",
        arguments: [["package.tar"], ["package.tar", "launch.json", "sealed/x"], []]
    )
    func unfinished(left: [String]) async throws {
        try await OtherPlace.withInstance(on: OtherEngine()) { surroundings, service in
            let rest = try ServiceState("rest", in: surroundings.state)
            try Files.makeFolder(rest.sealedFolder, mode: 0o700)
            for name in left { try Files.write("", to: rest.folder + "/" + name) }
            let operations = ServiceOperations(in: surroundings)
            let status = try await operations.list().first { $0.name == "rest" }
            #expect(status?.state == .damaged && status?.problem?.contains("mse stop rest --remove") == true)
            await #expect(throws: OperationError.self) { try await operations.stop("rest", .saving) }
            #expect(Files.exists(rest.folder))
            #expect(try await operations.stop("rest", .removing) == nil)
            #expect(!Files.exists(rest.folder))
            #expect(try await operations.list().map(\.name) == ["other"])
        }
    }
}

import Glibc
import KernelEvents
import Processes
import TestSupport
import Testing

/// Whoever waits is woken by what happens, and not by the time.
@Suite("Kernel events", .timeLimit(.minutes(1)))
struct KernelEventsTests {
    /// No test is to need it.
    private static let long = Duration.seconds(50)

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("what changes in a folder: files made, written, renamed and removed")
    func folders() throws {
        let events = KernelEvents()
        events.watch(path: folder.path)
        #expect(!events.wait(for: .milliseconds(1)))
        try folder.write("a", "1")
        #expect(events.wait(for: Self.long))
        try folder.write("a", "2")
        #expect(events.wait(for: Self.long))
        #expect(rename(folder.path + "/a", folder.path + "/b") == 0)
        #expect(events.wait(for: Self.long))
        #expect(unlink(folder.path + "/b") == 0)
        #expect(events.wait(for: Self.long))
        // Everything was taken: what was told once isn't told again.
        #expect(!events.wait(for: .milliseconds(1)))
    }

    @Test("a file alone, and nobody who reads it")
    func files() throws {
        try folder.write("a", "1")
        let events = KernelEvents()
        events.watch(path: folder.path + "/a")
        _ = try folder.read("a")
        try folder.write("b", "1")
        #expect(!events.wait(for: .milliseconds(1)))
        let file = open(folder.path + "/a", O_WRONLY)
        #expect(write(file, "2", 1) == 1)
        close(file)
        #expect(events.wait(for: Self.long))
    }

    @Test("what isn't there yet is told by its folder")
    func absent() throws {
        let events = KernelEvents()
        events.watch(path: folder.path + "/absent")
        events.watch(path: folder.path)
        #expect(mkdir(folder.path + "/absent", 0o700) == 0)
        #expect(events.wait(for: Self.long))
        events.watch(path: folder.path + "/absent")
        try folder.write("absent/a", "1")
        #expect(events.wait(for: Self.long))
    }

    @Test("a process that ends, once, also when it has ended before")
    func processes() throws {
        let events = KernelEvents()
        let program = try ProgramRun("/bin/sleep", ["0.05"]).start()
        events.watch(process: program.id)
        #expect(events.wait(for: Self.long))
        events.watch(process: program.id)
        #expect(!events.wait(for: .milliseconds(1)))
        #expect(program.wait() == 0)
        let late = KernelEvents()
        late.watch(process: program.id)
        #expect(!late.wait(for: .milliseconds(1)))
        let ended = try ProgramRun("/bin/true", []).start()
        while kill(ended.id, 0) == 0, ended.exitCode == nil { ended.waitForEnd(atMost: .seconds(1)) }
        #expect(ended.exitCode == 0)
    }

    @Test("a program is asked to end, and made to where it doesn't")
    func endOfPrograms() throws {
        let began = ContinuousClock.now
        let obedient = try ProgramRun("/bin/sleep", ["600"]).start()
        obedient.end(graceSeconds: 30)
        #expect(obedient.exitCode == 128 + SIGTERM)
        let stubborn = try ProgramRun("/bin/sh", ["-c", "trap '' TERM; while true; do sleep 0.1; done"]).start()
        _ = KernelEvents().wait(for: .milliseconds(200))
        stubborn.end(graceSeconds: 1)
        #expect(stubborn.exitCode == 128 + SIGKILL)
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test("a task is woken, and one that is cancelled waits no longer")
    func tasks() async throws {
        let events = KernelEvents()
        events.watch(path: folder.path)
        async let woken = events.next(within: Self.long)
        try folder.write("a", "1")
        #expect(try await woken)
        let isCancelled = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    return try await !events.next(within: Self.long) && false
                } catch {
                    return error is CancellationError
                }
            }
            group.cancelAll()
            return await group.next() ?? false
        }
        #expect(isCancelled)
    }
}

import Glibc
import Synchronization
import Testing
import Threads

@Suite("Waiting", .timeLimit(.minutes(1)))
struct WaitingTests {
    @Test("a promise is kept once, for all who wait and for those who come later")
    func promises() async {
        let promise = Promise<Int>()
        #expect(promise.value == nil)
        await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<20 { group.addTask { await promise.wait() } }
            #expect(BlockingThread.start { promise.keep(7) })
            for await value in group { #expect(value == 7) }
        }
        #expect(!promise.keep(8) && promise.value == 7)
        #expect(await promise.wait() == 7)
    }

    @Test("whoever is cancelled waits no longer, whether before he waits or while he does")
    func cancelled() async {
        let promise = Promise<Int>()
        for delay in [0, 0, 1, 5] {
            let isOver = await withTaskGroup(of: Int?.self) { group in
                for _ in 0..<50 { group.addTask { await promise.wait() } }
                if delay > 0 { try? await Task.sleep(for: .milliseconds(delay)) }
                group.cancelAll()
                return await group.allSatisfy { $0 == nil }
            }
            #expect(isOver)
        }
        #expect(await promise.wait(for: .milliseconds(5)) == nil)
        promise.keep(1)
        #expect(await promise.wait(for: .zero) == 1)
    }

    @Test("what blocks is waited for, and its error told")
    func blocking() async throws {
        struct Problem: Error {}
        #expect(try await BlockingThread.run { 3 } == 3)
        await #expect(throws: Problem.self) { try await BlockingThread.run { throw Problem() } }
    }

    @Test("attempts are made once at least, a last time when the time is over, and at growing distances")
    func backoff() async throws {
        let backoff = Backoff(first: .milliseconds(5), longest: .milliseconds(20))
        var attempts = 0
        let none: Int? = try await backoff.first(within: .zero) {
            attempts += 1
            return nil
        }
        #expect(none == nil && attempts == 1)
        attempts = 0
        let third = try await backoff.first(within: .seconds(30)) { () -> Int? in
            attempts += 1
            return attempts == 3 ? 42 : nil
        }
        #expect(third == 42)
        // 5, 10, 20, 20, 20, 20, 5: far from one every 5 ms.
        attempts = 0
        let late: Int? = try await backoff.first(within: .milliseconds(100)) {
            attempts += 1
            return nil
        }
        #expect(late == nil && (2...8).contains(attempts))
    }

    @Test("attempts end with the task that makes them")
    func cancelledBackoff() async {
        let began = ContinuousClock.now
        let error = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    let none: Int? = try await Backoff(first: .seconds(60), longest: .seconds(60))
                        .first(within: .seconds(600)) { nil }
                    return none != nil
                } catch {
                    return error is CancellationError
                }
            }
            group.cancelAll()
            return await group.next() ?? false
        }
        #expect(error && ContinuousClock.now - began < .seconds(30))
    }
}

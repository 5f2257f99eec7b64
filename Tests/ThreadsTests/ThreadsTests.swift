import Foundation
import Synchronization
import Testing
import Threads

@Suite("Threads that block", .serialized)
struct ThreadsTests {
    @Test("each call has a thread of its own, and none of the pool's")
    func threads() async {
        let count = 50
        let all = Mutex<Set<UInt>>([])
        let (numbers, continuation) = AsyncStream<UInt>.makeStream()
        for _ in 0..<count {
            #expect(
                BlockingThread.start {
                    let own = UInt(pthread_self())
                    // More than the pool has threads wait for each other.
                    all.withLock { _ = $0.insert(own) }
                    while all.withLock({ $0.count }) < count { usleep(1000) }
                    continuation.yield(own)
                }
            )
        }
        var seen: Set<UInt> = []
        for await number in numbers.prefix(count) { seen.insert(number) }
        #expect(seen.count == count)
    }

    @Test("a thread may recurse as deep as the main thread")
    func stack() async {
        @Sendable func depth(_ left: Int) -> Int {
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
                buffer[0] = UInt8(truncatingIfNeeded: left)
                return left == 0 ? 0 : depth(left - 1) + 1 + (buffer[0] == UInt8(truncatingIfNeeded: left) ? 0 : 1)
            }
        }
        let reached = await withCheckedContinuation { continuation in
            BlockingThread.start { continuation.resume(returning: depth(1500)) }
        }
        #expect(reached == 1500)
    }

    @Test("a signal that came before anybody watched is told, and those that come later", .timeLimit(.minutes(1)))
    func signals() async {
        #expect(ProcessSignal.stopRequest.count())
        kill(getpid(), SIGUSR1)
        let (told, continuation) = AsyncStream<Void>.makeStream()
        #expect(ProcessSignal.stopRequest.watch { continuation.yield() })
        // The kernel joins those that come faster than they are taken: one after the other.
        for await _ in told.prefix(1) {}
        kill(getpid(), SIGUSR1)
        for await _ in told.prefix(1) {}
    }

    @Test("whoever waits for a signal can be cancelled, and takes none with him", .timeLimit(.minutes(1)))
    func cancelledWait() async {
        let isCancelled = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await ProcessSignal.termination.next() }
            try? await Task.sleep(for: .milliseconds(20))
            group.cancelAll()
            return await group.next() == false
        }
        #expect(isCancelled)
        kill(getpid(), SIGTERM)
        #expect(await ProcessSignal.termination.next())
        // None is left of the one that cancelled.
        let isLeft = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await ProcessSignal.termination.next() }
            try? await Task.sleep(for: .milliseconds(50))
            group.cancelAll()
            return await group.next() == true
        }
        #expect(!isLeft)
    }
}

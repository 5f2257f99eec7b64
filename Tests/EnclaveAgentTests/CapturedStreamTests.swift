import CodeEncryption
import Glibc
import Synchronization
import Testing
import Threads
import WallClock

@testable import EnclaveAgent

@Suite("Captured output", .timeLimit(.minutes(1)))
final class CapturedStreamTests {
    private let log = ApplicationLog(clock: .system)
    private let taken = Taken()
    private let stream: CapturedStream
    private let writer: Int32

    private final class Taken: Sendable {
        let lines = Mutex<[String]>([])
    }

    init() {
        var ends: [Int32] = [-1, -1]
        let isMade = pipe(&ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
        #expect(isMade)
        writer = ends[1]
        stream = CapturedStream(ends[0], as: .output, into: log)
        log.open { [taken] line in taken.lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    }

    private var said: [String] { taken.lines.withLock { $0 } }

    private func say(_ text: String) {
        let bytes = Array(text.utf8)
        let count = write(writer, bytes, bytes.count)
        #expect(count == bytes.count)
    }

    @Test("what was said is taken at once, with a line that has no end")
    func drain() {
        say("one\ntwo\nthr")
        let began = ContinuousClock.now
        stream.drain()
        #expect(said == ["one", "two", "thr"])
        say("ee")
        stream.drain()
        #expect(said == ["one", "two", "thr", "ee"])
        #expect(ContinuousClock.now - began < .milliseconds(400))
    }

    @Test("nothing is taken twice or lost while another thread takes it, too")
    func both() async throws {
        let count = 2000
        let end = Promise<Void>()
        let isStarted = BlockingThread.start { [stream] in
            stream.follow()
            end.keep(())
        }
        #expect(isStarted)
        for number in 0..<count {
            say("\(number)\n")
            if number % 100 == 0 { stream.drain() }
        }
        stream.drain()
        #expect(said == (0..<count).map { "\($0)" })
        close(writer)
        #expect(await end.wait() != nil)
    }

    @Test("long lines are cut, and somebody who goes on writing doesn't keep it")
    func bounds() {
        let line = String(repeating: "a", count: SealedLogEntry.textLimit + 10)
        say(line + "\n")
        stream.drain()
        #expect(said.map(\.utf8.count) == [SealedLogEntry.textLimit, 10])
    }
}

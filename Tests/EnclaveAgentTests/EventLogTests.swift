import Enclave
import Files
import Foundation
import TestSupport
import Testing
import WallClock

@testable import EnclaveAgent

@Suite("Agent's events")
final class EventLogTests {
    private let folder: TemporaryFolder
    private let file: OpenFile
    private var path: String { folder.path + "/log" }

    init() throws {
        folder = try TemporaryFolder()
        file = try OpenFile(folder.path + "/log", O_WRONLY | O_CREAT | O_APPEND)
    }

    private func lines() throws -> [Substring] {
        String(decoding: try Files.read(path), as: UTF8.self).split(separator: "\n")
    }

    @Test("every event is a line of a time, a code and values of letters and digits")
    func form() throws {
        let log = EventLog(descriptor: file.descriptor, clock: .system)
        let all: [AgentEvent] = [
            .listening(port: 7443, isConfigured: false, isMemoryHidden: true), .simulated, .waitsAgain(.record),
            .configured,
            .configurationRefused(code: .key), .serving,
            .startFailed(Incident()), .applicationFailed(Incident()), .quoteUnbound, .homeNotSaved, .stopping,
            .homeLeftOut(count: 3), .memoryUnlocked, .stateDamaged(.identity),
            .stateDamaged(.home(epoch: String(repeating: "0a", count: 32))),
            .timeLimit(seconds: 60), .ended(exitCode: 1),
            .failed(.init(FileError("/secret/\u{1B}[2J", "can't be opened"))),
            .dropped(count: 3),
        ]
        for event in all { log.write(event) }
        let form = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [a-z]+\.[a-zA-Z]+( [a-zA-Z]+=[a-zA-Z0-9.]+)*/
        let lines = try lines()
        #expect(lines.count == all.count)
        for line in lines { #expect(line.wholeMatch(of: form) != nil, "\(line)") }
    }

    @Test("what strangers bring about is bounded and counted, and keeps nothing else from being told")
    func flood() throws {
        let log = EventLog(descriptor: file.descriptor, clock: .system)
        for _ in 0..<5000 { log.write(.applicationFailed(Incident())) }
        log.write(.ended(exitCode: 0))
        let lines = try lines()
        let told = lines.filter { $0.contains("application.failed") }.count
        #expect((200..<210).contains(told))
        #expect(lines.last?.hasSuffix("agent.ended exitCode=0") == true)
        #expect(lines.dropLast().last?.hasSuffix("events.dropped count=\(5000 - told)") == true)
    }

    @Test("nothing is written to another file that got the log's number")
    func staleNumber() throws {
        let number = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 100)
        let log = EventLog(descriptor: number, clock: .system)
        log.write(.serving)
        try folder.write("other", "the application's")
        let other = try OpenFile(folder.path + "/other", O_RDWR)
        #expect(dup2(other.descriptor, number) == number)
        log.write(.ended(exitCode: 0))
        close(number)
        log.write(.ended(exitCode: 0))
        #expect(try String(decoding: folder.read("other"), as: UTF8.self) == "the application's")
        #expect(try lines().count == 1)
    }
}

import Enclave
import Files
import Foundation
import SimulatedProcessor
import TestSupport
import Testing
import WallClock

@Suite("Operator's log")
struct OperatorLogTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/log" }

    init() throws { folder = try TemporaryFolder() }

    private func limits(fileByteCount: Int = 2 << 20, olderFiles: Int = 3, burst: Int = 1 << 20, perSecond: Int = 0)
        -> OperatorLog.Limits
    {
        var limits = OperatorLog.Limits()
        limits.fileByteCount = fileByteCount
        limits.olderFiles = olderFiles
        limits.burstByteCount = burst
        limits.bytesPerSecond = perSecond
        return limits
    }

    /// What a process wrote to its standard error becomes lines of the log.
    private func say(_ bytes: [UInt8], _ limits: OperatorLog.Limits, takesApplicationLines: Bool = false) throws {
        let log = try OperatorLog(path, takesApplicationLines: takesApplicationLines, limits: limits, clock: .system)
        let inlet = try log.inlet()
        log.listen()
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = write(inlet, buffer.baseAddress! + written, buffer.count - written)
                guard count > 0 else { break }
                written += count
            }
        }
        close(inlet)
        log.finish()
    }

    private func text() throws -> String {
        String(decoding: try OperatorLog.files(path).flatMap { try Files.read($0) }, as: UTF8.self)
    }

    private static let time = "1999-12-31T23:59:59Z "

    private func events() throws -> [Substring] {
        try text().split(separator: "\n").map { $0.dropFirst(Self.time.count) }
    }

    @Test(
        "what isn't an event is counted, and no byte of it is written",
        arguments: [
            "secret", "", " ", "agent.configured", "\(time)secret", "\(time)agent.configured secret",
            "\(time)agent.configured ",
            "\(time) agent.configured", "\(time)agent.configured\r", "\(time)agent.configured\0",
            "\(time)Agent.configured",
            "\(time)agent.ended exitCode=+1", "\(time)agent.ended exitCode=01", "\(time)agent.ended exitCode=secret",
            "\(time)agent.ended exitCode=1 secret=2", "\(time)agent.ended secret=2 exitCode=1",
            "\(time)agent.ended exitCode=1 exitCode=2",
            "\(time)agent.ended", "\(time)agent.ended exitCode=\u{0661}", "\(time)agent.failed at=secret",
            "\(time)agent.failed at=\u{212A}",
            "\(time)application.failed incident=secret", "\(time)application.failed incident=0123456789ABCDEF",
            "\(time)application.failed incident=+123456789abcdef",
            "\(time)application.failed incident=0123456789abcdef0",
            "\(time)configuration.refused code=secret", "\(time)application.says secret",
            "\(time)launcher.ended exitCode=0",
            "\(time)launcher.foreign lines=1", "\(time)agent.listening port=1 configured=yes hiddenMemory=true",
            "\(time)agent.listening configured=true port=1 hiddenMemory=true", "\u{1B}[2J\u{1B}]0;owned\u{07}", "a\rb",
            "\u{202E}txt",
            String(repeating: "x", count: 10 << 20),
            time + String(repeating: " ", count: 10 << 20) + "agent.configured",
        ]
    )
    func foreign(line: String) throws {
        try say(Array("\(line)\n\(Self.time)application.serving\n".utf8), limits())
        #expect(try events() == ["launcher.foreign lines=1", "application.serving"])
        // The time is the launcher's own, since digits can say something too.
        #expect(try !text().contains("1999"))
    }

    @Test("bytes that are no text are no event")
    func binary() throws {
        try say(
            [0xFF, 0xC0, 0x80, 0x0A] + Array("\(Self.time)agent.ended exitCode=1".utf8) + [0xFF, 0x0A, 0x41],
            limits()
        )
        #expect(try events() == ["launcher.foreign lines=3"])
    }

    @Test("each event is let through as it is")
    func letThrough() throws {
        let all =
            [
                AgentEvent.listening(port: 7443, isConfigured: false, isMemoryHidden: true), .simulated, .configured,
                .serving,
                .startFailed(Incident()), .applicationFailed(Incident()), .quoteUnbound, .homeNotSaved,
                .homeLeftOut(count: 3), .memoryUnlocked, .stateDamaged(.identity),
                .stateDamaged(.home(epoch: String(repeating: "0a", count: 32))),
                .timeLimit(seconds: 60),
                .ended(exitCode: -1), .dropped(count: 3),
            ] + AgentEvent.Cause.allCases.map { .waitsAgain($0) } + AgentEvent.Failure.allCases.map { .failed($0) }
            + AgentEvent.ConfigurationCode.allCases.map { .configurationRefused(code: $0) }
        for event in all { #expect(AgentEvent(line: event.line) == event) }
        try say(Array(all.map { "\(Self.time)\($0.line)\n" }.joined().utf8), limits())
        #expect(try events() == all.map { Substring($0.line) })
    }

    @Test("what the application says is let through by the measured setting alone, and commands no terminal")
    func application() throws {
        let said = try #require(
            ApplicationLine.lines(of: Array("a\u{1B}[2J\u{202E}\r\u{9B}1m\0\u{7F}\tb é".utf8)).first
        ).line
        #expect(said == #"application.says a\u{1B}[2J\u{202E}\r\u{009B}1m\0\u{7F}\tb \u{00E9}"#)
        let lines = Array("\(Self.time)\(said)\n\(Self.time)application.says a\u{1B}b\n".utf8)
        try say(lines, limits())
        #expect(try events() == ["launcher.foreign lines=2"])
        try Files.remove(path)
        try say(lines, limits(), takesApplicationLines: true)
        #expect(try events() == [Substring(said), "launcher.foreign lines=1"])
    }

    private func numbered(_ numbers: Range<Int>) -> [UInt8] {
        Array(numbers.map { "\(Self.time)agent.timeLimit seconds=\($0)\n" }.joined().utf8)
    }

    @Test("the newest lines stay, in files of bounded size and number", arguments: [0, 1, 3])
    func rotated(older: Int) throws {
        try say(numbered(0..<5000), limits(fileByteCount: 4096, olderFiles: older))
        let files = OperatorLog.files(path)
        #expect(files.count == older + 1 && files.last == path)
        for file in files { #expect(try Files.read(file).count <= 4096) }
        let numbers = try events().compactMap { Int($0.split(separator: "=").last ?? "") }
        #expect(numbers.last == 4999 && numbers.count > older * 70)
        #expect(numbers == Array((5000 - numbers.count)..<5000))
    }

    @Test("a flood is cut off, and how much was is told")
    func flood() throws {
        try say(numbered(1000..<11_000), limits(burst: 5000))
        let events = try events()
        let kept = events.filter { $0.contains("seconds=") }.count
        #expect((90...110).contains(kept))
        #expect(events.last == "launcher.dropped lines=\(10_000 - kept)")
    }

    @Test("a flood of what isn't an event leaves one line")
    func foreignFlood() throws {
        try say(Array(repeatElement("secret\n".utf8, count: 100_000).joined()), limits())
        #expect(try events() == ["launcher.foreign lines=100000"])
    }

    @Test("it goes on behind what is there, and doesn't write through a link")
    func goesOn() throws {
        try say(numbered(1..<2), limits())
        try say(numbered(2..<3), limits())
        #expect(try events() == ["agent.timeLimit seconds=1", "agent.timeLimit seconds=2"])
        try Files.remove(path)
        try folder.write("other", "untouched")
        #expect(symlink("other", path) == 0)
        #expect(throws: FileError.self) { try OperatorLog(path, clock: .system) }
        #expect(try String(decoding: folder.read("other"), as: UTF8.self) == "untouched")
    }

    @Test("many at once write whole lines")
    func together() throws {
        let log = try OperatorLog(path, limits: limits(fileByteCount: 1 << 20), clock: .system)
        DispatchQueue.concurrentPerform(iterations: 8) { index in
            for number in 0..<100 {
                log.write(number % 2 == 0 ? .started(process: Int32(index)) : .ended(exitCode: Int32(index)))
            }
        }
        let lines = try text().split(separator: "\n")
        #expect(lines.count == 800)
        #expect(
            lines.allSatisfy { $0.contains("Z launcher.started process=") || $0.contains("Z launcher.ended exitCode=") }
        )
    }

    @Test("a line that is longer than one of the log's goes on in the next, whatever it is made of")
    func longLines() throws {
        let texts = [4000, 4096, 10_000].flatMap { count in
            ["x", "\u{1B}", "\u{10FFFF}", "é"].map { String(repeating: $0, count: count) }
        }
        for text in texts + ["", "one\n\ntwo"] {
            let lines = ApplicationLine.lines(of: Array(text.utf8)).map(\.line)
            #expect(lines.allSatisfy { $0.utf8.count <= 4000 })
            let said = lines.map { String($0.dropFirst("application.says ".count)) }.joined()
            let expected = text.replacing("\n", with: "").unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
            #expect(said == expected, "\(text.prefix(3))")
        }
        let long = ApplicationLine.lines(of: Array(repeating: UInt8(ascii: "y"), count: 10_000))
        try say(
            Array(long.map { "2026-11-30T13:00:00.000Z " + $0.line + "\n" }.joined().utf8),
            limits(),
            takesApplicationLines: true
        )
        let kept = String(decoding: try folder.read("log"), as: UTF8.self)
        #expect(kept.count { $0 == "y" } >= 10_000 && !kept.contains("foreign"), "\(kept.utf8.count)")
    }
}

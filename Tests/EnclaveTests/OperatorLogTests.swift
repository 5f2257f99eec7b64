import Files
import Foundation
import SimulatedProcessor
import TestSupport
import Testing

@Suite("Operator's log")
struct OperatorLogTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/log" }

    init() throws { folder = try TemporaryFolder() }

    private func limits(fileByteCount: Int = 2 << 20, olderFiles: Int = 3, burst: Int = 1 << 20, perSecond: Int = 0) -> OperatorLog.Limits {
        var limits = OperatorLog.Limits()
        limits.fileByteCount = fileByteCount
        limits.olderFiles = olderFiles
        limits.burstByteCount = burst
        limits.bytesPerSecond = perSecond
        return limits
    }

    /// What a process wrote to its standard error becomes lines of the log.
    private func say(_ bytes: [UInt8], _ limits: OperatorLog.Limits) throws {
        let log = try OperatorLog(path, limits: limits)
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

    @Test(
        "nothing in it commands a terminal or makes another line",
        arguments: [
            ("\u{1B}[2J\u{1B}]0;owned\u{07}", "\\x1B[2J\\x1B]0;owned\\x07\n"), ("a\rb", "a\\x0Db\n"), ("\u{9B}1m", "\\xC2\\x9B1m\n"),
            ("\u{202E}txt", "\\xE2\\x80\\xAEtxt\n"), ("a\0b\u{7F}\tc", "a\\x00b\\x7F\\x09c\n"), ("one\ntwo", "one\ntwo\n"), ("", ""),
        ])
    func escaped(said: String, written: String) throws {
        try say(Array(said.utf8), limits())
        #expect(try text() == written)
    }

    @Test("bytes that are no text are written as what they are")
    func binary() throws {
        try say([0xFF, 0xC0, 0x80, 0x0A, 0x41], limits())
        #expect(try text() == "\\xFF\\xC0\\x80\nA\n")
    }

    @Test("the newest lines stay, in files of bounded size and number", arguments: [0, 1, 3])
    func rotated(older: Int) throws {
        let lines = (0..<5000).map { "line \($0)\n" }.joined()
        try say(Array(lines.utf8), limits(fileByteCount: 4096, olderFiles: older))
        let files = OperatorLog.files(path)
        #expect(files.count == older + 1 && files.last == path)
        for file in files { #expect(try Files.read(file).count <= 4096) }
        let kept = try text().split(separator: "\n")
        #expect(kept.last == "line 4999" && kept.count > 300)
        let numbers = kept.compactMap { Int($0.dropFirst(5)) }
        #expect(numbers == Array((5000 - numbers.count)..<5000))
    }

    @Test("a flood is cut off, and how much was is told")
    func flood() throws {
        let line = [UInt8](repeating: 0x78, count: 99) + [0x0A]
        try say(Array((0..<10_000).map { _ in line }.joined()), limits(burst: 5000))
        let kept = try text()
        #expect(kept.utf8.count < 6000)
        #expect(kept.split(separator: "\n").filter { $0.first == "x" }.count == 50)
        #expect(kept.contains("launcher.dropped lines=9950\n"))
    }

    @Test("a line without an end is bounded; what follows it isn't lost")
    func endless() throws {
        try say([UInt8](repeating: 0x78, count: 10 << 20) + Array("\nnext\n".utf8), limits())
        let lines = try text().split(separator: "\n")
        #expect(lines.count == 2 && lines[0].utf8.count < 5000 && lines[0].hasSuffix(" ...") && lines[1] == "next")
    }

    @Test("it goes on behind what is there, and doesn't write through a link")
    func goesOn() throws {
        try say(Array("one\n".utf8), limits())
        try say(Array("two\n".utf8), limits())
        #expect(try text() == "one\ntwo\n")
        try Files.remove(path)
        try folder.write("other", "untouched")
        #expect(symlink("other", path) == 0)
        #expect(throws: FileError.self) { try OperatorLog(path) }
        #expect(try String(decoding: folder.read("other"), as: UTF8.self) == "untouched")
    }

    @Test("many at once write whole lines")
    func together() throws {
        let log = try OperatorLog(path, limits: limits(fileByteCount: 1 << 20))
        DispatchQueue.concurrentPerform(iterations: 8) { index in
            for number in 0..<100 { log.write(number % 2 == 0 ? .started(process: Int32(index)) : .ended(exitCode: Int32(index))) }
        }
        let lines = try text().split(separator: "\n")
        #expect(lines.count == 800)
        #expect(lines.allSatisfy { $0.contains("Z launcher.started process=") || $0.contains("Z launcher.ended exitCode=") })
    }
}

import CodeEncryption
import Files
import Secrets
import TestSupport
import Testing
import WallClock

@testable import EnclaveAgent

@Suite("The application's log")
final class ApplicationLogTests {
    private let folder: TemporaryFolder
    private let key = SecretKey()
    private let epoch = Epoch()
    private let log = ApplicationLog(clock: .system)

    init() throws { folder = try TemporaryFolder() }

    private func seal(isResumed: Bool = false) throws {
        try log.seal(in: folder.path + "/log", root: key, id: "one", epoch: epoch, isResumed: isResumed)
    }

    private func read() throws -> SealedLogReader.Contents {
        try SealedLogReader(root: key).read(folder.path + "/log")
    }

    @Test("what came too fast is told at the end, too, and every byte is kept or counted")
    func flood() throws {
        try seal()
        for _ in 0..<40 { log.append(.output, [UInt8](repeating: 0x78, count: 60_000)) }
        log.close()
        let contents = try read()
        let missing = contents.entries.filter { $0.source == .gap }
            .compactMap { Int(String(decoding: $0.text, as: UTF8.self)) }
            .reduce(0, +)
        let kept = contents.entries.filter { $0.source == .output }.reduce(0) { $0 + $1.text.count }
        #expect(missing > 0 && kept > 0)
        #expect(missing + kept == 40 * 60_000)
        #expect(contents.notes.isEmpty && contents.faults.isEmpty && contents.openPiece == nil)
    }

    @Test("what can't be written is counted, and told when something can be again")
    func unwritable() throws {
        try seal()
        try Files.remove(folder.path + "/log")
        try folder.write("log", "in the way")
        log.append(.output, Array("12345".utf8))
        log.append(.output, Array("678".utf8))
        try Files.remove(folder.path + "/log")
        try Files.makeFolder(folder.path + "/log")
        log.append(.output, Array("again".utf8))
        log.close()
        let contents = try read()
        #expect(contents.entries.map { String(decoding: $0.text, as: UTF8.self) } == ["8", "again"])
        #expect(contents.notes.contains { $0.contains("missing") })
    }

    @Test("a log of which nothing was said has its first piece, and one that is gone is missing")
    func begun() throws {
        try seal()
        #expect(try Files.names(in: folder.path + "/log").count == 1)
        try Files.remove(folder.path + "/log")
        let later = ApplicationLog(clock: .system)
        try later.seal(in: folder.path + "/log", root: key, id: "one", epoch: epoch, isResumed: true)
        later.append(.output, Array("more".utf8))
        later.close()
        #expect(try read().notes == ["piece 1 is missing"])
    }
}

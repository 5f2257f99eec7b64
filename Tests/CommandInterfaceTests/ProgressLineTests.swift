import Synchronization
import Testing

@testable import CommandInterface

@Suite("How far a command is")
struct ProgressLineTests {
    private final class Written: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func append(_ text: String) { texts.withLock { $0.append(text) } }
    }

    @Test("nothing is told, nor made, before its time")
    func early() {
        let written = Written()
        let line = ProgressLine(isTerminal: false, after: .seconds(3600)) { written.append($0) }
        for _ in 0..<100 {
            line.tell(
                {
                    Issue.record("it was made")
                    return ""
                }()
            )
        }
        line.end()
        #expect(written.all.isEmpty)
    }

    @Test("later it is told now and then, and not after its end", arguments: [false, true])
    func late(isTerminal: Bool) {
        let written = Written()
        let line = ProgressLine(isTerminal: isTerminal, after: .zero) { written.append($0) }
        for number in 0..<1000 { line.tell("\(number)") }
        line.end()
        line.end()
        line.tell("more")
        if isTerminal {
            #expect(written.all.first == "\r\u{1B}[K\(Output.name): 0" && written.all.last == "\r\u{1B}[K")
            #expect(written.all.count < 10)
        } else {
            #expect(written.all == ["\(Output.name): 0\n"])
        }
    }
}

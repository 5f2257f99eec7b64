import Enclave
import SimulatedProcessor
import TestSupport
import Testing

/// docs/formats/operators-log.md.
@Suite("Vectors of the operator's log")
struct OperatorLogVectorTests {
    private let vectors: Vector

    init() throws { vectors = try ProjectVectors.read("operators-log.json") }

    @Test("every line is read, and written alike; the page knows its event")
    func events() throws {
        let page = try FormatPage("operators-log").text
        for line in try vectors.texts("events") {
            #expect(AgentEvent(line: line)?.line == line, "\(line)")
            #expect(page.contains("`\(line.split(separator: " ")[0])`"), "\(line)")
        }
    }

    @Test("the vectors and the page name every code")
    func complete() throws {
        let lines = Set(try vectors.texts("events")), page = try FormatPage("operators-log").text
        for code in AgentEvent.ConfigurationCode.allCases {
            #expect(lines.contains(AgentEvent.configurationRefused(code: code).line))
        }
        for failure in AgentEvent.Failure.allCases {
            #expect(lines.contains(AgentEvent.failed(failure).line) && page.contains("`\(failure.rawValue)`"))
        }
        for cause in AgentEvent.Cause.allCases {
            #expect(lines.contains(AgentEvent.waitsAgain(cause).line) && page.contains("`\(cause.rawValue)`"))
        }
    }

    @Test("no other line is one")
    func refused() throws {
        for line in try vectors.texts("refused") { #expect(AgentEvent(line: line) == nil, "\(line)") }
    }

    @Test("what the application says, where the operator may read it")
    func applicationLines() throws {
        for vector in try vectors.list("applicationLines") {
            #expect(try ApplicationLine.lines(of: vector.hex("text")).map(\.line) == [vector.text("line")])
        }
    }

    @Test("the page's limits are the code's")
    func limits() throws {
        let limits = try FormatPage("operators-log").limits, own = OperatorLog.Limits()
        #expect(limits["bytes of a line from the agent"] == own.lineByteCount)
        #expect(limits["bytes of a file, about"] == own.fileByteCount)
        #expect(limits["older files that are kept"] == own.olderFiles)
    }
}

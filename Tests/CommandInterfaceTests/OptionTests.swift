import ArgumentParser
import Testing

@testable import CommandInterface

@Suite("Values of options")
struct OptionTests {
    private struct Numbers: ParsableArguments {
        @Option(in: 1...65535, help: "a port")
        var port: Int?
        @Option(in: 0...30, help: "seconds")
        var wait: Int = 5
    }

    @Test("a number is decimal digits within its range", arguments: [("1", 1), ("65535", 65535), ("007", 7)])
    func numbers(_ text: String, _ value: Int) throws {
        #expect(try Numbers.parse(["--port", text]).port == value)
        #expect(try Numbers.parse([]).wait == 5)
    }

    @Test(
        "everything else is refused with the range",
        arguments: [
            "0", "65536", "-1", "+1", " 1", "1 ", "", "0x10", "1e3", "1.0", "\u{661}", "\u{FF11}",
            "99999999999999999999", "--wait",
        ]
    )
    func refused(_ text: String) {
        let error = #expect(throws: (any Error).self) { try Numbers.parse(["--port", text]) }
        let message = error.map { Numbers.message(for: $0) } ?? ""
        #expect(message.contains("a whole number from 1 to 65535 expected"), "\(message)")
    }

    @Test("nothing of the name '-' is made by mistake", arguments: ["./-", "a", "--", "-a", " -"])
    func outputNames(_ name: String) throws {
        #expect(try outputName(name) == name)
        #expect(throws: (any Error).self) { try outputName("-") }
    }
}

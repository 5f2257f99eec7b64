import Testing

@testable import Operations
@testable import RATLSTransport

/// Every answer of docs/formats/configuration.md, and what is none.
@Suite("Answers to a configuration")
struct ConfigurationAnswerTests {
    private static let digest = String(repeating: "ab", count: 32)
    private static let epoch = String(repeating: "01", count: 32)
    private static let homeEpoch = String(repeating: "02", count: 32)
    private static let acceptance = """
        {"type":"accepted","requestSHA256":"\(digest)","epoch":"\(epoch)","homeEpoch":"\(homeEpoch)"}
        """

    private static func answer(_ body: String, status: Int = 200) throws -> ConfigurationAnswer {
        try ConfigurationAnswer(
            .init(status: status, headers: [], body: Array(body.utf8)),
            to: "hello-1",
            digest: digest
        )
    }

    @Test("what was accepted is told with both epochs, whatever became of the start")
    func accepted() throws {
        for rest in ["", "\n", "\n{\"type\":\"started\"}\n", "\n{\"type\":\"failed\"}"] {
            let answer = try Self.answer(Self.acceptance + rest)
            #expect(answer.epoch == Self.epoch && answer.homeEpoch == Self.homeEpoch)
        }
    }

    @Test(
        "HOMEs that aren't continued are told by their epochs, and what is none is nobody's",
        arguments: [
            ("", 0), (#","otherHomeEpochs":[]"#, 0), (#","otherHomeEpochs":"\#(homeEpoch)""#, 0),
            (#","otherHomeEpochs":["\#(homeEpoch)"]"#, 1),
            (#","otherHomeEpochs":["\#(homeEpoch)","\u001b[2J",7,null,[],"\#(homeEpoch)0","\#(epoch)"]"#, 2),
            (",\"otherHomeEpochs\":[" + Array(repeating: "\"\(epoch)\"", count: 500).joined(separator: ",") + "]", 16),
        ]
    )
    func otherHomes(_ member: String, count: Int) throws {
        let answer = try Self.answer(Self.acceptance.dropLast() + member + "}")
        #expect(answer.otherHomeEpochs.count == count)
        #expect(answer.otherHomeEpochs.allSatisfy { $0 == Self.homeEpoch || $0 == Self.epoch })
    }

    @Test("a start that succeeded, and one of which nothing was told")
    func starts() throws {
        guard case .started = try Self.answer(Self.acceptance + "\n{\"type\":\"started\"}\n").start else {
            Issue.record("not started")
            return
        }
        let untold = [
            "", "\n", "\nnonsense", "\n[]", "\n\"started\"", "\n{\"type\":\"other\"}", "\n{\"type\":1}", "\n{}",
            "\n{\"type\":\"started\"", "\n" + String(repeating: "[", count: 1000),
        ]
        for rest in untold {
            guard case .untold = try Self.answer(Self.acceptance + rest).start else {
                Issue.record("\(rest.prefix(20)) tells something")
                return
            }
        }
    }

    @Test(
        "a start that failed has a code that can be shown, an incident of 16 digits or none, and a text",
        arguments: [
            (
                #""code":"application.start","incident":"0123456789abcdef","text":"Traceback""#, "application.start",
                "0123456789abcdef", "Traceback"
            ),
            (#""code":"agent.ended""#, "agent.ended", nil, nil),
            (#""incident":"0123456789abcde","text":"t""#, "unknown", nil, "t"),
            (#""code":"agent.start","incident":"0123456789abcdeg""#, "agent.start", nil, nil),
            (#""code":"agent.start","incident":"../0123456789abc""#, "agent.start", nil, nil),
            (#""code":7,"incident":7,"text":[]"#, "unknown", nil, nil),
            (#""code":"a\u001b[2Jb""#, "a\\u{1b}[2Jb", nil, nil),
        ] as [(String, String, String?, String?)]
    )
    func failed(_ members: String, _ code: String, _ incident: String?, _ text: String?) throws {
        let answer = try Self.answer(Self.acceptance + "\n{\"type\":\"failed\",\(members)}\n")
        guard case .failed(let foundCode, let foundIncident, let foundText) = answer.start else {
            Issue.record("not failed")
            return
        }
        #expect(foundCode == code && foundIncident == incident && foundText == text)
    }

    @Test("a long code of a failure is cut")
    func longCode() throws {
        let code = String(repeating: "x", count: 100_000)
        guard
            case .failed(let found, _, _) = try Self.answer(
                Self.acceptance + "\n{\"type\":\"failed\",\"code\":\"\(code)\"}"
            ).start
        else {
            Issue.record("not failed")
            return
        }
        #expect(found.count < 200)
    }

    private static let foreignAnswers: [String] = [
        "", "\n", "ok", "null", "[]", "{}", "\"accepted\"",
        acceptance.replacing("accepted", with: "started"),
        acceptance.replacing(digest, with: String(repeating: "ac", count: 32)),
        acceptance.replacing(digest, with: digest.uppercased()),
        acceptance.replacing("\"\(digest)\"", with: "null"),
        acceptance.replacing(epoch, with: String(epoch.dropLast(2))),
        acceptance.replacing(epoch, with: epoch.dropLast() + "g"),
        acceptance.replacing(homeEpoch, with: homeEpoch + "02"),
        acceptance.replacing(",\"homeEpoch\":\"\(homeEpoch)\"", with: ""),
        acceptance.replacing("{", with: "{\"type\":\"accepted\","),
        String(acceptance.dropLast()),
        acceptance + "trailing",
        "{\"type\":\"started\"}\n" + acceptance,
        String(repeating: "[", count: 1 << 16),
    ]

    @Test(
        "an answer to another request, or none of an agent, is never taken for an acceptance",
        arguments: foreignAnswers
    )
    func foreign(_ body: String) {
        let error = #expect(throws: OperationError.self) { try Self.answer(body) }
        #expect(error?.subject == "hello-1")
        #expect(error?.problem.contains("doesn't say that this configuration was accepted") == true)
    }

    private static let refusals: [(Int, String, String)] = [
        (401, #"{"code":"configuration.key","message":"the key is another one"}"#, "the key is another one"),
        (401, #"{"message":"a\u001b[2J\nb"}"#, "a\\u{1b}[2J\\u{a}b"),
        (404, "", "status 404"), (503, "<html>", "status 503"), (500, #"{"message":1}"#, "status 500"),
        (301, acceptance, "status 301"), (201, acceptance, "status 201"),
    ]

    @Test(
        "a refusal is told in the agent's words, on one line and not at length",
        arguments: refusals
    )
    func refused(_ status: Int, _ body: String, _ words: String) {
        let error = #expect(throws: OperationError.self) { try Self.answer(body, status: status) }
        #expect(error?.problem.hasPrefix("refused the configuration") == true)
        #expect(error?.problem.contains(words) == true, "\(error?.problem ?? "")")
    }

    @Test("a refusal of a mebibyte is cut")
    func longRefusal() {
        let message = String(repeating: "x", count: 1 << 20)
        let error = #expect(throws: OperationError.self) {
            try Self.answer("{\"message\":\"\(message)\"}", status: 401)
        }
        #expect((error?.problem.count ?? 0) < 600)
    }
}

import Files
import Glibc
import Processes
import Testing

/// What the host hands to an application (wsgi.input, start_response, write, environ), misused in the ways that
/// applications do and don't.
@Suite("Objects handed to Python", .serialized)
struct PythonObjectTests {
    /// Three have every size of body once; what needs more to be met by chance has time with make deep.
    private static let rounds = getenv("MSE_DEEP") == nil ? "3" : "5"
    private static let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder

    @Test(
        "survives threads, ends of requests, wrong arguments, and the end of the process",
        .timeLimit(.minutes(3)),
        arguments: [
            "iterate", "chained", "mixed", "sizes", "objects", "heads", "late-heads", "reserved", "kept",
            "outlive", "write-outlives", "reentrant",
            "gone", "at-the-end", "slow-exit", "native-exit", "small-chunks", "names", "at-once",
        ]
    )
    func misuse(_ scenario: String) throws {
        let script = Self.project + "/Tests/PythonHostTests/Scripts/misuse.py"
        let result = try ProgramRun(
            "/usr/bin/python3",
            ["-B", script, Self.project + "/.build/debug/mse-serve", scenario, Self.rounds],
            folder: "/tmp"
        ).run()
        #expect(result.status == 0, "\(result.output.suffix(4000))")
    }
}

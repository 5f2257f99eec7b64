public import ArgumentParser
internal import Glibc
internal import Notation
internal import Threads

/// What commands print: results to standard output, everything else to standard error. All printing goes this way.
public enum Output {
    /// A result for people.
    /// - Throws: `OutputError`, which ends the program with its own exit code.
    public static func write(_ text: String) throws(OutputError) { try write(bytes: Array(forTerminal(text).utf8)) }

    /// A result for programs: JSON as `JSON.pretty` and `JSON.line` write it, which has escapes of its own for what
    /// commands a terminal.
    public static func write(document: String) throws(OutputError) { try write(bytes: Array(document.utf8)) }

    /// Bytes as they are.
    public static func write(bytes: [UInt8]) throws(OutputError) { try StandardStreams.write(bytes, to: STDOUT_FILENO) }

    /// A message on standard error. Work doesn't end because nobody reads what is said about it.
    public static func note(_ text: String) { try? tell(text) }

    /// A message of ours. Whatever stands in it, none of its further lines can pass for another one.
    private static func tell(_ text: String) throws(OutputError) {
        try complain("\(name): " + lines(of: text).joined(separator: "\n  "))
    }

    /// The message that the program ends with.
    static func complain(_ text: String) throws(OutputError) {
        let text = forTerminal(text)
        // By bytes: marks without number may stand on one character.
        let shown =
            text.utf8.count <= messageLimit
            ? text
            : String(decoding: text.utf8.prefix(messageLimit / 2), as: UTF8.self) + " … "
                + String(decoding: text.utf8.suffix(messageLimit / 4), as: UTF8.self)
        try StandardStreams.write(Array((shown + "\n").utf8), to: STDERR_FILENO)
    }

    /// Of a message, in bytes; arguments of any length may stand in one.
    private static let messageLimit = 8192

    /// The program's name, as messages begin with it.
    static let name =
        CommandLine.arguments.first.map {
            String($0[($0.lastIndex(of: "/").map($0.index(after:)) ?? $0.startIndex)...])
        } ?? ""

    /// By scalars: to Swift, CR and LF together are one character.
    private static func lines(of text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    /// Text as it may go to a terminal: lines and tabs stay, nothing else may command it.
    private static func forTerminal(_ text: String) -> String { text.withoutDisplayCommands(keeping: ["\n", "\t"]) }

    /// From now on the command ends as soon as nobody reads its output, though it may have nothing to write for hours:
    /// for commands that do nothing but show.
    public static func endWhenUnread() {
        BlockingThread.start {
            guard StandardStreams.waitUntilUnread(STDOUT_FILENO) else { return }
            _exit(OutputError(number: EPIPE).exitCode)
        }
    }

    /// Runs one call of the library; what it can't do is told in one message.
    public static func attempt<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error where error is ExitCode || error is OutputError {
            throw error
        } catch {
            throw failure(error)
        }
    }

    /// Tells what could not be done: on standard error, or with `--json` on standard output, as JSON.
    /// - Returns: the exit code, which is what is left of a message that isn't heard: 64 where the arguments are what
    ///   is wrong, else 1.
    public static func failure(_ error: any Error) -> ExitCode {
        let failure = Failure(error)
        do throws(OutputError) {
            if Invocation.wantsJSON {
                try write(document: failure.json)
            } else {
                try tell(failure.message)
            }
            return failure.isUsage ? .validationFailure : .failure
        } catch {
            return ExitCode(error.exitCode)
        }
    }
}

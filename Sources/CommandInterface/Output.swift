public import ArgumentParser
internal import Glibc

/// What commands print: results to standard output, everything else to standard error. All printing goes this way.
public enum Output {
    /// A result: text for people, or a document.
    /// - Throws: `OutputError`, which ends the program with its own exit code.
    public static func write(_ text: String) throws(OutputError) { try write(bytes: Array(printable(text).utf8)) }

    /// Bytes as they are.
    public static func write(bytes: [UInt8]) throws(OutputError) { try StandardStreams.write(bytes, to: STDOUT_FILENO) }

    /// A message on standard error. Work doesn't end because nobody reads what is said about it.
    public static func note(_ text: String) { try? complain("\(name): \(text)") }

    /// The message that the program ends with.
    static func complain(_ text: String) throws(OutputError) {
        let text = printable(text)
        let shown = text.utf8.count <= messageLimit ? text : text.prefix(messageLimit / 2) + " … " + text.suffix(messageLimit / 4)
        try StandardStreams.write(Array((shown + "\n").utf8), to: STDERR_FILENO)
    }

    /// Of a message, in bytes; arguments of any length may stand in one.
    private static let messageLimit = 8192

    /// The program's name, as messages begin with it.
    private static let name =
        CommandLine.arguments.first.map { String($0[($0.lastIndex(of: "/").map($0.index(after:)) ?? $0.startIndex)...]) } ?? ""

    /// Text as it may go to a terminal: lines and tabs stay, nothing else may command it.
    private static func printable(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar != "\n" && scalar != "\t", .format, .lineSeparator, .paragraphSeparator:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Runs one call of the library; what it can't do is told in one message, exit code 1.
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
    /// - Returns: the exit code, which is what is left of a message that isn't heard.
    public static func failure(_ error: any Error) -> ExitCode {
        do throws(OutputError) {
            if Invocation.wantsJSON { try write(Failure(error).json) } else { try complain("\(name): \(error)") }
            return .failure
        } catch {
            return ExitCode(error.exitCode)
        }
    }
}

internal import ArgumentParser
internal import Glibc
internal import Notation

/// What a program was started with, as far as it concerns all commands.
enum Invocation {
    /// Where text from outside becomes the names of files.
    private static let variables = ["HOME", "MSE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"]

    /// Whether whoever called is a program: then errors are JSON too, those of the arguments included.
    static var wantsJSON: Bool {
        CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains("--json")
            || getenv(errorForm).map { String(cString: $0) == "json" } ?? false
    }

    /// The variable by which errors of all commands are JSON, of those too that have no other use for it.
    private static let errorForm = "MSE_ERRORS"

    static func checkErrorForm() throws {
        guard let value = getenv(errorForm).map({ String(cString: $0) }), !["", "text", "json"].contains(value) else {
            return
        }
        throw ValidationError(
            "The variable \(errorForm) is '\(value.printable())'; 'json' or 'text' expected"
        )
    }

    /// What isn't UTF-8 would be repaired on reading, and then name another file.
    static func checkText() throws {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else {
                continue
            }
            throw ValidationError("Argument \(index) isn't UTF-8: '\(String(cString: argument))'")
        }
        for name in variables {
            guard let value = getenv(name), String(validatingCString: value) == nil else { continue }
            throw ValidationError("The variable \(name) isn't UTF-8: '\(String(cString: value))'")
        }
    }

    /// A command that isn't there has no help either: the parser would show another one's, as a success.
    static func checkCommands(_ root: any ParsableCommand.Type) throws {
        var configuration = root.configuration
        var isRoot = true
        for argument in CommandLine.arguments.dropFirst() {
            // With a default, what stands there may be its argument.
            guard !configuration.subcommands.isEmpty, configuration.defaultSubcommand == nil, argument != "--" else {
                return
            }
            // The one option before all commands that has a value.
            if argument == "--generate-completion-script" { return }
            if argument.hasPrefix("-") || (argument == "help" && isRoot) { continue }
            let commands = configuration.subcommands.map { $0.configuration }
            guard let next = commands.first(where: { $0.commandName == argument }) else {
                throw unknown(argument, of: configuration.commandName ?? "", commands)
            }
            configuration = next
            isRoot = false
        }
    }

    private static func unknown(_ argument: String, of name: String, _ commands: [CommandConfiguration])
        -> ValidationError
    {
        let shown = commands.filter { $0.shouldDisplay }.compactMap { $0.commandName }
        let (names, isMeant) = NearestName.ranked(shown, to: argument)
        return ValidationError(
            "'\(argument.printable())' is no command of \(name)"
                + (isMeant ? "; did you mean '\(names[0])'?" : "; there are: \(shown.joined(separator: ", ")).")
        )
    }

    /// Nothing has an empty name; with a path after it, it would be the root folder's.
    static func checkNames() throws {
        let arguments = CommandLine.arguments
        guard
            let index = arguments.dropFirst().firstIndex(where: {
                $0.isEmpty || isOptionWithoutValue($0)
            })
        else {
            return
        }
        let place = index > 1 && arguments[index - 1].hasPrefix("-") ? "after '\(arguments[index - 1])' " : ""
        throw ValidationError("Argument \(index) \(place)is empty.")
    }

    /// Such as `--key=`; in `--define=name=` a value stands behind the first sign.
    private static func isOptionWithoutValue(_ argument: String) -> Bool {
        argument.hasPrefix("--") && argument.utf8.firstIndex(of: UInt8(ascii: "=")) == argument.utf8.indices.last
    }

    /// The parser's message repeats arguments as they are: one that holds line ends shows them as escapes.
    static func withArgumentsInOneLine(_ message: String) -> String {
        CommandLine.arguments.dropFirst().filter { $0.unicodeScalars.contains("\n") }.reduce(message) {
            message,
            argument in
            // An option's value may be told alone.
            let value =
                argument.hasPrefix("-")
                ? argument.firstIndex(of: "=").map { String(argument[argument.index(after: $0)...]) } : nil
            return [argument, value].compactMap { $0 }.filter { $0.unicodeScalars.contains("\n") }.reduce(message) {
                $0.replacing(
                    $1,
                    with: $1.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
                        .joined(
                            separator: "\\u{a}"
                        )
                )
            }
        }
    }

    /// The parser crashes where a line of help has next to no room.
    static func makeRoomForHelp() {
        var size = winsize()
        let terminal = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
        let width = getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? terminal
        if !(60...400).contains(width) { setenv("COLUMNS", "\(min(max(width, 60), 400))", 1) }
    }
}

public import ArgumentParser
internal import Dispatch
internal import Files
internal import Glibc

/// A program from its arguments to its exit code, whatever becomes of its output.
public enum Program {
    /// Not from an asynchronous `main`: before that begins, descriptors were opened in the place of those that are
    /// closed.
    ///
    /// Arguments are read on the first thread, so that help, version and mistakes cost no other.
    ///
    /// - Parameter arguments: makes of those that were given those that are parsed.
    public static func run(
        _ root: any AsyncParsableCommand.Type,
        arguments: ([String]) -> [String] = { $0 }
    ) -> Never {
        prepare()
        // The task has it alone from then on.
        nonisolated(unsafe) let parsed = parse(root, arguments(Array(CommandLine.arguments.dropFirst())))
        Interruption.watch()
        runTask {
            var command = parsed
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
                exit(0)
            } catch {
                end(error, of: root)
            }
        }
    }

    /// Everything on the first thread.
    public static func run(_ root: any ParsableCommand.Type) -> Never {
        prepare()
        var command = parse(root, Array(CommandLine.arguments.dropFirst()))
        do {
            try command.run()
        } catch {
            end(error, of: root)
        }
        exit(0)
    }

    /// Ends the program where there is nothing to run.
    private static func parse(_ root: any ParsableCommand.Type, _ arguments: [String]) -> any ParsableCommand {
        do {
            try Invocation.checkText()
            try Invocation.checkErrorForm()
            try Invocation.checkCommands(root)
            let command = try root.parseAsRoot(arguments)
            try Invocation.checkNames()
            return command
        } catch {
            end(error, of: root)
        }
    }

    /// Runs asynchronous work from the main thread, and ends the process with its exit code: at once, for exit
    /// functions of libraries would run beside threads that use what they take down, and what they wrote would be kept
    /// nowhere.
    public static func end(with body: @escaping @Sendable () async -> Int32) -> Never {
        runTask {
            let code = await body()
            fflush(nil)
            _exit(code)
        }
    }

    /// The root of a program's tasks, which ends the program. It has no parent to be a child of: there is none before
    /// it, since no program of ours begins with an asynchronous `main`.
    private static func runTask(_ body: sending @escaping () async -> Never) -> Never {
        Task(operation: body)
        dispatchMain()
    }

    private static func prepare() {
        StandardStreams.prepare()
        // What is made is its maker's, and nobody else writes to it, whatever mask was left to this program; nor do
        // programs that are started from here make what others can write to.
        umask(umask(0o077) & 0o077 | 0o022)
        guard Descriptors.suffice else {
            Output.note(Descriptors.problem)
            exit(ExitCode.failure.rawValue)
        }
        Invocation.makeRoomForHelp()
    }

    /// Help and version are results; all else is a message.
    private static func end(_ error: any Error, of root: any ParsableCommand.Type) -> Never {
        // Whose work was taken away from under it has nothing to say.
        while Unfinished.isAbandoned { pause() }
        if let error = error as? OutputError { end(error) }
        let code = root.exitCode(for: error)
        let text = Invocation.withArgumentsInOneLine(root.fullMessage(for: error))
        do throws(OutputError) {
            if code == .success {
                try Output.write(text + "\n")
            } else if !text.isEmpty, Invocation.wantsJSON {
                try Output.write(document: Failure(usage: root.message(for: error)).json)
            } else if !text.isEmpty {
                try Output.complain(text)
            }
        } catch {
            // Of a message that isn't heard its code is what is left.
            if code == .success || error.isClosed { end(error) }
        }
        exit(code.rawValue)
    }

    private static func end(_ error: OutputError) -> Never {
        // A reader who has had enough is no news.
        if !error.isClosed { Output.note("\(error)") }
        exit(error.exitCode)
    }
}

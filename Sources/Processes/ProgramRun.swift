internal import CProcesses
public import Files
internal import FoundationEssentials
internal import Glibc

/// Another program, and how it is run: to its end, beside this one, or in its place.
public struct ProgramRun: Sendable {
    public var path: String
    public var arguments: [String]
    /// Added to this process's environment; nil removes.
    public var environment: [String: String?] = [:]
    public var folder: String?
    /// What it is told that its name is; nil for its path.
    public var name: String?
    /// Whether it gets this process's environment.
    public var inheritsEnvironment: Bool
    /// Nil: it may write wherever this process may.
    public var writeLimit: WriteLimit?

    public init(
        _ path: String,
        _ arguments: [String],
        environment: [String: String?] = [:],
        folder: String? = nil,
        inheritsEnvironment: Bool = true,
        writeLimit: WriteLimit? = nil
    ) {
        self.writeLimit = writeLimit
        self.inheritsEnvironment = inheritsEnvironment
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
    }

    /// The variables that a program started here inherits.
    package static var inheritedVariables: [String: String] { surroundings ?? ProcessInfo.processInfo.environment }
    /// Another environment than this process's, for the time of one call: tests can't change that one, which is
    /// everybody's.
    @TaskLocal static var surroundings: [String: String]?

    public struct Result: Sendable {
        public var status: Int32
        /// Output and errors together when captured, at most the last mebibyte.
        public var output: String
    }

    /// - Parameter captures: keeps the output instead of handing it on to this process's.
    public func run(captures: Bool = true) throws(FileError) -> Result {
        var ends: [Int32] = [-1, -1]
        if captures { guard pipe(&ends) == 0 else { throw FileError(path, doing: "make a pipe") } }
        // Programs started here get their own descriptors alone, so the pipe needs no mark.
        defer { for end in ends where end >= 0 { close(end) } }
        let program = try start(output: captures ? ends[1] : nil)
        var output: [UInt8] = []
        if captures {
            close(ends[1])
            ends[1] = -1
            output = Self.drain(ends[0])
        }
        return Result(status: program.wait(), output: String(decoding: output, as: UTF8.self))
    }

    /// Runs it to its end for what it writes to its standard output; its errors go where this process's go.
    /// - Parameters:
    ///   - limit: in bytes; a program that writes more is ended.
    ///   - timeLimit: a program that takes longer is ended.
    /// - Throws: `FileError` where it can't be run, or was ended.
    package func standardOutput(limit: Int, timeLimit: Duration) throws(FileError) -> (status: Int32, bytes: [UInt8]) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw FileError(path, doing: "make a pipe") }
        defer { for end in ends where end >= 0 { close(end) } }
        let program = try start(output: ends[1], errors: STDERR_FILENO)
        close(ends[1])
        ends[1] = -1
        let end = ContinuousClock.now + timeLimit
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let left = (end - .now).components
            var request = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            let isReady = left.seconds < 0 ? 0 : poll(&request, 1, Int32(clamping: left.seconds * 1000 + 999))
            if isReady < 0, errno == EINTR { continue }
            guard isReady > 0 else {
                program.end(graceSeconds: 1)
                throw FileError(path, "took longer than \(timeLimit.components.seconds) s, and was ended")
            }
            let count = read(ends[0], &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (program.wait(), output) }
            output += buffer[..<count]
            guard output.count <= limit else {
                program.end(graceSeconds: 1)
                throw FileError(path, "wrote more than \(limit) bytes, and was ended")
            }
        }
    }

    /// The program of a name as a shell finds it; a name with a slash is a path.
    /// - Parameter path: the variable PATH, whose folders are looked through in its order.
    package static func find(_ name: String, in path: String?) -> String? {
        guard !name.utf8.contains(UInt8(ascii: "/")) else { return name }
        let folders = (path ?? "/usr/local/bin:/usr/bin:/bin").utf8.split(
            separator: UInt8(ascii: ":"),
            omittingEmptySubsequences: false
        )
        return folders.lazy.map { ($0.isEmpty ? "." : String(Substring($0))) + "/" + name }
            .first { access($0, X_OK) == 0 && !Files.isFolder($0) }
    }

    /// Starts it with an empty input, and with no descriptor, handler or mask of signals of this process's.
    /// - Parameters:
    ///   - output: where its output goes; nil for this process's.
    ///   - errors: where its errors go; nil for where its output goes.
    ///   - inNewSession: whether it has no terminal, so that it can outlive whoever uses this one.
    public func start(
        output: Int32? = nil,
        errors: Int32? = nil,
        inNewSession: Bool = false
    ) throws(FileError) -> RunningProgram {
        let process = withStrings { words, values in
            Unfinished.start {
                spawn(
                    words,
                    values,
                    output: output ?? -1,
                    errors: errors ?? output ?? -1,
                    inNewSession: inNewSession
                )
            }
        }
        guard process > 0 else { throw FileError(path, doing: "run", -process) }
        return RunningProgram(id: process)
    }

    private func spawn(
        _ words: Words,
        _ values: Words,
        output: Int32,
        errors: Int32,
        inNewSession: Bool
    ) -> Int32 {
        let session: Int32 = inNewSession ? 1 : 0
        guard let writeLimit else {
            return cprocesses_spawn(path, words, values, folder, output, errors, session, nil)
        }
        return writeLimit.withLimit { cprocesses_spawn(path, words, values, folder, output, errors, session, $0) }
    }

    /// Runs it in this process's place: with its id, descriptors and folder, and no mask of signals. Returns only by
    /// throwing.
    public func replaceThisProcess() throws(FileError) -> Never {
        let error = withStrings { words, values in cprocesses_replace(path, words, values) }
        throw FileError(path, doing: "run", error)
    }

    /// The last of them is nil.
    private typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    private func withStrings(
        _ body: (_ words: Words, _ values: Words) -> Int32
    ) -> Int32 {
        var variables = inheritsEnvironment ? Self.inheritedVariables : ["LANG": "C.UTF-8"]
        for (name, value) in environment { variables[name] = value }
        let strings = CArguments()
        return withExtendedLifetime(strings) {
            body(
                strings.texts([name ?? path] + arguments),
                strings.texts(variables.map { "\($0.key)=\($0.value)" })
            )
        }
    }

    /// All that comes until the last writer is gone, of which the last mebibyte is kept.
    private static func drain(_ descriptor: Int32) -> [UInt8] {
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return output }
            output += buffer[..<count]
            if output.count > 2 << 20 { output.removeFirst(output.count - (1 << 20)) }
        }
    }
}

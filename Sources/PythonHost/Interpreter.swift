internal import AppServer
internal import CPython
internal import CPythonShim
internal import Files
internal import Glibc
internal import NIOCore
internal import Threads

/// The embedded interpreter. It has a thread of its own, on which it starts, imports and ends; applications run on the
/// threads of their pool.
public final class Interpreter: Sendable {
    /// What waits for the interpreter's thread.
    private let jobs = Monitor(CircularBuffer<@Sendable () -> Void>())
    private let report: any ApplicationReport

    public struct Configuration: Sendable {
        public var location: PythonLocation
        /// Besides the standard library's, behind them: site-packages.
        public var searchPaths: [String]
        /// What the application's environment has besides this process's.
        public var variables: [String: String]
        /// A folder that nobody puts byte code into.
        public var folder: String

        public init(location: PythonLocation, searchPaths: [String], variables: [String: String], folder: String) {
            self.location = location
            self.searchPaths = searchPaths
            self.variables = variables
            self.folder = folder
        }
    }

    /// Starts the interpreter. There can be one in a process.
    /// - Throws: `PythonError` when it doesn't start.
    public init(_ configuration: Configuration, report: any ApplicationReport) throws(PythonError) {
        self.report = report
        let outcome = Monitor<Result<Void, PythonError>?>(nil)
        let isStarted = BlockingThread.start { [self] in
            let error = Self.start(configuration)
            outcome.change { $0 = error.map { .failure($0) } ?? .success(()) }
            if error == nil { serve() }
        }
        guard isStarted else { throw PythonError("there is no thread for the interpreter") }
        try outcome.wait { $0 }.get()
    }

    private static func start(_ configuration: Configuration) -> PythonError? {
        let location = configuration.location
        // Python reads os.environ once, at its start.
        for (name, value) in configuration.variables { setenv(name, value, 1) }
        let paths = [location.standardLibrary, location.dynamicModules] + configuration.searchPaths
        let values = CArguments()
        let searchPaths = paths.map { Optional(UnsafePointer(values.text($0))) }
        var message = [CChar](repeating: 0, count: 512)
        let status = withExtendedLifetime(values) {
            var start = CPythonStart(
                executable: values.text(location.interpreter),
                prefix: values.text(location.prefix),
                standard_library: values.text(location.standardLibrary),
                byte_code_folder: values.text(configuration.folder + "/no-byte-code"),
                search_paths: values.list(searchPaths),
                search_path_count: searchPaths.count
            )
            return CPython_Start(&start, &message, message.count)
        }
        guard status == 0 else {
            return PythonError(
                String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            )
        }
        return nil
    }

    /// The interpreter's own thread: takes jobs and gives the GIL back between them.
    private func serve() {
        while true {
            let state = PyEval_SaveThread()
            let job = jobs.wait { $0.popFirst() }
            PyEval_RestoreThread(state)
            job()
        }
    }

    /// Runs on the interpreter's thread with the GIL held.
    /// - Throws: what it throws. Whoever is cancelled waits no longer; what he began goes on, for nothing ends it, and
    ///   what comes of it is nobody's.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () throws(PythonError) -> Value)
        async throws(PythonError) -> Value
    {
        let result = Promise<Result<Value, PythonError>>()
        jobs.change {
            $0.append {
                do throws(PythonError) {
                    result.keep(.success(try body()))
                } catch {
                    result.keep(.failure(error))
                }
            }
        }
        guard let result = await result.wait() else { throw PythonError("nobody waits for it any more") }
        return try result.get()
    }

    /// Keeps whatever runs in Python where it is, from now to the end of the process. What is in a library's call that
    /// doesn't need Python goes on until that returns.
    /// - Parameter limit: what gives way to no other thread for so long isn't kept.
    public func stand(within limit: Duration) async {
        let stands = Promise<Void>()
        let isStarted = BlockingThread.start {
            _ = PyGILState_Ensure()
            stands.keep(())
            while true { pause() }
        }
        if isStarted { _ = await stands.wait(for: limit) }
    }

    /// What `atexit` holds, on the thread that started Python. Python isn't taken down: whoever still runs in it ends
    /// with the process.
    /// - Parameter limit: what takes longer ends with the process too.
    public func runExitFunctions(within limit: Duration) async {
        await withTaskGroup(of: String?.self) { group in
            group.addTask { await self.runExitFunctions() }
            group.addTask {
                guard case .some = try? await Task.sleep(for: limit) else { return nil }
                return "an exit function still ran at the end"
            }
            let problem = await group.next() ?? nil
            group.cancelAll()
            if let problem { report.failed(problem) }
        }
    }

    /// - Returns: what went wrong.
    private func runExitFunctions() async -> String? {
        do throws(PythonError) {
            try await run { () throws(PythonError) in
                try Interpreter.execute(
                    "import atexit, sys\natexit._run_exitfuncs()\nsys.stdout.flush()\nsys.stderr.flush()\n"
                )
            }
            return nil
        } catch {
            return "an exit function failed: \(error)"
        }
    }

    /// Runs source text in a namespace of its own; the GIL must be held.
    static func execute(_ source: String) throws(PythonError) {
        let globals = PyDict_New()
        defer { Py_DecRef(globals) }
        PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins())
        guard let result = PyRun_String(source, Py_file_input, globals, globals) else { throw .fetch() }
        Py_DecRef(result)
    }
}

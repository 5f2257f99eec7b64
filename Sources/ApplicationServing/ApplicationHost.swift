public import AppServer
public import PythonHost

/// What runs an application: the interpreter with the application's packages. There can be one in a process.
public struct ApplicationHost: Sendable {
    private let interpreter: Interpreter
    private let packages: [String]
    private let report: any ApplicationReport

    /// Starts the interpreter.
    /// - Parameters:
    ///   - packages: folders of installed packages.
    ///   - variables: what the application's environment has besides this process's.
    ///   - folder: nobody puts byte code into it.
    ///   - location: the interpreter that is started.
    /// - Throws: `PythonError` when it doesn't start.
    public init(
        _ location: PythonLocation,
        packages: [String],
        variables: [String: String],
        folder: String,
        report: any ApplicationReport
    ) throws(PythonError) {
        self.report = report
        self.packages = packages
        interpreter = try Interpreter(
            Interpreter.Configuration(
                location: location,
                searchPaths: packages,
                variables: variables,
                folder: folder
            ),
            report: report
        )
    }

    /// Loads an application.
    /// - Parameters:
    ///   - application: `module:variable` or `module:factory`.
    ///   - folder: of its code; it comes before all packages.
    ///   - threads: for its calls.
    /// - Returns: who answers requests with it.
    /// - Throws: `PythonError` with Python's own words.
    public func load(_ application: String, from folder: String, threads: Int) async throws(PythonError)
        -> any Responder
    {
        let loaded = try await WSGIApplication.load(
            application,
            from: folder,
            packages: packages,
            on: interpreter
        )
        return WSGIResponder(loaded, threads: threads, report: report)
    }

    /// Keeps threads of the application that still run where they are, so that what they write holds still.
    public func stand(within limit: Duration) async { await interpreter.stand(within: limit) }

    /// Lets running requests end, then runs what the application has for its exit: all of it within the grace, but for
    /// the second that exit functions get in any case.
    /// - Parameter server: where the application is reachable; it is closed.
    public func end(_ server: AppServer, grace: Duration) async {
        let end = ContinuousClock.now + grace
        await server.shutdown(grace: grace)
        await interpreter.runExitFunctions(within: max(.seconds(1), end - .now))
    }
}

internal import AppServer
internal import ApplicationServing
internal import CodeEncryption
internal import Enclave
internal import Files
internal import Glibc
internal import PackageFormat
internal import PythonHost
internal import Threads

/// From unpacked code to an application that answers.
struct ApplicationStart: Sendable {
    let settings: EnclaveSettings
    /// Nil where the package has none.
    let environment: CodeSource?
    let memory: PrivateMemory
    let platform: any EnclavePlatform
    let report: SealedReport

    /// The interpreter with the package's environment; neither waits for the key.
    func host() throws -> ApplicationHost {
        if let environment {
            try Files.remove(memory.site)
            try environment.copy(to: memory.site)
        }
        let location = try PythonLocation.linked()
        if !settings.python.isEmpty, settings.python != location.version {
            throw AgentError("the package is for Python \(settings.python), linked is \(location.version)")
        }
        return try ApplicationHost(
            location,
            packages: [memory.site],
            variables: memory.variables,
            folder: memory.folder,
            report: report
        )
    }

    /// - Returns: who answers requests from now on.
    func responder(on host: ApplicationHost) async throws -> any Responder {
        // What an application names by a relative path lies beside its code, in private memory.
        guard chdir(memory.code) == 0 else { throw FileError(memory.code, doing: "work in the folder") }
        // From here on the process runs code that isn't ours.
        platform.close()
        let responder = try await host.load(
            settings.application,
            from: memory.code,
            threads: settings.server.threads
        )
        // An application that handles signals would never be asked to end: those that end the agent are taken back.
        for signal in ProcessSignal.allCases { signal.count() }
        return responder
    }
}

internal import PackageFormat
internal import Processes

/// The runtime of this machine, as the agent itself describes it.
enum Runtime {
    static func ofThisMachine(for platform: any LaunchPlatform) throws -> MachineRuntime {
        let agent = try Programs.path(of: .agent)
        let result = try ProgramRun(
            agent,
            ["describe-runtime", "--platform", platform.name.rawValue, "--loader", platform.loader()],
            inheritsEnvironment: false
        ).run()
        guard result.status == 0 else {
            throw OperationError(agent, "can't describe its runtime", code: .runtime, quoting: result.output)
        }
        return try OperationError.naming(agent, code: .runtime) { try MachineRuntime(Array(result.output.utf8)) }
    }
}

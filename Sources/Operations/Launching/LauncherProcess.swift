internal import Files
internal import Glibc
internal import PackageFormat
internal import PackageMeasurement

/// What the process does that `HostProcess` starts: measures an instance's package, launches it on its platform, and
/// writes down how that ended.
struct LauncherProcess {
    let service: ServiceState
    let platform: any LaunchPlatform

    /// - Returns: the agent's exit code.
    func run(renews: Bool) throws -> Int32 {
        let this = HostedProcess(id: getpid())
        do {
            let code = try platform.run(measured(renews: renews)) { agent, missing in
                try InstanceProcesses(launcher: this, agent: HostedProcess(id: agent), missing: missing)
                    .write(for: service)
            }
            try service.write(exitCode: code)
            return code
        } catch {
            // The launcher's own words; the agent has none for the operator.
            try service.write(refusal: "\(error)")
            try service.write(exitCode: 1)
            throw error
        }
    }

    private func measured(renews: Bool) throws -> MeasuredInstance {
        let package = try OpenFile(service.packagePath, O_RDONLY)
        // Its folder keeps others out; the agent may be another user.
        guard fchmod(package.descriptor, 0o644) == 0 else { throw FileError(service.packagePath, doing: "open") }
        let enclave = try PackageFile("/proc/self/fd/\(package.descriptor)").enclave()
        return MeasuredInstance(service: service, package: package, enclave: enclave, renews: renews)
    }
}

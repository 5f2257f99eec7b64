internal import CodeEncryption
public import Enclave
internal import Secrets
public import WallClock

/// The service's life inside the enclave: configuration, decryption, application, end.
public enum EnclaveAgent {
    /// The time limit for configuration ran out.
    public static let timeLimitExitCode: Int32 = 124

    /// The agent's whole life. Its events go to the operator, all else that is said in this process to the owner alone.
    /// - Parameters:
    ///   - memory: made before the process had a second thread.
    ///   - output: this process's standard output and error, taken before anybody wrote to them.
    ///   - clock: the host's, by which nothing is decided but a certificate's end.
    /// - Returns: the process's exit code.
    public static func live(
        _ arguments: AgentArguments,
        on platform: any EnclavePlatform,
        memory: PrivateMemory,
        events: EventLog,
        log: ApplicationLog,
        output: CapturedOutput,
        clock: WallClock
    ) async -> Int32 {
        let exitCode: Int32
        LockedMemory.whenRefused { events.write(.memoryUnlocked) }
        do {
            let parts = try await AgentParts(
                arguments,
                on: platform,
                memory: memory,
                events: events,
                log: log,
                clock: clock
            )
            exitCode = await AgentLife(parts.terms).run { await parts.perform($0) }
        } catch {
            log.append(.failure, Array("\(error)".utf8))
            events.write(.failed(.init(error)))
            exitCode = 1
        }
        // What was said last is in the log before it is closed; an import that was abandoned may still say something.
        output.drain()
        memory.remove()
        log.close()
        events.write(.ended(exitCode: exitCode))
        return exitCode
    }
}

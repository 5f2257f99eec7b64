internal import Glibc
internal import Synchronization

/// How the process will end, once somebody decides it; the first decision counts.
final class AgentOutcome: Sendable {
    private struct State {
        var code: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let state = Mutex(State())

    var isFinished: Bool { state.withLock { $0.code != nil } }

    func finish(_ code: Int32) {
        let waiting = state.withLock { state in
            guard state.code == nil else { return [CheckedContinuation<Int32, Never>]() }
            state.code = code
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: code) }
    }

    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let code: Int32? = state.withLock { state in
                if state.code == nil { state.waiting.append(continuation) }
                return state.code
            }
            if let code { continuation.resume(returning: code) }
        }
    }
}

/// Opens once, when the configuration was accepted.
final class ConfigurationGate: Sendable {
    private let outcome = AgentOutcome()
    private let key = Mutex<[UInt8]?>(nil)

    var isOpen: Bool { outcome.isFinished }
    var tlsKey: [UInt8]? { key.withLock { $0 } }

    func open(tlsKey: [UInt8]?) {
        key.withLock { $0 = tlsKey }
        outcome.finish(0)
    }

    func wait() async throws {
        _ = await outcome.wait()
    }
}

/// A thread for one call that blocks.
enum BlockingThread {
    static func start(_ body: @escaping @Sendable () -> Void) {
        final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        guard
            pthread_create(
                &thread, nil,
                { context in
                    Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
                    return nil
                }, box.toOpaque()) == 0
        else { return box.release() }
        pthread_detach(thread)
    }
}

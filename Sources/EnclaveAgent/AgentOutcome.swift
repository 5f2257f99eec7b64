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

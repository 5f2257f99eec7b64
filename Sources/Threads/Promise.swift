internal import Synchronization

/// A value that comes once, from whatever thread; the first one counts. Whoever waits for it can be cancelled, or give
/// up, while what was to bring it goes on.
public final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case open(waiting: [UInt64: CheckedContinuation<Value?, Never>], next: UInt64)
        case kept(Value)
    }

    private let state = Mutex(State.open(waiting: [:], next: 0))

    public init() {}

    /// Nil while it hasn't come.
    public var value: Value? {
        state.withLock { if case .kept(let value) = $0 { value } else { nil } }
    }

    /// - Returns: false when another value came before.
    @discardableResult
    public func keep(_ value: Value) -> Bool {
        let waiting: [CheckedContinuation<Value?, Never>]? = state.withLock { state in
            guard case .open(let waiting, _) = state else { return nil }
            state = .kept(value)
            return Array(waiting.values)
        }
        guard let waiting else { return false }
        for continuation in waiting { continuation.resume(returning: value) }
        return true
    }

    /// - Returns: nil when the task that waits was cancelled before it came.
    public func wait() async -> Value? {
        let number: UInt64? = state.withLock { state in
            guard case .open(let waiting, let next) = state else { return nil }
            state = .open(waiting: waiting, next: next + 1)
            return next
        }
        guard let number else { return value }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { enter($0, number) }
        } onCancel: {
            leave(number)
        }
    }

    /// - Returns: nil when it didn't come within this time.
    public func wait(for limit: Duration) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await self.wait() }
            group.addTask {
                try? await Task.sleep(for: limit)  // cancelled when the value came
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// Whoever is cancelled before he has entered sees it here, afterwards `leave` finds him.
    private func enter(_ continuation: CheckedContinuation<Value?, Never>, _ number: UInt64) {
        let value: Value?? = state.withLock { state in
            switch state {
            case .kept(let value): return .some(value)
            case .open(var waiting, let next):
                guard !Task.isCancelled else { return .some(nil) }
                waiting[number] = continuation
                state = .open(waiting: waiting, next: next)
                return .none
            }
        }
        if let value { continuation.resume(returning: value) }
    }

    private func leave(_ number: UInt64) {
        let continuation: CheckedContinuation<Value?, Never>? = state.withLock { state in
            guard case .open(var waiting, let next) = state else { return nil }
            defer { state = .open(waiting: waiting, next: next) }
            return waiting.removeValue(forKey: number)
        }
        continuation?.resume(returning: nil)
    }
}

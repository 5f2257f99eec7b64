internal import Glibc
public import Notation

/// A thread for one call that blocks, so that none of the pool's does.
public enum BlockingThread {
    /// What C libraries' own threads have; deep recursion needs it.
    private static let stackByteCount = 8 << 20

    /// - Returns: false when the system gives no more threads; then nothing is called.
    @discardableResult
    public static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackByteCount)
        let status = pthread_create(
            &thread,
            &attributes,
            { context in
                Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
                return nil
            },
            box.toOpaque()
        )
        guard status == 0 else {
            box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Calls what blocks on a thread of its own, and waits until it has returned, whoever is cancelled meanwhile.
    /// - Throws: what the call throws, and `ThreadError` when the system gives no more threads.
    public static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            if !start({ continuation.resume(with: Result(catching: body)) }) {
                continuation.resume(throwing: ThreadError())
            }
        }
    }

    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// The system gives no more threads.
public struct ThreadError: Error, CodedError, CustomStringConvertible {
    public var description: String { "the system gives no more threads" }

    /// Stable; programs may depend on it.
    public var code: String { "threads" }
}

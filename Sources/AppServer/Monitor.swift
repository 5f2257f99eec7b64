internal import Glibc

/// State that threads share, and whose changes they can wait for.
///
/// A mutex and a condition variable of pthread's, and not `Synchronization.Mutex`: nobody can wait for that one's state
/// to change, and to the thread sanitizer, which doesn't see the library that takes it when threads contend, whatever
/// it guards is a race.
public final class Monitor<State: Sendable>: @unchecked Sendable {  // the mutex guards the state
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State
    private var waiters = 0

    public init(_ state: State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Looks at the state, or changes of it what nobody waits for.
    public func withLock<Value>(_ body: (inout State) -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Changes the state, and wakes whoever waits.
    public func change<Value>(_ body: (inout State) -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        defer { if waiters > 0 { pthread_cond_broadcast(condition) } }
        return body(&state)
    }

    /// Waits until the body gives something; it is asked anew after each change. Never to be called on an event loop.
    public func wait<Value>(_ body: (inout State) -> Value?) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        waiters += 1
        defer { waiters -= 1 }
        while true {
            if let value = body(&state) { return value }
            pthread_cond_wait(condition, mutex)
        }
    }
}

public import AppServer
internal import CPython
internal import Glibc
internal import Threads

/// Answers requests with a WSGI application, on threads of its own.
///
/// One thread works as long as calls are quick: it takes what has gathered and calls the application back to back, with
/// the GIL held throughout. When a call stands still, another takes over.
public final class WSGIResponder: Responder {
    private let application: WSGIApplication
    private let queue = WorkQueue()
    private let report: any ApplicationReport
    private let refusals = RefusedRequests()

    public init(_ application: WSGIApplication, threads: Int, report: any ApplicationReport) {
        self.application = application
        self.report = report
        for _ in 0..<threads { BlockingThread.start { [self] in work(multithread: threads > 1) } }
    }

    public func respond(to exchange: Exchange) { queue.add(exchange) }

    public func refused(_ status: String, _ message: String) {
        if let text = refusals.note(status, message) { report.refused(text) }
    }

    private func work(multithread: Bool) {
        // A thread state for life: making one for each call costs twenty microseconds.
        _ = PyGILState_Ensure()
        let environs: Environ
        do throws(PythonError) {
            environs = try Environ(multithread: multithread)
        } catch {
            report.failed("a thread for the application can't start: \(error)")
            _ = PyEval_SaveThread()
            return
        }
        while true {
            let state = PyEval_SaveThread()
            var exchange = queue.take()
            PyEval_RestoreThread(state)
            repeat {
                WSGICall(exchange, report: report).perform(application, environs)
                guard let next = queue.next() else { break }
                exchange = next
            } while true
        }
    }
}

/// What waits for a thread. A thread that took something is active until it finds nothing more.
final class WorkQueue: @unchecked Sendable {  // the mutex guards everything
    /// How long a call may take before another thread takes over what waits.
    private static let patience = 2_000_000

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Exchange] = []
    private var head = 0
    private var active = 0
    private var idle = 0
    private var finished: UInt64 = 0
    private var isWatched = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // The host's clock may be set; patience isn't measured by it.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    func add(_ exchange: Exchange) {
        pthread_mutex_lock(mutex)
        waiting.append(exchange)
        let wakes = idle > 0 && (active == 0 || !isWatched)
        pthread_mutex_unlock(mutex)
        if wakes { pthread_cond_signal(condition) }
    }

    /// The next one, waited for; the caller is active from now on.
    func take() -> Exchange {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        idle += 1
        defer { idle -= 1 }
        while true {
            if let exchange = pop() {
                active += 1
                return exchange
            }
            if head == waiting.count || isWatched {
                pthread_cond_wait(condition, mutex)
            } else {
                watch()
            }
        }
    }

    /// The next one if there is any; else the caller is active no more.
    func next() -> Exchange? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        finished += 1
        guard head < waiting.count else {
            active -= 1
            return nil
        }
        return removeFirst()
    }

    private var overdue = false

    private func pop() -> Exchange? {
        guard head < waiting.count, active == 0 || overdue else { return nil }
        overdue = false
        return removeFirst()
    }

    private func removeFirst() -> Exchange {
        let exchange = waiting[head]
        head += 1
        if head == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1024 {
            waiting.removeFirst(head)
            head = 0
        }
        return exchange
    }

    /// Waits a little, and then looks whether anything was finished meanwhile.
    private func watch() {
        isWatched = true
        let before = finished
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        end.tv_nsec += Self.patience
        if end.tv_nsec >= 1_000_000_000 {
            end.tv_sec += 1
            end.tv_nsec -= 1_000_000_000
        }
        pthread_cond_timedwait(condition, mutex, &end)
        isWatched = false
        if finished == before, head < waiting.count { overdue = true }
    }
}

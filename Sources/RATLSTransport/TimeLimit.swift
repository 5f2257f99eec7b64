internal import NIOCore
internal import Synchronization

/// How long a peer may take: a connection that takes longer is closed, and that it was is known afterwards.
final class TimeLimit: Sendable {
    private let end: NIODeadline
    private let passed = Mutex(false)

    /// - Parameter seconds: from now on.
    init(seconds: Int) {
        end = .now() + .seconds(Int64(seconds))
    }

    /// Whether the connection was closed for it.
    var hasPassed: Bool { passed.withLock { $0 } }

    /// - Returns: what is to be cancelled once the peer has done its part.
    func begin(on channel: any Channel) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(deadline: end) { [self] in
            passed.withLock { $0 = true }
            // TLS says goodbye for some seconds more; nobody waits for that.
            channel.pipeline.fireUserInboundEventTriggered(Passed())
            channel.close(promise: nil)
        }
    }

    /// Told to the connection's handlers.
    struct Passed: Sendable {}
}

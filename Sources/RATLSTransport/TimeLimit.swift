internal import NIOCore
internal import Synchronization

/// How long a peer may take: a connection that takes longer is closed, and that it was is known afterwards.
final class TimeLimit: Sendable {
    let seconds: Int
    private let passed = Mutex(false)

    init(seconds: Int) {
        self.seconds = seconds
    }

    /// Whether the connection was closed for it.
    var hasPassed: Bool { passed.withLock { $0 } }

    /// - Returns: what is to be cancelled once the peer has done its part.
    func begin(on channel: any Channel) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { [self] in
            passed.withLock { $0 = true }
            channel.close(promise: nil)
        }
    }
}

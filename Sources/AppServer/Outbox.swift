internal import NIOConcurrencyHelpers
internal import NIOCore

/// What other threads want written to the connections of one event loop; however much gathers, the loop is woken once.
final class Outbox: Sendable {
    struct Item: Sendable {
        var exchange: Exchange
        var bytes: ByteBuffer
        var isLast: Bool
        var closes: Bool
    }

    private let waiting = NIOLockedValueBox<[Item]>([])
    private let eventLoop: any EventLoop
    private let connections: ConnectionTable

    init(eventLoop: any EventLoop, connections: ConnectionTable) {
        self.eventLoop = eventLoop
        self.connections = connections
    }

    func add(_ item: Item) {
        let isFirst = waiting.withLockedValue { waiting in
            waiting.append(item)
            return waiting.count == 1
        }
        if isFirst { eventLoop.execute { self.drain() } }
    }

    private func drain() {
        let items = waiting.withLockedValue { waiting in
            defer { waiting = [] }
            return waiting
        }
        for item in items { connections.write(item) }
        connections.flush()
    }
}

/// The connections of one event loop: who is served, and whose time has run out.
final class ConnectionTable: @unchecked Sendable {  // touched on its event loop alone
    private var handlers: [ObjectIdentifier: HTTPConnectionHandler] = [:]
    private var byExchange: [UInt64: HTTPConnectionHandler] = [:]
    private var unflushed: [HTTPConnectionHandler] = []
    private var nextIdentifier: UInt64 = 0

    var count: Int { handlers.count }

    func add(_ handler: HTTPConnectionHandler) { handlers[ObjectIdentifier(handler)] = handler }
    func remove(_ handler: HTTPConnectionHandler) { handlers[ObjectIdentifier(handler)] = nil }

    func identifier(for handler: HTTPConnectionHandler) -> UInt64 {
        nextIdentifier += 1
        byExchange[nextIdentifier] = handler
        return nextIdentifier
    }

    func forget(_ identifier: UInt64) { byExchange[identifier] = nil }

    func write(_ item: Outbox.Item) {
        guard let handler = byExchange[item.exchange.identifier] else { return item.exchange.closed() }
        handler.write(item)
        unflushed.append(handler)
    }

    func flush() {
        let handlers = unflushed
        unflushed.removeAll(keepingCapacity: true)
        for handler in handlers { handler.flush() }
    }

    /// Closes what has stood still for too long.
    func tick(_ now: NIODeadline) {
        for handler in handlers.values { handler.tick(now) }
    }

    /// For how long whoever got a step further keeps his place against newcomers of his own network: one who means to
    /// go on needs less, and without it whoever connects fast enough drives everybody out.
    private static let keptPlace = TimeAmount.seconds(1)

    /// Ends the connection of whoever has shown least, among those of the network that has most of them.
    /// - Parameter source: the newcomer's network.
    /// - Returns: false when there is none who had his time.
    func makeRoom(for source: UInt64) -> Bool {
        var crowd = ofHeaviest({ _ in 1 })
        if crowd.first?.source == source {
            let latest = NIODeadline.now() - Self.keptPlace
            crowd = crowd.filter { $0.standing.advanced <= latest }
        }
        guard let handler = crowd.min(by: { $0.standing < $1.standing }) else { return false }
        handler.giveWay()
        return true
    }

    /// Ends requests until what all hold fits: those first that have got no further for longest, and whole ones last.
    /// So nobody who holds much keeps out who sends much.
    func makeRoom(for byteCount: Int) {
        while handlers.values.reduce(0, { $0 + $1.heldByteCount }) > byteCount,
            let handler = handlers.values.filter({ $0.heldByteCount > 0 }).min(by: { $0.standing < $1.standing })
        { handler.dropRequest() }
    }

    /// The connections of the network whose weights come to most.
    private func ofHeaviest(_ weight: (HTTPConnectionHandler) -> Int) -> [HTTPConnectionHandler] {
        let networks = Dictionary(grouping: handlers.values, by: \.source)
        return networks.values.map { ($0, $0.reduce(0) { $0 + weight($1) }) }.max { $0.1 < $1.1 }?.0 ?? []
    }

    /// Lets those that stand now end: nothing more of them is handed over.
    func retire() {
        for handler in handlers.values { handler.retire() }
    }

    /// Closes idle connections, and the others after their answer.
    func drain() {
        for handler in handlers.values { handler.drain() }
    }
}

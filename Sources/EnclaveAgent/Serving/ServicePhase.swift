internal import AppServer
internal import Synchronization

/// Who answers now: the configuration server, nobody yet, or the application. One socket and one certificate serve all
/// three.
final class ServicePhase: Responder {
    private let current: Mutex<any Responder>

    init(_ first: any Responder) { current = Mutex(first) }

    func change(to responder: any Responder) { current.withLock { $0 = responder } }

    func respond(to exchange: Exchange) { current.withLock { $0 }.respond(to: exchange) }
    func refused(_ status: String, _ message: String) { current.withLock { $0 }.refused(status, message) }
}

internal import AppServer

/// Between configuration and application: whoever asks is told to come back.
struct StartingResponder: Responder {
    func respond(to exchange: Exchange) {
        exchange.respond(
            ResponseHead(
                "503 Service Unavailable",
                [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1"), ("Mse-Status", "Starting")]
            ),
            body: Array("starting\n".utf8)
        )
    }
}

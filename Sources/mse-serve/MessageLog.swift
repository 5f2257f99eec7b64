import CommandInterface
import Logging

/// What libraries log, as messages of this program: in the form that all others have.
struct MessageLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let details = fields.map { " \($0.key)=\($0.value)" }.joined()
        Output.note((event.level == .warning ? "warning: " : "") + "\(event.message)" + details)
    }
}

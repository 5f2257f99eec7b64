internal import Enclave

/// Why a configuration was refused; the text tells nothing of a secret.
struct ConfigurationRefusal: Error, Hashable {
    let code: AgentEvent.ConfigurationCode
    let message: String

    init(_ code: AgentEvent.ConfigurationCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

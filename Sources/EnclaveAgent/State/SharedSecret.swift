internal import Secrets

/// A secret that several owners borrow.
final class SharedSecret: Sendable {
    let value: SecretBytes
    init(_ value: consuming SecretBytes) { self.value = value }
}

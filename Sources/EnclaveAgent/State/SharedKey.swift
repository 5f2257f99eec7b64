internal import Secrets

/// A key that several owners borrow.
final class SharedKey: Sendable {
    let value: SecretKey
    init(_ value: consuming SecretKey) { self.value = value }
}

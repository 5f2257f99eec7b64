/// The identity, borrowed by who serves with it and who seals it.
final class SharedIdentity: Sendable {
    let value: EnclaveIdentity
    init(_ value: consuming EnclaveIdentity) { self.value = value }
}

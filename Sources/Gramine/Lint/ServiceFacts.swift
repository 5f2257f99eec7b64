/// What is known about the program that a manifest doesn't say. Rules that need a fact that isn't known stay silent.
package struct ServiceFacts: Hashable, Sendable {
    /// At once, at most.
    package var connections: Int?
    /// Whether it reads `/dev/attestation/quote`.
    package var readsQuotes = false
    /// Whether it handles SIGSEGV or SIGBUS, as runtimes that compile while they run do.
    package var handlesFaults = false
    package var allocatesHeavily = false
    /// Whether system calls decide about its speed.
    package var isHot = false
    package var isSingleProcess = false
    /// Whether its binaries need AVX.
    package var usesAVX = false
    /// Whether somebody sets the key named `default`.
    package var provisionsDefaultKey = false
    /// Bytes that its deepest thread needs.
    package var minimumStack: Int64?
    /// Bytes that the processor has for all enclaves.
    package var enclavePageCache: UInt64?
    /// Of the Gramine that runs it: major, minor, patch.
    package var gramine: [Int]?
    /// Whether the signature's date is the clock's.
    package var isDatedToday = false

    package init() {}
}

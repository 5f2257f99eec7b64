internal import Notation

/// What of a manifest decides how the enclave is laid out and signed, apart from the manifest's own bytes.
package struct EnclaveSettings: Hashable, Sendable {
    /// Bytes of the range of addresses; a multiple of a page.
    package let size: UInt64
    package let maximumThreads: Int
    /// Whether pages are added while the enclave runs.
    package let usesDynamicMemory: Bool
    package let productID: UInt16
    package let securityVersion: UInt16
    package let attributes: EnclaveAttributes

    /// More than any Gramine starts (4096): a bound for what is laid out.
    static let threadLimit = 65_536
    /// Of an enclave whose every page is added at the start: 64 bytes a page are hashed.
    static let staticSizeLimit: UInt64 = 1 << 40

    /// - Throws: `.size`, `.tooSmall`, `.range`, `.cpuFeature`, `.schema` for a value of another kind.
    package init(_ manifest: Manifest) throws(GramineError) {
        guard let sizeNode = manifest["sgx", "enclave_size"], case .string(let text) = sizeNode.value else {
            throw GramineError(
                .schema,
                "sgx.enclave_size is no string",
                at: manifest["sgx", "enclave_size"]?.place ?? .none,
                mend: "write it as \"256M\", for example"
            )
        }
        let size = try ByteSize.read(text, key: "sgx.enclave_size", at: sizeNode.place)
        guard size > 0 else {
            throw GramineError(.tooSmall, "the enclave size \(size) is not large enough", at: sizeNode.place)
        }
        guard UInt64(size).isMultiple(of: Page.size) else {
            throw GramineError(
                .size,
                "sgx.enclave_size = \"\(text.printable())\" is no multiple of a page (4096 bytes)",
                at: sizeNode.place,
                mend: "take a power of two"
            )
        }
        self.size = UInt64(size)
        usesDynamicMemory = manifest["sgx", "edmm_enable"]?.isTruthy == true
        guard usesDynamicMemory || self.size <= Self.staticSizeLimit else {
            throw GramineError(
                .size,
                "sgx.enclave_size = \"\(text.printable())\" is over 1 TiB, all of it added at the start",
                at: sizeNode.place,
                mend: "set sgx.edmm_enable = true, or take a smaller one"
            )
        }
        maximumThreads = try Self.integer(manifest, "max_threads", in: 1...Self.threadLimit)
        productID = UInt16(try Self.integer(manifest, "isvprodid", in: 0...0xFFFF))
        securityVersion = UInt16(try Self.integer(manifest, "isvsvn", in: 0...0xFFFF))
        attributes = try EnclaveAttributes(manifest)
    }

    /// Booleans count as 0 and 1, as they do for the signer.
    private static func integer(
        _ manifest: Manifest,
        _ key: String,
        in range: ClosedRange<Int>
    ) throws(GramineError) -> Int {
        let node = manifest["sgx", key]
        switch node?.value {
        case .boolean(let isTrue)? where range.contains(isTrue ? 1 : 0): return isTrue ? 1 : 0
        case .boolean?: break
        case .number(let digits)? where digits.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D }:
            if let number = Int(digits), range.contains(number) { return number }
        default:
            throw GramineError(.schema, "sgx.\(key) is no integer", at: node?.place ?? .none)
        }
        throw GramineError(
            .range,
            "sgx.\(key) lies outside of \(range.lowerBound) to \(range.upperBound)",
            at: node?.place ?? .none
        )
    }
}

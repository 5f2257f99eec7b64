public import Notation

/// What is good enough. The default is strict; each leniency has a name here (docs/policy.md).
public struct AttestationPolicy: Hashable, Sendable {
    /// Table `[measurement]`: which enclaves.
    public var measurement = Measurement()
    /// Table `[tcb]`: which status of platform and quoting enclave.
    public var tcb = TCB()
    /// Table `[platform]`: which processors.
    public var platform = Platform()
    /// Table `[launch]`: which launches of the enclave.
    public var launch = Launch()
    /// Table `[freshness]`.
    public var freshness = Freshness()
    /// Table `[tdx]`: which trust domains.
    public var tdx = TDX()

    /// The strictest: nothing is lenient, and no reference value is named yet.
    public init() {}

    /// What decides whether there is anything to compare with.
    public var namesReference: Bool { measurement.namesReference || !tdx.mrtd.isEmpty }

    /// Of the document.
    public static let byteLimit = 1 << 20

    /// Reads a policy in TOML, or in JSON when the text begins with `{`.
    /// - Throws: `NotationError` with line and member; what is unknown is an error too.
    public init(_ bytes: [UInt8]) throws(NotationError) {
        guard bytes.count <= Self.byteLimit else {
            throw NotationError(at: .none, "a policy of more than \(Self.byteLimit) bytes")
        }
        let bytes = PlainText.withoutMark(bytes)
        let isJSON = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 } == UInt8(ascii: "{")
        var root = try ObjectReader(isJSON ? JSON.read(bytes) : TOML.read(bytes))
        measurement = try Self.read(&root) ?? measurement
        tcb = try Self.read(&root) ?? tcb
        platform = try Self.read(&root) ?? platform
        launch = try Self.read(&root) ?? launch
        freshness = try Self.read(&root) ?? freshness
        tdx = try Self.read(&root) ?? tdx
        try root.finish()
    }

    private static func read<Table: PolicyTable>(_ root: inout ObjectReader) throws(NotationError) -> Table? {
        guard let reader = try root.table(Table.name) else { return nil }
        var keys = PolicyKeys<Table.Key>(reader)
        let table = try Table(&keys)
        try keys.finish()
        return table
    }
}

/// The body of a TDX quote, 584, 648 or 885 bytes (DCAP SPEC §1.2).
public struct TDReport: Hashable, Sendable {
    public let bytes: ArraySlice<UInt8>

    /// Bytes whose number was checked when the quote was parsed.
    init(trusted bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    private func field(_ offset: Int, _ count: Int) -> ArraySlice<UInt8> {
        let start = bytes.startIndex + offset
        return bytes[start..<(start + count)]
    }

    private func integer(_ offset: Int) -> UInt64 {
        field(offset, 8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    public var teeTCBSVN: ArraySlice<UInt8> { field(0, 16) }
    public var mrseam: ArraySlice<UInt8> { field(16, 48) }
    public var mrsignerseam: ArraySlice<UInt8> { field(64, 48) }
    public var seamAttributes: UInt64 { integer(112) }
    public var tdAttributes: UInt64 { integer(120) }
    public var xfam: UInt64 { integer(128) }
    public var mrtd: ArraySlice<UInt8> { field(136, 48) }
    public var mrconfigid: ArraySlice<UInt8> { field(184, 48) }
    public var mrowner: ArraySlice<UInt8> { field(232, 48) }
    public var mrownerconfig: ArraySlice<UInt8> { field(280, 48) }
    /// The four runtime measurements, 48 bytes each.
    public var rtmr: [ArraySlice<UInt8>] { (0..<4).map { field(328 + 48 * $0, 48) } }
    public var reportData: ArraySlice<UInt8> { field(520, 64) }
    /// The module that runs now; reports of 1.5 alone.
    public var teeTCBSVN2: ArraySlice<UInt8>? { bytes.count >= 648 ? field(584, 16) : nil }
    public var mrservicetd: ArraySlice<UInt8>? { bytes.count >= 648 ? field(600, 48) : nil }
}

internal import CodeEncryption

/// What every sealed file begins with: `MSESEAL`, the format's version, the epoch; 40 bytes.
struct SealedHead {
    let epoch: Epoch

    private static let magic = Array("MSESEAL".utf8)
    static let version: UInt8 = 1
    static let byteCount = magic.count + 1 + Epoch.byteCount

    init(_ epoch: Epoch) { self.epoch = epoch }

    /// Nil for what is none.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount, bytes.starts(with: Self.magic + [Self.version]),
            let epoch = Epoch(Array(bytes.suffix(Epoch.byteCount)))
        else { return nil }
        self.epoch = epoch
    }

    var bytes: [UInt8] { Self.magic + [Self.version] + epoch.bytes }
}

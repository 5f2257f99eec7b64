internal import Notation

/// One file whose content the manifest pins.
package struct TrustedFile: Hashable, Sendable {
    /// As the manifest names it, beginning with `file:`.
    package let uri: String
    /// 64 hexadecimal digits where it was measured; whatever the manifest says where it was given there.
    package var sha256: String?
    /// Where it lies on disk.
    package let path: String
    /// Of the entry that named it.
    let place: Place
}

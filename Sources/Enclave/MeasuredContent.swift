/// What a platform knows of what it measured.
public enum MeasuredContent: Hashable, Sendable {
    /// All of it, as JSON: whoever reads a file compares it with its digest there.
    case record([UInt8])
    /// The library OS holds it, and compares each file whenever it is read.
    case enforcedByLibraryOS
}

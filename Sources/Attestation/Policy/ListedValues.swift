extension Array where Element: CustomStringConvertible {
    /// As a reason shows what would do.
    var listed: String { map(\.description).joined(separator: ", ") }
}

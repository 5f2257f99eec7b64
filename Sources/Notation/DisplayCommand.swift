extension Unicode.Scalar {
    /// Whether it commands whoever shows it, or hides in what is shown: controls, line ends among them, marks of
    /// direction, soft hyphens and other marks without a form, separators of lines and paragraphs.
    public var commandsDisplay: Bool {
        if (0x20..<0x7F).contains(value) { return false }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

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

extension String {
    /// As it may stand where somebody reads it: what commands the display is written `\u{1b}`, but for what is kept.
    public func withoutDisplayCommands(keeping kept: Set<Unicode.Scalar> = []) -> String {
        guard unicodeScalars.contains(where: { $0.commandsDisplay && !kept.contains($0) }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.commandsDisplay, !kept.contains(scalar) {
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

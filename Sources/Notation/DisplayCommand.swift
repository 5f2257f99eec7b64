extension Unicode.Scalar {
    /// Whether it commands whoever shows it, or hides in what is shown: controls, line ends among them, marks of
    /// direction, soft hyphens and other marks without a form, separators of lines and paragraphs.
    package var commandsDisplay: Bool {
        if (0x20..<0x7F).contains(value) { return false }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension String {
    /// Text from outside as it may stand in a message: nothing that commands the display, and not too much of it.
    /// - Parameter limit: of what is shown, in Unicode scalars; nil for a path or a name that has to be shown whole.
    package func printable(limit: Int? = 120) -> String {
        guard let limit, unicodeScalars.count > limit else { return withoutDisplayCommands() }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(limit))).withoutDisplayCommands() + "…"
    }

    /// As it may stand where somebody reads it: what commands the display is written `\u{1b}`, but for what is kept.
    package func withoutDisplayCommands(keeping kept: Set<Unicode.Scalar> = []) -> String {
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

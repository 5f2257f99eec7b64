internal import Notation

/// A manifest's template, in the part of Jinja's language that manifests use: outputs, `if`, `for`, `set`, `raw`,
/// comments, control of blanks, and the names that Gramine gives. See `docs/gramine.md`.
package struct Template: Sendable {
    private let parts: [TemplatePart]

    /// - Throws: `.template` with the line of what isn't understood.
    package init(reading bytes: [UInt8]) throws(GramineError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let error = PlainText.invalid(bytes[...])
            throw GramineError(.template, error.problem, at: error.place)
        }
        parts = try TemplateParser.parse(text)
    }

    /// The manifest's text.
    /// - Parameters:
    ///   - variables: what the caller defines; they hide Gramine's own names.
    ///   - libraryFolder: where Gramine's library OS lies, `gramine.pkglibdir`.
    /// - Throws: `.template` with the line, and what programs that the template calls throw.
    package func render(
        _ variables: [String: Definition] = [:],
        libraryFolder: String,
        surroundings: some Surroundings
    ) throws(GramineError) -> [UInt8] {
        var run = TemplateRun(
            names: TemplateSurroundings(libraryFolder: libraryFolder, surroundings: surroundings),
            variables: variables.mapValues { definition in
                switch definition {
                case .text(let text): .string(text)
                case .set: .boolean(true)
                }
            }
        )
        try run.render(parts)
        return Array(run.output.utf8)
    }

    /// What a name stands for.
    package enum Definition: Hashable, Sendable {
        case text(String)
        /// A name without a value, which is true.
        case set
    }
}

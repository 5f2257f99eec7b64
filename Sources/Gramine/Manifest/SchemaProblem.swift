package import Notation

/// What of a manifest isn't Gramine's schema: a key, a value, or something that is missing.
package struct SchemaProblem: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case unknownKey
        case missingKey
        /// The name of the kind that is expected, and whether it stands in a table.
        case wrongKind(String, inTable: Bool)
        case unknownValue
    }

    package let kind: Kind
    /// Keys and indices from the manifest's root.
    package let path: [Step]
    package let place: Place
    package let mend: String?

    package enum Step: Hashable, Sendable {
        case key(String)
        case index(Int)
    }

    /// In the words of Gramine's own check.
    package var description: String {
        let what =
            switch kind {
            case .unknownKey: "extra keys not allowed"
            case .missingKey: "required key not provided"
            case .wrongKind(let kind, let inTable): "expected \(kind)" + (inTable ? " for dictionary value" : "")
            case .unknownValue: "not a valid value for dictionary value"
            }
        let steps = path.map { step in
            switch step {
            case .key(let name): "['\(name.printable())']"
            case .index(let index): "[\(index)]"
            }
        }
        return "\(what) @ data" + steps.joined()
    }
}

extension Manifest {
    /// Everything that Gramine's check would object to, in the manifest's order.
    package var schemaProblems: [SchemaProblem] {
        var check = SchemaCheck()
        check.check(root, ManifestSchema.manifest, at: [], inTable: true)
        return check.problems
    }

    /// - Throws: `.schema` where Gramine's check would object.
    package func checkSchema() throws(GramineError) {
        let problems = schemaProblems
        guard let first = problems.first else { return }
        /// More don't help the reader.
        let shown = 20
        var text = problems.prefix(shown).map { problem in
            (problem.place.line == 0 || problem == first ? "" : "\(problem.place): ") + problem.description
        }.joined(separator: "; ")
        if problems.count > shown { text += "; and \(problems.count - shown) more" }
        throw GramineError(.schema, text, at: first.place, mend: first.mend)
    }
}

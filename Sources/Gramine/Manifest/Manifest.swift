package import Notation

/// A Gramine manifest: TOML whose keys keep their order, with every default that the signer adds.
///
/// The order counts: the text that is written from it is measured. See `docs/gramine.md`.
package struct Manifest: Hashable, Sendable {
    /// A table.
    package internal(set) var root: Node

    /// The most bytes that a manifest may have; one with 100,000 trusted files has some 16 MiB.
    package static let byteLimit = 256 << 20

    /// Reads a manifest and adds the signer's defaults, but for those of `loader.entrypoint`, which need a file.
    /// - Throws: `.syntax`, `.schema` where a section isn't a table, `.trustedFiles`.
    package init(reading text: [UInt8]) throws(GramineError) {
        guard text.count <= Self.byteLimit else {
            throw GramineError(.syntax, "a manifest of \(text.count) bytes; at most \(Self.byteLimit) are read")
        }
        guard !text.starts(with: [0xEF, 0xBB, 0xBF]) else {
            throw GramineError(
                .syntax,
                "a byte order mark stands before the manifest, which Gramine doesn't read",
                at: Place(line: 1, column: 1),
                mend: "save it as UTF-8 without one"
            )
        }
        do {
            root = try TOML.read(text)
        } catch {
            throw GramineError(.syntax, error.problem, at: error.place)
        }
        try addDefaults()
    }

    /// One that is made here, of a table; the signer's defaults are added.
    /// - Throws: as for one that is read.
    package init(_ root: Node) throws(GramineError) {
        self.root = root
        try addDefaults()
    }

    /// The bytes that Gramine's tools write for it.
    package var text: [UInt8] { ManifestText(root).bytes }

    /// The value under a path of keys; nil where there is none.
    package subscript(path: String...) -> Node? {
        var node = root
        for name in path {
            guard let next = node[name] else { return nil }
            node = next
        }
        return node
    }

    /// Everything but the list of trusted files, as JSON can say it: numbers are written as Python writes them, dates
    /// are texts.
    package var settings: Node {
        let sections = root.members.map { section in
            guard section.name == "sgx" else { return Member(section.name, section.node.plain) }
            let keys = section.node.members.filter { $0.name != "trusted_files" }
            return Member(section.name, Node(.object(keys)).plain)
        }
        return Node(.object(sections))
    }
}

extension Node {
    fileprivate var plain: Node {
        switch value {
        case .object(let members): Node(.object(members.map { Member($0.name, $0.node.plain) }))
        case .array(let elements): Node(.array(elements.map(\.plain)))
        case .number(let digits): Node(.number(PythonNumber.text(digits)))
        case .foreign(let text): Node(PythonMoment.text(text))
        case .string, .boolean, .null: Node(value)
        }
    }
}

internal import Notation

/// Why two enclaves measure differently, in words.
public struct EnclaveDifference: Report {
    /// What differs: its kind, its name, and what it was and is.
    struct Change: Hashable, Sendable {
        enum Kind: String, Sendable {
            case file, fileOrder, setting, argument, loader, size, threads, signer, order
        }

        let kind: Kind
        let name: String
        var from: String?
        var to: String?
        let words: String
    }

    private let first: MeasuredEnclave, second: MeasuredEnclave
    private let firstName: String, secondName: String
    let changes: [Change]
    /// What lint found in both.
    public let notes: [String]

    init(
        from first: MeasuredEnclave,
        named firstName: String,
        to second: MeasuredEnclave,
        named secondName: String,
        notes: [String] = []
    ) {
        self.notes = notes
        self.first = first
        self.second = second
        self.firstName = firstName
        self.secondName = secondName
        var changes = Self.files(first.files, second.files)
        // What the record says of a service is told member by member, and its files above.
        let isService = first.service != nil && second.service != nil
        changes += Self.settings(
            first.manifest.map { isService ? Self.withoutRecord($0) : $0 },
            second.manifest.map { isService ? Self.withoutRecord($0) : $0 }
        )
        changes += Self.settings(first.service, second.service)
        // Where both manifests are known they say so.
        if first.manifest == nil || second.manifest == nil, first.service == nil || second.service == nil {
            if first.size != second.size {
                changes.append(.changed(.size, "the enclave's size", from: "\(first.size)", to: "\(second.size)"))
            }
            if first.threads != second.threads {
                changes.append(
                    .changed(.threads, "the number of threads", from: "\(first.threads)", to: "\(second.threads)")
                )
            }
        }
        if let from = first.loader, let to = second.loader, from != to {
            changes.append(.changed(.loader, "the loader", from: Self.short(from), to: Self.short(to)))
        }
        if changes.isEmpty, first.mrenclave != second.mrenclave {
            let isWhole = first.manifest != nil && second.manifest != nil
            changes.append(
                Change(
                    kind: .order,
                    name: "manifest",
                    words: isWhole
                        ? "the manifest's keys stand in another order" : "nothing that is known of them differs"
                )
            )
        }
        if let from = first.mrsigner, let to = second.mrsigner, from != to {
            changes.append(.changed(.signer, "MRSIGNER, which isn't part of MRENCLAVE,", from: from, to: to))
        }
        self.changes = changes
    }

    private var isSame: Bool { first.mrenclave == second.mrenclave }

    private static func short(_ digest: String) -> String { String(digest.prefix(16)) + "…" }

    // MARK: Files

    private static func files(_ first: [MeasuredEnclave.File], _ second: [MeasuredEnclave.File]) -> [Change] {
        let before = Dictionary(first.map { (ExactText($0.uri), $0.sha256) }, uniquingKeysWith: { one, _ in one })
        let after = Dictionary(second.map { (ExactText($0.uri), $0.sha256) }, uniquingKeysWith: { one, _ in one })
        var changes: [Change] = []
        for file in first {
            let name = file.uri.printable(limit: nil)
            guard let now = after[ExactText(file.uri)] else {
                changes.append(Change(kind: .file, name: file.uri, from: file.sha256, words: "\(name) is gone"))
                continue
            }
            guard now != file.sha256 else { continue }
            changes.append(
                Change(
                    kind: .file,
                    name: file.uri,
                    from: file.sha256,
                    to: now,
                    words: "\(name) changed: \(short(file.sha256)) before, \(short(now)) now"
                )
            )
        }
        for file in second where before[ExactText(file.uri)] == nil {
            let name = file.uri.printable(limit: nil)
            changes.append(Change(kind: .file, name: file.uri, to: file.sha256, words: "\(name) is new"))
        }
        let common = first.map { ExactText($0.uri) }.filter { after[$0] != nil }
        if common != second.map({ ExactText($0.uri) }).filter({ before[$0] != nil }) {
            changes.append(
                Change(kind: .fileOrder, name: "sgx.trusted_files", words: "trusted files stand in another order")
            )
        }
        return changes
    }

    // MARK: Settings

    /// Compares values by their keys' paths, and arrays element by element.
    private static func settings(_ first: Node?, _ second: Node?) -> [Change] {
        guard let first, let second else { return [] }
        var changes: [Change] = []
        compare(first, second, path: "", depth: 0, into: &changes)
        return changes
    }

    /// A service's manifest without the value of the argument that holds its record.
    private static func withoutRecord(_ manifest: Node) -> Node {
        guard case .object(var members) = manifest.value,
            let table = members.firstIndex(where: { ExactText($0.name) == "loader" }),
            case .object(var keys) = members[table].node.value,
            let key = keys.firstIndex(where: { ExactText($0.name) == "argv" }),
            case .array(var arguments) = keys[key].node.value,
            let option = arguments.firstIndex(where: { $0.value == .string("--record") }),
            arguments.indices.contains(option + 1)
        else { return manifest }
        arguments.remove(at: option + 1)
        keys[key].node = Node(.array(arguments))
        members[table].node = Node(.object(keys))
        return Node(.object(members))
    }

    private static let depthLimit = 40

    private static func compare(_ first: Node, _ second: Node, path: String, depth: Int, into changes: inout [Change]) {
        switch (first.value, second.value) {
        case (.object(let before), .object(let after)) where depth < depthLimit:
            let known = Dictionary(after.map { (ExactText($0.name), $0.node) }, uniquingKeysWith: { one, _ in one })
            let old = Set(before.map { ExactText($0.name) })
            for member in before {
                let name = path.isEmpty ? member.name : path + "." + member.name
                guard let node = known[ExactText(member.name)] else {
                    let value = shown(member.node)
                    changes.append(
                        Change(
                            kind: .setting,
                            name: name,
                            from: value,
                            words: "\(name.printable(limit: nil)) = \(value) is gone"
                        )
                    )
                    continue
                }
                compare(member.node, node, path: name, depth: depth + 1, into: &changes)
            }
            for member in after where !old.contains(ExactText(member.name)) {
                let name = path.isEmpty ? member.name : path + "." + member.name
                let value = shown(member.node)
                changes.append(
                    Change(
                        kind: .setting,
                        name: name,
                        to: value,
                        words: "\(name.printable(limit: nil)) = \(value) is new"
                    )
                )
            }
        case (.array(let before), .array(let after)): compareElements(before, after, path: path, into: &changes)
        default:
            guard shown(first) != shown(second) else { return }
            changes.append(
                .changed(.setting, path.printable(limit: nil), from: shown(first), to: shown(second), name: path)
            )
        }
    }

    /// Longer lists are compared place by place: what is the least change between two costs more than their length.
    private static let listLimit = 1000

    private static func compareElements(
        _ first: [Node],
        _ second: [Node],
        path: String,
        into changes: inout [Change]
    ) {
        let before = first.map { shown($0) }, after = second.map { shown($0) }
        guard before != after else { return }
        let isArguments = path == "loader.argv"
        func name(_ index: Int) -> String {
            isArguments ? "argument \(index)" : "\(path.printable(limit: nil)), element \(index + 1),"
        }
        let kind: Change.Kind = isArguments ? .argument : .setting
        guard before.count != after.count, max(before.count, after.count) <= listLimit else {
            for index in 0..<min(before.count, after.count) where before[index] != after[index] {
                changes.append(.changed(kind, name(index), from: before[index], to: after[index], name: path))
            }
            for index in after.count..<max(before.count, after.count) {
                let words = "\(name(index)) \(before[index]) is gone"
                changes.append(Change(kind: kind, name: path, from: before[index], words: words))
            }
            for index in before.count..<max(before.count, after.count) {
                let words = "\(name(index)) \(after[index]) is new"
                changes.append(Change(kind: kind, name: path, to: after[index], words: words))
            }
            return
        }
        for change in after.difference(from: before) {
            switch change {
            case .insert(let index, let value, _):
                changes.append(Change(kind: kind, name: path, to: value, words: "\(name(index)) \(value) is new"))
            case .remove(let index, let value, _):
                changes.append(Change(kind: kind, name: path, from: value, words: "\(name(index)) \(value) is gone"))
            }
        }
    }

    private static func shown(_ node: Node) -> String { JSON.line(node) }

    // MARK: Showing

    public var text: String {
        guard !isSame else {
            let rest = changes.map { "  \($0.words.printable(limit: Self.lineLimit))\n" }.joined()
            return "MRENCLAVE is the same: \(first.mrenclave)\n" + rest
        }
        let width = max(firstName.unicodeScalars.count, secondName.unicodeScalars.count)
        func line(_ name: String, _ value: String) -> String {
            "  " + name + String(repeating: " ", count: width - name.unicodeScalars.count) + "  " + value + "\n"
        }
        return "MRENCLAVE differs\n" + line(firstName, first.mrenclave) + line(secondName, second.mrenclave)
            + "because, from the first to the second,\n"
            + changes.map { "  \($0.words.printable(limit: Self.lineLimit))\n" }.joined()
    }

    /// Of what may be a value of any length.
    private static let lineLimit = 600

    public var json: String {
        let list = changes.map { change in
            Node.object([
                "kind": Node(change.kind.rawValue), "name": Node(change.name), "from": change.from.map { Node($0) },
                "to": change.to.map { Node($0) }, "message": Node(change.words),
            ])
        }
        return JSON.pretty(
            .object([
                "same": Node(.boolean(isSame)), "mrenclave": [Node(first.mrenclave), Node(second.mrenclave)],
                "differences": Node(.array(list)),
            ])
        )
    }
}

extension EnclaveDifference.Change {
    fileprivate static func changed(
        _ kind: Kind,
        _ shownName: String,
        from: String,
        to: String,
        name: String? = nil
    ) -> Self {
        Self(
            kind: kind,
            name: name ?? kind.rawValue,
            from: from,
            to: to,
            words: "\(shownName) went from \(from) to \(to)"
        )
    }
}

internal import Notation

/// One walk through a manifest beside its schema.
struct SchemaCheck {
    private(set) var problems: [SchemaProblem] = []

    private static let limit = 1000

    typealias Path = [SchemaProblem.Step]

    /// - Parameter inTable: whether the value is that of a key, for the message.
    mutating func check(_ node: Node, _ shape: ManifestShape, at path: Path, inTable: Bool) {
        guard problems.count < Self.limit else { return }
        let isOfKind: Bool
        switch (shape, node.value) {
        case (.anything, _): isOfKind = true
        case (.string, .string), (.boolean, .boolean): isOfKind = true
        // To Python a boolean is an integer.
        case (.integer, .boolean): isOfKind = true
        case (.integer, .number(let digits)): isOfKind = !digits.utf8.contains { [0x2E, 0x45, 0x65].contains($0) }
        case (.choice(let values), let value):
            guard case .string(let text) = value, values.contains(text) else {
                return object(.unknownValue, at: node.place, path, mend: "one of " + values.joined(separator: ", "))
            }
            isOfKind = true
        case (.list(let element), .array(let elements)):
            for (index, node) in elements.enumerated() {
                check(node, element, at: path + [.index(index)], inTable: false)
            }
            isOfKind = true
        case (.map(let value), .object(let members)):
            for member in members { check(member.node, value, at: path + [.key(member.name)], inTable: true) }
            isOfKind = true
        case (.table(let keys), .object(let members)):
            checkKeys(members, keys, of: node, at: path)
            isOfKind = true
        case (.mount(let withPath), .object(let members)):
            checkMount(members, of: node, withPath: withPath, at: path)
            isOfKind = true
        case (.variable, .string): isOfKind = true
        case (.variable, .object(let members)):
            checkVariable(members, at: path)
            isOfKind = true
        case (.trustedFile, .string): isOfKind = true
        case (.trustedFile, .object(let members)):
            checkKeys(members, ManifestSchema.trustedFile, of: node, at: path)
            isOfKind = true
        default: isOfKind = false
        }
        if !isOfKind { object(.wrongKind(shape.pythonName, inTable: inTable), at: node.place, path) }
    }

    private mutating func object(_ kind: SchemaProblem.Kind, at place: Place, _ path: Path, mend: String? = nil) {
        problems.append(SchemaProblem(kind: kind, path: path, place: place, mend: mend))
    }

    private mutating func checkKeys(_ members: [Member], _ keys: [ManifestKey], of node: Node, at path: Path) {
        for member in members {
            guard let key = keys.first(where: { $0.name == member.name }) else {
                objectToKey(member, keys: keys, at: path)
                continue
            }
            check(member.node, key.shape, at: path + [.key(member.name)], inTable: true)
        }
        for key in keys where key.isRequired && node[key.name] == nil {
            object(.missingKey, at: node.place, path + [.key(key.name)])
        }
    }

    private mutating func objectToKey(_ member: Member, keys: [ManifestKey], at path: Path) {
        let names = path.compactMap { step in if case .key(let name) = step { name } else { nil } } + [member.name]
        var mend = ManifestSchema.former[names.joined(separator: ".")]
        if mend == nil {
            let ranked = NearestName.ranked(keys.map(\.name), to: member.name)
            if ranked.isMeant, let name = ranked.names.first { mend = "is '\(name)' meant?" }
        }
        object(.unknownKey, at: member.place, path + [.key(member.name)], mend: mend)
    }

    private mutating func checkMount(_ members: [Member], of node: Node, withPath: Bool, at path: Path) {
        let type = node["type"]
        guard case .string(let name) = type?.value ?? .string("chroot"),
            let keys = ManifestSchema.mountTypes[name]
        else {
            return object(
                .unknownValue,
                at: type?.place ?? node.place,
                path + [.key("type")],
                mend: "one of " + ManifestSchema.mountTypes.keys.sorted().joined(separator: ", ")
            )
        }
        let place = withPath ? [ManifestKey("path", .string, isRequired: true)] : []
        checkKeys(members, keys + [ManifestKey("type", .string)] + place, of: node, at: path)
    }

    /// A value, or the word that it comes from the host.
    private mutating func checkVariable(_ members: [Member], at path: Path) {
        let hasValue = members.contains { $0.name == "value" }
        for member in members {
            let here = path + [.key(member.name)]
            switch member.name {
            case "value": check(member.node, .string, at: here, inTable: true)
            case "passthrough" where !hasValue && member.node.value == .boolean(true): break
            case "passthrough":
                let mend = "'passthrough' is true and stands alone, or isn't there"
                object(.unknownKey, at: member.place, here, mend: mend)
            default: object(.unknownKey, at: member.place, here, mend: "'value' or 'passthrough'")
            }
        }
    }
}

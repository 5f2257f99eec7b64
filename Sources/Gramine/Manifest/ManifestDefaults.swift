internal import Notation

/// What the signer adds: each key that is absent, in this order, at the end of its table.
extension Manifest {
    mutating func addDefaults() throws(GramineError) {
        try root.updateTable("sgx") { (sgx) throws(GramineError) in
            sgx.addDefault("trusted_files", [])
            sgx.addDefault("max_threads", 4)
            sgx.addDefault("isvprodid", 0)
            sgx.addDefault("isvsvn", 0)
            sgx.addDefault("remote_attestation", "none")
            sgx.addDefault("debug", false)
            sgx.addDefault("enable_stats", false)
            sgx.addDefault("edmm_enable", false)
            sgx.addDefault("enclave_size", sgx["edmm_enable"]?.isTruthy == true ? "1024G" : "256M")
            sgx.addDefault("use_exinfo", false)
            try sgx.updateTable("cpu_features", path: "sgx.cpu_features") { features in
                for feature in CPUFeature.allCases { features.addDefault(feature.rawValue, feature.defaultValue) }
            }
            try sgx.update("trusted_files") { (files) throws(GramineError) in files = try Self.tables(files) }
        }
    }

    /// Adds what `loader.entrypoint` lacks.
    /// - Parameter libOS: the path of the library OS, where the manifest doesn't name one.
    /// - Throws: `.entrypoint`, `.uri`, and what reading the file throws.
    package mutating func addEntrypoint(
        libOS: String,
        surroundings: some Surroundings
    ) throws(GramineError) {
        try root.updateTable("loader") { (loader) throws(GramineError) in
            loader.addDefault("entrypoint", .object([:]))
            try loader.update("entrypoint") { (entrypoint) throws(GramineError) in
                guard case .object = entrypoint.value else {
                    throw GramineError(
                        .entrypoint,
                        "loader.entrypoint is \(entrypoint.kind), and has to be a table (Gramine 1.9)",
                        at: entrypoint.place,
                        mend: "leave it out, or write loader.entrypoint.uri = \"file:…\""
                    )
                }
                entrypoint.addDefault("uri", Node("file:" + PurePath(libOS).text))
                guard entrypoint["sha256"] == nil, let uri = entrypoint["uri"] else { return }
                guard case .string(let text) = uri.value else {
                    throw GramineError(.uri, "loader.entrypoint.uri is \(uri.kind), not a string", at: uri.place)
                }
                let path = try PurePath(uri: text, at: uri.place)
                let digest = try surroundings.digests(of: [path.text])[0]
                entrypoint.addDefault("sha256", Node(Hex.text(digest)))
            }
        }
    }

    private static func tables(_ files: Node) throws(GramineError) -> Node {
        guard case .array(let elements) = files.value else {
            throw GramineError(
                .trustedFiles,
                "sgx.trusted_files is \(files.kind), and has to be an array",
                at: files.place,
                mend: "write sgx.trusted_files = [\"file:…\", …]"
            )
        }
        var tables: [Node] = []
        tables.reserveCapacity(elements.count)
        for element in elements {
            switch element.value {
            case .object where element["uri"] != nil: tables.append(element)
            case .string: tables.append(Node(.object([Member("uri", element)]), at: element.place))
            case .object:
                throw GramineError(.trustedFiles, "a trusted file without a 'uri'", at: element.place)
            default:
                throw GramineError(
                    .trustedFiles,
                    "a trusted file is a string or a table with 'uri', not \(element.kind)",
                    at: element.place
                )
            }
        }
        return Node(.array(tables), at: files.place)
    }
}

extension Node {
    /// What Python takes for true: all but false, zero and what is empty.
    var isTruthy: Bool {
        switch value {
        case .object(let members): !members.isEmpty
        case .array(let elements): !elements.isEmpty
        case .string(let text): !text.isEmpty
        case .number(let digits): Double(digits) != 0
        case .boolean(let isTrue): isTrue
        case .null: false
        case .foreign: true
        }
    }

    fileprivate mutating func addDefault(_ name: String, _ node: Node) {
        guard case .object(let members) = value, self[name] == nil else { return }
        value = .object(members + [Member(name, node)])
    }

    /// Changes the member of a table, which has to be there.
    fileprivate mutating func update(
        _ name: String,
        _ change: (inout Node) throws(GramineError) -> Void
    ) throws(GramineError) {
        guard case .object(var members) = value else { return }
        guard let index = members.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return }
        // So that what is changed is held once, and no list is copied.
        value = .null
        defer { value = .object(members) }
        try change(&members[index].node)
    }

    /// Changes a table of a table, which is made where there is none.
    fileprivate mutating func updateTable(
        _ name: String,
        path: String? = nil,
        _ change: (inout Node) throws(GramineError) -> Void
    ) throws(GramineError) {
        addDefault(name, .object([:]))
        try update(name) { (table) throws(GramineError) in
            guard case .object = table.value else {
                throw GramineError(.schema, "\(path ?? name) is \(table.kind), and has to be a table", at: table.place)
            }
            try change(&table)
        }
    }
}

internal import Notation

/// The trusted files of a manifest while they are gathered: each URI once, at its first place.
private struct TrustedFileList {
    private(set) var files: [TrustedFile] = []
    private var places: [ExactText: Int] = [:]

    private static let limit = 1_000_000

    mutating func add(_ file: TrustedFile) throws(GramineError) {
        guard let index = places[ExactText(file.uri)] else {
            guard files.count < Self.limit else {
                throw GramineError(.trustedFiles, "more than \(Self.limit) trusted files", at: file.place)
            }
            places[ExactText(file.uri)] = files.count
            files.append(file)
            return
        }
        guard let known = files[index].sha256 else {
            files[index] = file
            return
        }
        if let other = file.sha256, !known.utf8.elementsEqual(other.utf8) {
            throw GramineError(
                .hashConflict,
                """
                two different sha256 for '\(file.uri.printable())': \(known.printable(limit: 80)) and \
                \(other.printable(limit: 80))
                """,
                at: file.place
            )
        }
    }

    mutating func measure(_ surroundings: some Surroundings) throws(GramineError) {
        let missing = files.indices.filter { files[$0].sha256 == nil }
        let digests = try surroundings.digests(of: missing.map { files[$0].path })
        for (index, digest) in zip(missing, digests) { files[index].sha256 = Hex.text(digest) }
    }
}

/// What the entries of `sgx.trusted_files` stand for: folders are listed, in Gramine's order.
private struct TrustedFileExpansion<Around: Surroundings> {
    let surroundings: Around
    var root: RootFolder<Around>?
    var list = TrustedFileList()

    private static var depthLimit: Int { 256 }

    mutating func add(_ entry: Node) throws(GramineError) {
        guard case .object(let members) = entry.value, case .string(let uri)? = entry["uri"]?.value else {
            throw GramineError(.trustedFiles, "the 'uri' of a trusted file is no string", at: entry.place)
        }
        if let unknown = members.first(where: { $0.name != "uri" && $0.name != "sha256" }) {
            throw GramineError(
                .trustedFiles,
                "a trusted file has 'uri' and 'sha256', and no '\(unknown.name.printable())'",
                at: unknown.place
            )
        }
        var sha256: String?
        if let given = entry["sha256"] {
            guard case .string(let text) = given.value else {
                throw GramineError(.trustedFiles, "sha256 of '\(uri.printable())' is no string", at: given.place)
            }
            sha256 = text
        }
        let inner = try PurePath(uri: uri, at: entry.place)
        let resolved = try root?.resolve(inner, at: entry.place)
        let path = resolved.flatMap { root?.outside($0) } ?? inner
        let isFolder = surroundings.kind(of: path.text) == .folder
        guard ExactText(uri).hasSuffix("/") else {
            guard !isFolder else {
                throw GramineError(
                    .directory,
                    "'\(uri.printable())' is a folder, and the URI doesn't end with '/'",
                    at: entry.place,
                    mend: "write \"\(uri.printable())/\", which trusts every file in it"
                )
            }
            return try list.add(TrustedFile(uri: uri, sha256: sha256, path: path.text, place: entry.place))
        }
        guard isFolder else {
            throw GramineError(.directory, "'\(uri.printable())' ends with '/' and is no folder", at: entry.place)
        }
        guard sha256 == nil else {
            throw GramineError(.directory, "'\(uri.printable())' is a folder, which has no sha256", at: entry.place)
        }
        try addFolder(path, named: resolved ?? inner, at: entry.place, depth: 0)
    }

    /// - Parameter name: how the manifest calls the folder.
    private mutating func addFolder(
        _ folder: PurePath,
        named name: PurePath,
        at place: Place,
        depth: Int
    ) throws(GramineError) {
        guard depth < Self.depthLimit else {
            throw GramineError(
                .directory,
                "'\(folder.text.printable())': folders nested deeper than \(Self.depthLimit)",
                at: place
            )
        }
        let names = try surroundings.names(in: folder.text).map { ExactText($0) }.sorted()
        for entry in names {
            let path = folder.appending(entry.text)
            let kind = surroundings.kind(of: path.text)
            // As Gramine: what can't be read leaves no trace, and links to folders aren't followed.
            guard kind == .file || kind == .folder, surroundings.isReadable(path.text) else { continue }
            let isLink = surroundings.linkTarget(of: path.text) != nil
            let entryName = name.appending(entry.text)
            if kind == .folder {
                if !isLink { try addFolder(path, named: entryName, at: place, depth: depth + 1) }
                continue
            }
            var target = path
            if isLink, let resolved = try root?.resolve(entryName, at: place), let root {
                target = root.outside(resolved)
                guard surroundings.kind(of: target.text) != .folder else {
                    throw GramineError(
                        .directory,
                        "'\(path.text.printable())' is a file outside and a folder within the root",
                        at: place
                    )
                }
            }
            try list.add(
                TrustedFile(uri: "file:" + entryName.text, sha256: nil, path: target.text, place: place)
            )
        }
    }
}

extension Manifest {
    /// Puts every file that the entries of `sgx.trusted_files` stand for in their place, each with its SHA-256.
    /// - Parameter root: a folder that stands for the root, so that absolute paths are found in it; nil for none.
    /// - Returns: the files, in the manifest's order.
    /// - Throws: `.trustedFiles`, `.uri`, `.directory`, `.chroot`, `.hashConflict`, `.missingFile`, `.unreadable`.
    @discardableResult
    package mutating func expandTrustedFiles(
        in root: String? = nil,
        surroundings: some Surroundings
    ) throws(GramineError) -> [TrustedFile] {
        var expansion = TrustedFileExpansion(
            surroundings: surroundings,
            root: root.map { RootFolder($0, surroundings: surroundings) }
        )
        for entry in self["sgx", "trusted_files"]?.elements ?? [] { try expansion.add(entry) }
        try expansion.list.measure(surroundings)
        let files = expansion.list.files
        let tables = files.map { file in
            Node.object(["uri": Node(file.uri), "sha256": file.sha256.map { Node($0) }])
        }
        replaceTrustedFiles(with: Node(.array(tables)))
        return files
    }

    /// The trusted files as they stand there, whether or not they are on this machine.
    package var listedFiles: [TrustedFile] {
        (self["sgx", "trusted_files"]?.elements ?? []).compactMap { entry in
            guard case .string(let uri)? = entry["uri"]?.value else { return nil }
            var sha256: String?
            if case .string(let text)? = entry["sha256"]?.value { sha256 = text }
            let path = (try? PurePath(uri: uri, at: entry.place))?.text ?? uri
            return TrustedFile(uri: uri, sha256: sha256, path: path, place: entry.place)
        }
    }

    private mutating func replaceTrustedFiles(with list: Node) {
        guard case .object(var sections) = root.value,
            let section = sections.firstIndex(where: { $0.name == "sgx" }),
            case .object(var keys) = sections[section].node.value,
            let key = keys.firstIndex(where: { $0.name == "trusted_files" })
        else { return }
        keys[key].node = list
        sections[section].node.value = .object(keys)
        root.value = .object(sections)
    }
}

internal import Notation

/// Trusted files, and the program among them.
extension LintSubject {
    var trustFindings: [LintFinding] {
        var findings: [LintFinding] = []
        if files.count > 2000 { findings.append(LintFinding(.trustedMany, "\(files.count) trusted files")) }
        let roots = LintFolders(mounts.all.filter { $0.type == "chroot" }.compactMap(\.host))
        var spellings: Set<LintPath> = []
        for file in files {
            guard let path = LintPath(uri: file.uri) else { continue }
            func add(_ rule: LintRule) { findings.append(LintFinding(rule, file.uri, at: file.place)) }
            if !spellings.insert(path).inserted { add(.duplicateURI) }
            if Self.isByteCode(path) { add(.trustedBytecode) }
            if Self.isVolatile(path) { add(.trustedVolatile) }
            if !roots.holds(path) { add(.trustedUnmounted) }
            if let count = surroundings.byteCount(of: file.path), count > 64 << 20 { add(.trustedLarge) }
        }
        for entry in manifest["sgx", "trusted_files"]?.elements ?? [] where entry["sha256"] != nil {
            findings.append(LintFinding(.hashGiven, entry["uri"]?.text ?? "", at: entry.place))
        }
        return findings + folderFindings + programFindings
    }

    private static func isByteCode(_ path: LintPath) -> Bool {
        path.name.hasSuffix(".pyc") || path.parts.contains("__pycache__")
    }

    private static func isVolatile(_ path: LintPath) -> Bool {
        let text = ExactText(path.text)
        return ["/etc/resolv.conf", "/etc/hosts", "/etc/hostname"].contains { text.hasSuffix($0) }
            || path.name.hasSuffix(".log") || path.parts.contains(".git") || text.hasPrefix("/var/log/")
    }

    /// What folders hold that is left out without a word.
    private var folderFindings: [LintFinding] {
        var findings: [LintFinding] = []
        var budget = 100_000
        func look(_ folder: PurePath, _ place: Place, depth: Int) {
            guard depth < 256, let names = try? surroundings.names(in: folder.text) else { return }
            for name in names.sorted() {
                budget -= 1
                guard budget > 0 else { return }
                let path = folder.appending(name)
                let kind = surroundings.kind(of: path.text)
                let isLink = surroundings.linkTarget(of: path.text) != nil
                if kind == .folder, isLink {
                    findings.append(LintFinding(.trustedSymlinkDir, path.text, at: place))
                } else if kind == nil || kind == .other || !surroundings.isReadable(path.text) {
                    findings.append(LintFinding(.trustedUnreadable, path.text, at: place))
                } else if kind == .folder {
                    look(path, place, depth: depth + 1)
                }
            }
        }
        for entry in manifest["sgx", "trusted_files"]?.elements ?? [] {
            guard let uri = entry["uri"]?.text, uri.utf8.last == UInt8(ascii: "/"),
                let path = try? PurePath(uri: uri, at: entry.place)
            else { continue }
            look(path, entry.place, depth: 0)
        }
        return findings
    }

    private var programFindings: [LintFinding] {
        guard let program else { return [] }
        let place = manifest["libos", "entrypoint"]?.place ?? .none
        let found = "libos.entrypoint = \"\(program.inside)\""
        let mount = mounts.place(of: LintPath(PurePath(program.inside)))?.mount
        // What an encrypted mount holds has its own protection, and can't be read here.
        if mount?.type == "encrypted" { return [] }
        guard let host = program.host, mount?.type == "chroot", isTrusted(host), !isAllowed(host) else {
            return [LintFinding(.entrypointUntrusted, found, at: place)]
        }
        guard let start = surroundings.beginning(of: host.text), start.starts(with: "#!".utf8) else { return [] }
        let line = start.dropFirst(2).prefix { $0 != 0x0A }
        let words = line.split { $0 == 0x20 || $0 == 0x09 }
        let interpreter = words.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let inside = mounts.place(of: LintPath(PurePath(interpreter)))
        if let host = inside?.host, inside?.mount.type == "chroot", isTrusted(host) { return [] }
        return [LintFinding(.interpreterScript, "\(found), whose interpreter is \(interpreter)", at: place)]
    }
}

internal import Notation

/// A manifest that is looked through, with what belongs to it.
package struct LintSubject<Around: Surroundings> {
    /// As somebody wrote it: before its trusted files were listed.
    let manifest: Manifest
    /// What its trusted files are.
    let files: [TrustedFile]
    let image: ELFImage?
    let facts: ServiceFacts
    let surroundings: Around
    let mounts: LintMounts
    let allowed: [(path: LintPath, uri: String, place: Place)]
    private let allowedPaths: LintFolders
    private let trustedPaths: Set<LintPath>

    /// - Parameters:
    ///   - manifest: before its trusted files were listed.
    ///   - files: what `expandTrustedFiles` said.
    package init(
        _ manifest: Manifest,
        files: [TrustedFile],
        image: ELFImage? = nil,
        facts: ServiceFacts = ServiceFacts(),
        surroundings: Around
    ) {
        self.manifest = manifest
        self.files = files
        self.image = image
        self.facts = facts
        self.surroundings = surroundings
        mounts = LintMounts(all: LintMount.all(of: manifest))
        allowed = (manifest["sgx", "allowed_files"]?.elements ?? []).compactMap { node in
            guard let uri = node.text, let path = LintPath(uri: uri) else { return nil }
            return (path, uri, node.place)
        }
        allowedPaths = LintFolders(allowed.map(\.path))
        trustedPaths = Set(files.compactMap { LintPath(uri: $0.uri) })
    }

    func isAllowed(_ path: LintPath) -> Bool { allowedPaths.holds(path) }
    func isTrusted(_ path: LintPath) -> Bool { trustedPaths.contains(path) }

    /// Of `libos.entrypoint`, on the host.
    var program: (inside: String, host: LintPath?)? {
        guard let inside = manifest["libos", "entrypoint"]?.text else { return nil }
        return (inside, mounts.place(of: LintPath(PurePath(inside)))?.host)
    }

    /// All findings, those of the highest level first.
    package var findings: [LintFinding] {
        let all =
            hostFindings + mountFindings + sealingFindings + sizeFindings + costFindings + trustFindings + imageFindings
            + syntaxFindings
        return all.enumerated().sorted { ($1.element.level, $0.offset) < ($0.element.level, $1.offset) }.map(\.element)
    }

    /// One for a switch that is on.
    func flag(_ rule: LintRule, _ path: String...) -> [LintFinding] {
        var node = manifest.root
        for name in path {
            guard let next = node[name] else { return [] }
            node = next
        }
        return node.isTrue ? [LintFinding(rule, path.joined(separator: ".") + " = true", at: node.place)] : []
    }
}

internal import Notation

/// A mount of a manifest.
struct LintMount {
    /// Within the enclave; `/` for the root.
    let path: LintPath
    let type: String
    /// On the host; nil for what has none.
    let host: LintPath?
    let keyName: String?
    let place: Place

    /// The root first, then `fs.mounts` in their order. Where the manifest names no root, it is the current folder.
    static func all(of manifest: Manifest) -> [LintMount] {
        let root =
            manifest["fs", "root"].flatMap { LintMount($0, path: "/") }
            ?? LintMount(.object(["uri": "file:."]), path: "/")
        return (root.map { [$0] } ?? [])
            + (manifest["fs", "mounts"]?.elements ?? []).compactMap { LintMount($0, path: nil) }
    }

    private init?(_ node: Node, path: String?) {
        guard let path = path ?? node["path"]?.text else { return nil }
        self.path = LintPath(PurePath(path))
        type = node["type"]?.text ?? "chroot"
        host = type == "tmpfs" ? nil : node["uri"]?.text.flatMap { LintPath(uri: $0) }
        keyName = node["key_name"]?.text
        place = node.place
    }
}

/// Mounts one above the other: where a path leads.
struct LintMounts {
    let all: [LintMount]

    /// The mount that a path of the enclave lies in, and its place on the host.
    func place(of path: LintPath) -> (mount: LintMount, host: LintPath?)? {
        guard let mount = all.last(where: { path.isInside($0.path) }) else { return nil }
        let rest = path.parts.dropFirst(mount.path.parts.count)
        let host = mount.host.map { host in
            let base = PurePath(host.text)
            return LintPath(PurePath(root: base.root, parts: base.parts + rest))
        }
        return (mount, host)
    }
}

extension Node {
    /// Of a string.
    var text: String? {
        guard case .string(let text) = value else { return nil }
        return text
    }

    /// Of an integer.
    var integer: Int? {
        guard case .number(let digits) = value else { return nil }
        return Int(digits)
    }

    var isTrue: Bool { value == .boolean(true) }
}

internal import Notation

/// What is mounted, and where.
extension LintSubject {
    var mountFindings: [LintFinding] {
        var findings: [LintFinding] = []
        let used = usedPaths
        /// Of the mounts so far, and of the folders above them.
        var hidden: Set<LintPath> = []
        for (index, mount) in mounts.all.enumerated() {
            if let host = mount.host, mount.type == "chroot" {
                if ["/proc", "/sys", "/dev"].contains(where: { host.isInside(LintPath(PurePath($0))) }) {
                    findings.append(LintFinding(.mountHostProc, "file:" + host.text, at: mount.place))
                }
                if host.text == "/" { findings.append(LintFinding(.mountRoot, "file:/", at: mount.place)) }
                if mount.path.text != "/", !used.contains(host), !isAllowed(host) {
                    findings.append(LintFinding(.mountUntrusted, "file:" + host.text, at: mount.place))
                }
            }
            if mount.type == "untrusted_shm" {
                findings.append(LintFinding(.untrustedShm, mount.path.text, at: mount.place))
            }
            if mount.type == "encrypted", mount.keyName == nil, !facts.provisionsDefaultKey {
                findings.append(LintFinding(.encryptedDefaultKey, mount.path.text, at: mount.place))
            }
            // Whatever is mounted lies above the root.
            guard index > 0 else { continue }
            if hidden.contains(mount.path) {
                findings.append(LintFinding(.mountShadow, mount.path.text, at: mount.place))
            }
            hidden.formUnion(mount.path.withFoldersAbove)
        }
        return findings + overlapFindings
    }

    private var overlapFindings: [LintFinding] {
        let encrypted = mounts.all.filter { $0.type == "encrypted" }.compactMap { mount in
            mount.host.map { (host: $0, place: mount.place) }
        }
        var counts: [LintPath: Int] = [:]
        for mount in encrypted { counts[mount.host, default: 0] += 1 }
        return encrypted.compactMap { mount in
            let above = mount.host.withFoldersAbove
            guard counts[mount.host, default: 0] > 1 || above.dropFirst().contains(where: { counts[$0] != nil }) else {
                return nil
            }
            return LintFinding(.encryptedOverlap, "file:" + mount.host.text, at: mount.place)
        }
    }

    /// Trusted and allowed files, and every folder above them.
    private var usedPaths: Set<LintPath> {
        var paths: Set<LintPath> = []
        for path in files.compactMap({ LintPath(uri: $0.uri) }) + allowed.map(\.path) {
            for part in path.withFoldersAbove where !paths.insert(part).inserted { break }
        }
        return paths
    }
}

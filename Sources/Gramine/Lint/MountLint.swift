internal import Notation

/// What is mounted, and where.
extension LintSubject {
    var mountFindings: [LintFinding] {
        var findings: [LintFinding] = []
        let used = usedPaths
        /// The mounts so far.
        var hidden = LintFolders()
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
            if hidden.hasAny(in: mount.path) {
                findings.append(LintFinding(.mountShadow, mount.path.text, at: mount.place))
            }
            hidden.insert(mount.path)
        }
        return findings + overlapFindings
    }

    private var overlapFindings: [LintFinding] {
        let encrypted = mounts.all.filter { $0.type == "encrypted" }.compactMap { mount in
            mount.host.map { (host: $0, place: mount.place) }
        }
        var counts: [LintPath: Int] = [:]
        for mount in encrypted { counts[mount.host, default: 0] += 1 }
        let folders = LintFolders(counts.keys)
        return encrypted.compactMap { mount in
            // It is among those itself.
            guard counts[mount.host, default: 0] > 1 || folders.above(mount.host).count > 1 else { return nil }
            return LintFinding(.encryptedOverlap, "file:" + mount.host.text, at: mount.place)
        }
    }

    /// What mounts bring in that holds a trusted or an allowed file.
    private var usedPaths: Set<LintPath> {
        let hosts = LintFolders(mounts.all.compactMap(\.host))
        var used: Set<LintPath> = []
        for path in files.compactMap({ LintPath(uri: $0.uri) }) + allowed.map(\.path) {
            used.formUnion(hosts.above(path))
        }
        return used
    }
}

internal import Notation

/// What the host may decide.
extension LintSubject {
    var hostFindings: [LintFinding] {
        flag(.debugEnclave, "sgx", "debug")
            + flag(.hostArgv, "loader", "insecure__use_cmdline_argv")
            + flag(.hostEnv, "loader", "insecure__use_host_env")
            + flag(.aslrOff, "loader", "insecure__disable_aslr")
            + flag(.memfaultWithoutExinfo, "sgx", "insecure__allow_memfaults_without_exinfo")
            + flag(.eventfdHost, "sys", "insecure__allow_eventfd")
            + flag(.sigterm, "sys", "enable_sigterm_injection")
            + flag(.flock, "sys", "experimental__enable_flock")
            + flag(.domainConf, "sys", "enable_extra_runtime_domain_names_conf")
            + switchFindings + variableFindings + sourceFindings + allowedFindings
    }

    private var switchFindings: [LintFinding] {
        var findings: [LintFinding] = []
        func add(_ rule: LintRule, _ path: String..., where isFound: (Node) -> Bool) {
            var node = manifest.root
            for name in path {
                guard let next = node[name] else { return }
                node = next
            }
            guard isFound(node) else { return }
            findings.append(LintFinding(rule, path.joined(separator: "."), at: node.place))
        }
        add(.checkPolicy, "sgx", "file_check_policy") { $0.text == "allow_all_but_log" }
        add(.logLevel, "loader", "log_level") { ["warning", "debug", "trace", "all"].contains($0.text) }
        add(.logFile, "loader", "log_file") { _ in true }
        add(.exitless, "sgx", "insecure__rpc_thread_num") { $0.integer != 0 }
        add(.mockSyscalls, "sys", "debug__mock_syscalls") { !$0.elements.isEmpty }
        add(.ioctl, "sys", "allowed_ioctls") { !$0.elements.isEmpty }
        if facts.readsQuotes { add(.noAttestation, "sgx", "remote_attestation") { $0.text == "none" } }
        for key in manifest["fs", "insecure__keys"]?.members ?? [] {
            findings.append(LintFinding(.keyInManifest, "fs.insecure__keys." + key.name, at: key.place))
        }
        return findings
    }

    private var variableFindings: [LintFinding] {
        (manifest["loader", "env"]?.members ?? []).compactMap { member in
            guard member.node["passthrough"]?.isTrue == true else { return nil }
            let name = ExactText(member.name)
            let decides =
                ["PATH", "HOME", "GCONV_PATH", "NODE_OPTIONS"].contains(name)
                || ["LD_", "PYTHON", "SSL_", "MALLOC_"].contains { name.hasPrefix($0) }
                || ExactText(name.text.uppercased()).hasSuffix("_PROXY")
            return LintFinding(
                .envPassthrough,
                "loader.env.\(name.text)",
                at: member.place,
                level: decides ? .error : .warning
            )
        }
    }

    /// Files that hold arguments or variables.
    private var sources: [(key: String, path: LintPath?, place: Place)] {
        ["argv_src_file", "env_src_file"].compactMap { key in
            guard let node = manifest["loader", key], let uri = node.text else { return nil }
            return ("loader." + key, LintPath(uri: uri), node.place)
        }
    }

    private var sourceFindings: [LintFinding] {
        sources.compactMap { source in
            if let path = source.path {
                let isEncrypted = mounts.all.contains { mount in
                    mount.type == "encrypted" && mount.host.map { path.isInside($0) } == true
                }
                if isEncrypted || isTrusted(path) && !isAllowed(path) { return nil }
            }
            return LintFinding(.argvSourceUnprotected, source.key, at: source.place)
        }
    }

    // MARK: Allowed files

    private var allowedFindings: [LintFinding] {
        var findings: [LintFinding] = []
        for node in manifest["sgx", "allowed_files"]?.elements ?? [] {
            guard let uri = node.text else { continue }
            let isDevice = uri.utf8.starts(with: "dev:".utf8)
            findings.append(LintFinding(isDevice ? .allowedDevice : .allowedAny, uri, at: node.place))
        }
        let roots = Set(mounts.all.filter { $0.type == "chroot" && $0.path.text != "/" }.compactMap(\.host))
        let broad = [
            "/", ".", "/etc", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/usr/lib", "/usr/bin", "/opt", "/home",
        ]
        /// Of names on the disk, for all entries.
        var budget = 10_000
        for entry in allowed {
            if broad.contains(entry.path.text) || roots.contains(entry.path) {
                findings.append(LintFinding(.allowedBroad, entry.uri, at: entry.place))
            }
            if holdsCode(entry.path, &budget) { findings.append(LintFinding(.allowedCode, entry.uri, at: entry.place)) }
        }
        for file in files {
            guard let path = LintPath(uri: file.uri), isAllowed(path) else { continue }
            findings.append(LintFinding(.allowedShadowsTrusted, file.uri, at: file.place))
        }
        return findings
    }

    private func holdsCode(_ path: LintPath, _ budget: inout Int) -> Bool {
        let important = [program?.host] + sources.map(\.path)
        if important.contains(where: { $0?.isInside(path) == true }) { return true }
        return isCode(path) || holdsCode(below: path.text, &budget, depth: 0)
    }

    private func isCode(_ path: LintPath) -> Bool {
        let name = path.name
        if [".so", ".py", ".pyc", ".pyd"].contains(where: { name.hasSuffix($0) }) || name.contains(".so.") {
            return true
        }
        guard surroundings.kind(of: path.text) == .file, let start = surroundings.beginning(of: path.text) else {
            return false
        }
        return start.starts(with: [0x7F, 0x45, 0x4C, 0x46]) || start.starts(with: "#!".utf8)
    }

    private func holdsCode(below folder: String, _ budget: inout Int, depth: Int) -> Bool {
        guard depth < 64, surroundings.kind(of: folder) == .folder,
            surroundings.linkTarget(of: folder) == nil || depth == 0,
            let names = try? surroundings.names(in: folder)
        else { return false }
        for name in names {
            budget -= 1
            guard budget > 0 else { return false }
            let path = PurePath(folder).appending(name)
            if isCode(LintPath(path)) || holdsCode(below: path.text, &budget, depth: depth + 1) { return true }
        }
        return false
    }
}

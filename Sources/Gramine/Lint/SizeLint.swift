internal import Notation

/// Sizes and counts.
extension LintSubject {
    var sizeFindings: [LintFinding] {
        var findings: [LintFinding] = []
        for (path, node) in sizes where node.text.map({ !ByteSize.isPlain($0) }) == true {
            findings.append(LintFinding(.enclaveSizeSpelling, "\(path) = \"\(node.text ?? "")\"", at: node.place))
        }
        let threads = manifest["sgx", "max_threads"]?.integer ?? 4
        let threadPlace = manifest["sgx", "max_threads"]?.place ?? .none
        if threads < 4 { findings.append(LintFinding(.threadsLow, "sgx.max_threads = \(threads)", at: threadPlace)) }
        if threads > 64 { findings.append(LintFinding(.threadsHigh, "sgx.max_threads = \(threads)", at: threadPlace)) }
        findings += stackFindings(threads: threads)
        if let connections = facts.connections {
            let limit = manifest["sys", "fds", "limit"]?.integer ?? 900
            if limit < connections + 100 {
                let place = manifest["sys", "fds", "limit"]?.place ?? .none
                findings.append(LintFinding(.fdsLow, "sys.fds.limit = \(limit)", at: place))
            }
        }
        if facts.allocatesHeavily, (size("sys", "brk", "max_size") ?? 256 << 10) <= 256 << 10 {
            findings.append(LintFinding(.brkSmall, "sys.brk.max_size"))
        }
        return findings + enclaveFindings(threads: threads)
    }

    private var sizes: [(String, Node)] {
        [["sgx", "enclave_size"], ["sys", "stack", "size"], ["sys", "brk", "max_size"]].compactMap { path in
            var node = manifest.root
            for name in path {
                guard let next = node[name] else { return nil }
                node = next
            }
            return (path.joined(separator: "."), node)
        }
    }

    /// Nil where there is none, or none that can be read.
    private func size(_ path: String...) -> Int64? {
        var node = manifest.root
        for name in path {
            guard let next = node[name] else { return nil }
            node = next
        }
        return node.text.flatMap { try? ByteSize.read($0, key: "", at: .none) }
    }

    private var isDynamic: Bool { manifest["sgx", "edmm_enable"]?.isTruthy == true }

    private func stackFindings(threads: Int) -> [LintFinding] {
        var findings: [LintFinding] = []
        let stack = size("sys", "stack", "size") ?? 256 << 10
        let place = manifest["sys", "stack", "size"]?.place ?? .none
        let isPython = program.map { LintPath(PurePath($0.inside)).name.hasPrefix("python") } == true
        if let minimum = facts.minimumStack ?? (isPython ? 2 << 20 : nil), stack < minimum {
            findings.append(LintFinding(.stackSmall, "sys.stack.size = \(stack) bytes", at: place))
        }
        let (all, overflows) = stack.multipliedReportingOverflow(by: Int64(threads))
        if !isDynamic, overflows || all > (size("sgx", "enclave_size") ?? .max) / 4 {
            findings.append(
                LintFinding(.stackLarge, "sys.stack.size = \(stack) bytes for \(threads) threads", at: place)
            )
        }
        return findings
    }

    private func enclaveFindings(threads: Int) -> [LintFinding] {
        guard let size = size("sgx", "enclave_size") else { return [] }
        let place = manifest["sgx", "enclave_size"]?.place ?? .none
        let found = "sgx.enclave_size = \(size) bytes"
        var findings: [LintFinding] = []
        if size <= 0 || size & (size - 1) != 0 { findings.append(LintFinding(.enclaveNotPower, found, at: place)) }
        if size > 1 << 40 { findings.append(LintFinding(.enclaveRange, found, at: place)) }
        let preheats = manifest["sgx", "preheat_enclave"]
        if isDynamic {
            if facts.allocatesHeavily { findings.append(LintFinding(.edmmLatency, "sgx.edmm_enable = true")) }
            if preheats?.isTrue == true {
                findings.append(LintFinding(.preheatEDMM, "sgx.preheat_enclave = true", at: preheats?.place ?? .none))
            }
            return findings
        }
        findings.append(LintFinding(.edmmOff, "sgx.edmm_enable = false"))
        let half = facts.enclavePageCache.map { Int64(clamping: $0 / 2) } ?? .max
        if size > 4 << 30 || size > half { findings.append(LintFinding(.enclaveTooLarge, found, at: place)) }
        if preheats?.isTrue == true, size > 1 << 30 {
            findings.append(LintFinding(.preheatLarge, "sgx.preheat_enclave = true", at: preheats?.place ?? .none))
        }
        if threads > 1, manifest["loader", "env", "MALLOC_ARENA_MAX"] == nil, size / Int64(threads) < 64 << 20 {
            findings.append(LintFinding(.threadsArena, "\(threads) threads in \(size) bytes", at: place))
        }
        return findings
    }
}

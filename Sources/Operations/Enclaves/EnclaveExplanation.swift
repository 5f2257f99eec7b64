internal import Gramine
internal import Notation

extension EnclaveReport {
    public var explanation: EnclaveExplanation { EnclaveExplanation(self) }
}

/// What an enclave consists of, what its files are worth, and what of the operator's choices isn't measured.
public struct EnclaveExplanation: Report {
    private struct AreaRow {
        let name: String
        /// The lowest, of several.
        var address: UInt64
        var size: UInt64
        let flags: String
        var hashedByteCount: UInt64
        var count = 1
    }

    private let report: EnclaveReport
    private var enclave: MeasuredEnclave { report.enclave }

    init(_ report: EnclaveReport) { self.report = report }

    /// Areas of one name that follow each other, as the threads' stacks do, stand in one line.
    private var areas: [AreaRow] {
        var rows: [AreaRow] = []
        for area in enclave.areas {
            let flags = area.kind + " " + area.permissions
            if let last = rows.last, last.name == area.name, last.flags == flags, area.name.hasSuffix("stack") {
                rows[rows.count - 1].address = min(last.address, area.address)
                rows[rows.count - 1].size += area.size
                rows[rows.count - 1].hashedByteCount += area.hashedByteCount ?? 0
                rows[rows.count - 1].count += 1
            } else {
                rows.append(
                    AreaRow(
                        name: area.name,
                        address: area.address,
                        size: area.size,
                        flags: flags,
                        hashedByteCount: area.hashedByteCount ?? 0
                    )
                )
            }
        }
        return rows
    }

    /// Largest first; those whose size isn't known here come last.
    private var files: [(file: MeasuredEnclave.File, byteCount: Int?)] {
        enclave.files.map { ($0, report.byteCount(of: $0)) }.sorted { ($0.byteCount ?? -1) > ($1.byteCount ?? -1) }
    }

    private static func percent(_ part: UInt64, of whole: UInt64) -> String {
        let tenths = whole == 0 ? 0 : Int((Double(part) * 1000 / Double(whole)).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    private static func column(_ text: String, _ width: Int, isNumber: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
        return isNumber ? blanks + text : text + blanks
    }

    public var text: String {
        var text = "MRENCLAVE    \(enclave.mrenclave)\n"
        if let total = enclave.hashedByteCount {
            text += "\nAreas, and the share of each in the \(ByteText.words(total)) that are hashed:\n"
            for row in areas {
                let name = row.name + (row.count > 1 ? " × \(row.count)" : "")
                let address = Self.column(MeasuredEnclave.hex(row.address), 14)
                let size = Self.column(ByteText.words(row.size), 10, isNumber: true)
                let share = Self.column(Self.percent(row.hashedByteCount, of: total), 7, isNumber: true)
                text += "  \(address) \(size)  \(row.flags)  \(share)  \(name)\n"
            }
        }
        let files = files
        let sum = files.reduce(UInt64(0)) { $0 + UInt64($1.byteCount ?? 0) }
        text += "\nFiles whose content is pinned, \(files.count) with \(ByteText.words(sum)), largest first:\n"
        for (file, byteCount) in files {
            let size = Self.column(byteCount.map { ByteText.words(UInt64($0)) } ?? "not here", 10, isNumber: true)
            let share = Self.column(byteCount.map { Self.percent(UInt64($0), of: sum) } ?? "–", 7, isNumber: true)
            text += "  \(size)  \(share)  \(file.uri.printable(limit: nil))\n"
        }
        text += "\nNot measured:\n"
        for words in unmeasured { text += "  \(words.printable(limit: 400))\n" }
        return text
    }

    public var json: String {
        let areas = areas.map { row in
            Node.object([
                "name": Node(row.name), "count": Node(row.count), "size": Node(MeasuredEnclave.hex(row.size)),
                "flags": Node(row.flags), "hashedBytes": Node(.number(String(row.hashedByteCount))),
            ])
        }
        let files = files.map { file, byteCount in
            Node.object([
                "uri": Node(file.uri), "sha256": Node(file.sha256), "bytes": byteCount.map { Node($0) } ?? Node(.null),
            ])
        }
        guard case .object(let members) = report.node.value else { return "" }
        let explanation = Node.object([
            "areas": Node(.array(areas)), "files": Node(.array(files)),
            "unmeasured": Node(.array(unmeasured.map { Node($0) })),
        ])
        return JSON.pretty(Node(.object(members + [Member("explanation", explanation)])))
    }

    // MARK: What isn't measured

    private var unmeasured: [String] {
        manifestChoices + (report.isPackage ? Self.instance : []) + Self.always
    }

    /// Whoever runs any enclave decides these.
    private static let always = [
        """
        when it runs, how often, for how long, and with which files in the places that it reads from without pinning \
        them
        """,
        "the network, the clock, and the names, sizes and modes of files",
        "the processor and its microcode: a quote tells them",
    ]

    /// The launch record of an instance; the enclave vouches for it in its certificate.
    private static let instance = [
        "the instance's launch record: name, address, port, names in the certificate, expiry, time limits",
        "what the service stored: an earlier state can be put back",
    ]

    private var manifestChoices: [String] {
        guard let manifest = enclave.manifest else { return [] }
        func texts(_ path: String...) -> [String] {
            guard case .array(let elements)? = path.reduce(manifest as Node?, { node, name in node?[name] })?.value
            else {
                return []
            }
            return elements.compactMap { if case .string(let text) = $0.value { text } else { nil } }
        }
        func isOn(_ path: String...) -> Bool {
            path.reduce(manifest as Node?, { node, name in node?[name] })?.value == .boolean(true)
        }
        var choices: [String] = []
        for uri in texts("sgx", "allowed_files") {
            choices.append("\(uri): the host reads it, changes it and puts back earlier contents (sgx.allowed_files)")
        }
        if isOn("loader", "insecure__use_cmdline_argv") { choices.append("every argument: they come from the host") }
        if isOn("loader", "insecure__use_host_env") { choices.append("every variable: they come from the host") }
        if case .object(let variables)? = manifest["loader"]?["env"]?.value {
            for variable in variables where variable.node["passthrough"]?.value == .boolean(true) {
                choices.append("the variable \(variable.name): its value comes from the host")
            }
        }
        var mounts: [Node] = []
        if case .array(let list)? = manifest["fs"]?["mounts"]?.value { mounts = list }
        for mount in mounts {
            guard case .string(let path)? = mount["path"]?.value, case .string(let type)? = mount["type"]?.value else {
                continue
            }
            if type == "encrypted" {
                choices.append("\(path): sealed, and the host can put back an earlier state of it")
            } else if type == "untrusted_shm" {
                choices.append("\(path): memory that the host reads and writes")
            }
        }
        if isOn("sys", "enable_sigterm_injection") { choices.append("the moment of a SIGTERM") }
        if isOn("sys", "enable_extra_runtime_domain_names_conf") {
            choices.append("the host's name and the addresses that names lead to")
        }
        if case .object(let features)? = manifest["sgx"]?["cpu_features"]?.value {
            let open = features.filter { $0.node.value == .string("unspecified") }.map(\.name)
            if !open.isEmpty { choices.append("whether the processor has \(open.joined(separator: ", "))") }
        }
        choices.append("who signs, and the date of the signature: MRSIGNER tells the former")
        return choices
    }
}

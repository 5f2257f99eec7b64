internal import Gramine
internal import Notation
internal import PackageFormat

/// What an enclave measures, and what went into it.
public struct EnclaveReport: Report {
    /// Of a package of ours.
    struct Package: Sendable {
        let record: EnclaveRecord
        /// Nil for a platform that nothing here launches on.
        let worth: PlatformWorth?
    }

    let enclave: MeasuredEnclave
    private let package: Package?
    /// What lint found.
    public let notes: [String]
    /// In bytes, of the files that are on this machine.
    private let sizes: @Sendable (MeasuredEnclave.File) -> Int?

    init(
        _ enclave: MeasuredEnclave,
        package: Package?,
        notes: [String],
        sizes: @escaping @Sendable (MeasuredEnclave.File) -> Int?
    ) {
        self.enclave = enclave
        self.package = package
        self.notes = notes
        self.sizes = sizes
    }

    public var text: String {
        var lines = [("MRENCLAVE", enclave.mrenclave)]
        if let signer = enclave.mrsigner { lines.append(("MRSIGNER", signer)) }
        lines += (package?.rows ?? []).map { ("  " + $0.0, $0.1) }
        lines.append(("  enclave", "\(ByteText.words(enclave.size)), \(enclave.threads) threads\(pages)"))
        lines.append(("  product", "\(enclave.productID), SVN \(enclave.securityVersion)"))
        if let attributes { lines.append(("  attributes", attributes)) }
        if let loader = enclave.loader { lines.append(("  loader", loader)) }
        if let worth { lines.append(("  platform", worth)) }
        lines.append(
            ("  files", "\(enclave.files.count)\(package == nil ? "" : ", of the runtime and of the package")")
        )
        let head = lines.map { name, value in
            // What belongs to the enclave stands two columns further.
            let width = name.hasPrefix(" ") ? 15 : 13
            return name + String(repeating: " ", count: max(1, width - name.utf8.count)) + value + "\n"
        }
        let files = enclave.files.map { file in
            let digest = file.sha256.isEmpty ? "not hashed" : file.sha256.printable()
            return "    \(digest)  \(file.uri.printable(limit: nil))\n"
        }
        return head.joined() + files.joined()
    }

    private var pages: String {
        switch enclave.isDynamic {
        case true?: ", pages added while it runs"
        case false?: ", every page added at the start"
        case nil: ""
        }
    }

    private var worth: String? {
        package.map { $0.worth?.measurementWords ?? $0.record.settings.agent.platform.rawValue }
    }

    private var attributes: String? {
        guard let attributes = enclave.attributes else { return nil }
        let names = ["flags", "xfrm", "xfrmMask", "miscSelect"]
        let texts = names.map { name in
            guard case .string(let text)? = attributes[name]?.value else { return name }
            return "\(name) \(text)"
        }
        return texts.joined(separator: ", ") + (attributes["debug"]?.value == .boolean(true) ? ", DEBUG" : "")
    }

    var node: Node {
        var members = enclave.members
        if let package {
            members.append(Member("simulated", Node(.boolean(package.worth == .simulated))))
            members.append(Member("record", package.record.node))
        }
        return Node(.object(members))
    }

    public var json: String { JSON.pretty(node) }

    var isPackage: Bool { package != nil }

    /// Nil for a file that isn't on this machine.
    func byteCount(of file: MeasuredEnclave.File) -> Int? { sizes(file) }
}

extension EnclaveReport.Package {
    fileprivate var rows: [(String, String)] {
        let settings = record.settings
        return [
            ("application", "\(settings.application.printable()), code \(settings.mode.words)"),
            ("Python", settings.python.printable()),
            ("log", settings.log.words),
        ]
    }
}

/// Sizes as people read them.
enum ByteText {
    static func words(_ count: UInt64) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where count >= 1 << UInt64(shift) {
            let (whole, rest) = count.quotientAndRemainder(dividingBy: 1 << UInt64(shift))
            let tenth = (rest * 10) >> UInt64(shift)
            return rest == 0 ? "\(whole) \(unit)" : "\(whole).\(tenth) \(unit)"
        }
        return "\(count) bytes"
    }
}

internal import Gramine
internal import Notation
internal import PackageFormat
internal import PackageMeasurement
internal import SGXQuote

/// An enclave that was measured, as it is shown, saved and compared.
struct MeasuredEnclave: Sendable {
    struct Area: Hashable, Sendable {
        let name: String
        /// From the enclave's first byte.
        let address: UInt64
        let size: UInt64
        /// `REG` or `TCS`.
        let kind: String
        /// Such as `R-X`.
        let permissions: String
        let isMeasured: Bool
        /// Nil for one that was saved.
        var hashedByteCount: UInt64?
    }

    struct File: Hashable, Sendable {
        let uri: String
        /// 64 hexadecimal digits where it was measured.
        let sha256: String
        /// Where it lies, to tell its size; nil for one that was saved or isn't on this machine.
        var path: String?
    }

    let mrenclave: String
    var mrsigner: String?
    let size: UInt64
    let threads: Int
    let isDynamic: Bool?
    /// What the signature asks of the processor, by name; nil for what has no signature yet.
    var attributes: Node?
    var productID: Int
    var securityVersion: Int
    /// SHA-256 of the loader's file.
    var loader: String?
    let areas: [Area]
    private(set) var files: [File]
    /// Everything of the manifest but its trusted files; nil where there is none.
    let manifest: Node?
    /// The settings of a service of ours; nil for an enclave of anybody's.
    var service: Node?

    /// - Parameters:
    ///   - manifest: the one that is laid out.
    ///   - loader: SHA-256 of the loader's file.
    init(
        _ layout: EnclaveLayout,
        measurement: FixedBytes<32>,
        manifest: Gramine.Manifest,
        files: [TrustedFile],
        loader: String,
        signer: FixedBytes<32>?
    ) {
        let settings = layout.settings
        mrenclave = measurement.description
        mrsigner = signer?.description
        size = settings.size
        threads = settings.maximumThreads
        isDynamic = settings.usesDynamicMemory
        attributes = Self.attributes(settings.attributes)
        productID = Int(settings.productID)
        securityVersion = Int(settings.securityVersion)
        self.loader = loader
        areas = layout.areas.map { area in
            Area(
                name: area.name.rawValue,
                address: area.address,
                size: area.size,
                kind: area.kind,
                permissions: area.permissions.description,
                isMeasured: area.isMeasured,
                hashedByteCount: area.hashedByteCount
            )
        }
        self.files = files.map { File(uri: $0.uri, sha256: $0.sha256 ?? "", path: $0.path) }
        self.manifest = manifest.settings
    }

    /// Of a package, whose archives the agent compares with a measured argument.
    init(_ package: PackageEnclave, signer: FixedBytes<32>?) {
        self.init(
            package.layout,
            measurement: package.measurement,
            manifest: package.expanded,
            files: package.trustedFiles,
            loader: Hex.text(package.record.digest(of: package.record.settings.agent.loader) ?? []),
            signer: signer
        )
        files += package.record.packageFiles.map { File(uri: $0.path, sha256: Hex.text($0.digest)) }
        service = package.record.settings.node
    }

    private static func attributes(_ attributes: Gramine.EnclaveAttributes) -> Node {
        .object([
            "flags": Node(Self.hex(attributes.flags)), "xfrm": Node(Self.hex(attributes.xfrm)),
            "xfrmMask": Node(Self.hex(attributes.xfrmMask)),
            "miscSelect": Node(Self.hex(UInt64(attributes.miscSelect))),
            "debug": Node(.boolean(attributes.flags & Gramine.EnclaveAttributes.debug != 0)),
        ])
    }

    static func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }

    /// Bytes that are hashed altogether, with those of the creation; nil for one that was saved.
    var hashedByteCount: UInt64? {
        var sum: UInt64 = 64
        for area in areas {
            guard let count = area.hashedByteCount else { return nil }
            sum += count
        }
        return areas.isEmpty ? nil : sum
    }

    // MARK: JSON

    /// Members of the document that is saved.
    var members: [Member] {
        let areas = areas.map { area in
            Node.object([
                "name": Node(area.name), "address": Node(Self.hex(area.address)), "size": Node(Self.hex(area.size)),
                "type": Node(area.kind), "flags": Node(area.permissions), "measured": Node(.boolean(area.isMeasured)),
            ])
        }
        let files = files.map { Node.object(["uri": Node($0.uri), "sha256": Node($0.sha256)]) }
        var members = [
            Member("mrenclave", Node(mrenclave)),
            Member("mrsigner", mrsigner.map { Node($0) } ?? Node(.null)),
            Member("enclaveSize", Node(.number(String(size)))),
            Member("maxThreads", Node(threads)),
            Member("productID", Node(productID)),
            Member("svn", Node(securityVersion)),
        ]
        if let isDynamic { members.append(Member("edmm", Node(.boolean(isDynamic)))) }
        if let attributes { members.append(Member("attributes", attributes)) }
        if let loader { members.append(Member("loader", .object(["sha256": Node(loader)]))) }
        members.append(Member("areas", Node(.array(areas))))
        members.append(Member("trustedFiles", Node(.array(files))))
        if let manifest { members.append(Member("manifest", manifest)) }
        if let service { members.append(Member("settings", service)) }
        return members
    }

    /// Reads what was saved; members that it doesn't know are passed over.
    /// - Throws: where one that decides is missing, or is no such value.
    init(saved node: Node) throws(NotationError) {
        guard case .object = node.value else { throw NotationError(at: node.place, "an object expected") }
        mrenclave = try Self.digest(node, "mrenclave")
        if let signer = node["mrsigner"], signer.value != .null { mrsigner = try Self.digest(node, "mrsigner") }
        size = UInt64(try Self.integer(node, "enclaveSize"))
        threads = try Self.integer(node, "maxThreads")
        productID = node["productID"] == nil ? 0 : try Self.integer(node, "productID")
        securityVersion = node["svn"] == nil ? 0 : try Self.integer(node, "svn")
        isDynamic = node["edmm"].map { $0.value == .boolean(true) }
        attributes = node["attributes"]
        loader = node["loader"] == nil ? nil : try Self.digest(node["loader"] ?? node, "sha256")
        areas = []
        guard case .array(let list)? = node["trustedFiles"]?.value else {
            throw NotationError(at: node.place, member: "trustedFiles", "an array expected")
        }
        var files: [File] = []
        for entry in list {
            guard case .string(let uri)? = entry["uri"]?.value, case .string(let sha256)? = entry["sha256"]?.value
            else {
                throw NotationError(at: entry.place, member: "trustedFiles", "uri and sha256 expected")
            }
            files.append(File(uri: uri, sha256: sha256))
        }
        self.files = files
        manifest = node["manifest"]
        service = node["settings"]
    }

    private static func digest(_ node: Node, _ name: String) throws(NotationError) -> String {
        guard case .string(let text)? = node[name]?.value, Hex.bytes(text)?.count == 32 else {
            throw NotationError(at: node[name]?.place ?? node.place, member: name, "64 hex digits expected")
        }
        return text.lowercased()
    }

    private static func integer(_ node: Node, _ name: String) throws(NotationError) -> Int {
        guard case .number(let digits)? = node[name]?.value, let number = Int(digits), number >= 0 else {
            throw NotationError(at: node[name]?.place ?? node.place, member: name, "a whole number expected")
        }
        return number
    }
}

internal import Crypto
package import Gramine
internal import Notation
public import PackageFormat
public import SGXQuote

/// A package's enclave as Gramine would build it: what is measured, where each of it lies, and what that comes to.
public struct PackageEnclave: Sendable {
    public let record: EnclaveRecord
    /// The text that is measured: Gramine's `.manifest.sgx`.
    public let manifest: [UInt8]
    /// The same, read.
    package let expanded: Manifest
    /// MRENCLAVE.
    public let measurement: FixedBytes<32>
    /// In the manifest's order.
    package let trustedFiles: [TrustedFile]
    package let layout: EnclaveLayout
    /// Before its trusted files were hashed.
    private let source: Manifest
    private let image: ELFImage

    /// - Parameter loader: the bytes of the file that the record names as what loads the agent.
    /// - Throws: `.image` where they are others than the record's, `.missingFile` where the agent isn't in it, and what
    ///   the layout throws.
    package init(_ record: EnclaveRecord, loader: [UInt8]) throws(GramineError) {
        guard let digest = record.digest(of: record.settings.agent.loader),
            SHA256.hash(data: loader).elementsEqual(digest)
        else {
            throw GramineError(
                .image,
                "the loader isn't \(record.settings.agent.loader.printable()), as it was measured"
            )
        }
        guard record.digest(of: record.settings.agent.path) != nil else {
            throw GramineError(
                .missingFile,
                "the agent \(record.settings.agent.path.printable()) isn't among the files that are measured"
            )
        }
        let surroundings = RecordSurroundings(record)
        source = try EnclaveManifest(record: record).manifest(surroundings)
        var expanded = source
        trustedFiles = try expanded.expandTrustedFiles(surroundings: surroundings)
        self.expanded = expanded
        manifest = expanded.text
        image = try ELFImage(reading: loader)
        layout = try EnclaveLayout(manifest: manifest, image: image)
        measurement = layout.measurement
        self.record = record
    }

    /// What its report says besides the measurement.
    public var productID: Int { Int(layout.settings.productID) }
    public var securityVersion: Int { Int(layout.settings.securityVersion) }
    public var isDebug: Bool { layout.settings.attributes.flags & Gramine.EnclaveAttributes.debug != 0 }

    /// What of it Gramine's users would call insecure, weak or costly. Each has its reason
    /// (docs/decisions/0016-the-services-manifest.md).
    package var findings: [LintFinding] {
        var facts = ServiceFacts()
        facts.readsQuotes = true
        facts.isSingleProcess = true
        facts.isHot = true
        facts.allocatesHeavily = true
        facts.minimumStack = 2 << 20
        facts.gramine = [1, 9]
        return LintSubject(
            source,
            files: trustedFiles,
            image: image,
            facts: facts,
            surroundings: RecordSurroundings(record)
        ).findings
    }

    /// Rules of which every service of the defaults' kind has findings, each with its reason in
    /// docs/decisions/0016-the-services-manifest.md.
    package static let reasoned: Set<LintRule> = [
        .allowedAny,
        .domainConf,
        .sigterm,
        .edmmOff,
        .pointerChecks,
        .cpuUnspecified,
    ]

    /// The findings that no reason stands for: what the owner chose in `mse.toml`, and might not want.
    package var objections: [LintFinding] { findings.filter { !Self.reasoned.contains($0.rule) } }

    /// Where a trusted file lies on a machine that makes or launches the package; nil for one that isn't of this kind.
    package static func machinePath(of path: String) -> String? {
        let root = Array((EnclaveManifest.root + "/").utf8)
        return path.utf8.starts(with: root) ? String(path.utf8.dropFirst(root.count - 1)) : nil
    }

    /// What the agent is started with, its own path first.
    public func arguments(in places: EnclavePlaces = .measured) -> [String] {
        EnclaveManifest(record: record).arguments(places)
    }

    /// What the agent finds as its environment, `NAME=value`.
    public func environment(in places: EnclavePlaces = .measured) -> [String] {
        EnclaveManifest(record: record).variables(places).map { $0.name + "=" + $0.value }
    }
}

extension PackageFile {
    /// The enclave that this package runs in.
    /// - Throws: `PackageError` for the original's packages, and where its parts make no enclave.
    public func enclave() throws(PackageError) -> PackageEnclave {
        let record = try record(), loader = try requiredLoader()
        do {
            return try PackageEnclave(record, loader: loader)
        } catch {
            throw .archive(path: path, [error.description, error.mend].compactMap { $0 }.joined(separator: "; "))
        }
    }
}

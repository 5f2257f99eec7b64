internal import Gramine
internal import Notation
internal import PackageMeasurement

/// What lint found, as it is told: each rule a few times, and how often more.
struct LintNotes: Sendable {
    /// Of the same rule.
    private static let shown = 3

    private let findings: [LintFinding]
    /// Keys that no version of Gramine reads, or not so; it passes them over.
    private let schema: GramineError?
    /// Of a package nobody sees the manifest: what is written elsewhere.
    private let isPackage: Bool
    /// The file that was looked through.
    private let path: String

    /// - Parameters:
    ///   - manifest: as it was read, before its trusted files were listed.
    ///   - expanded: the same with what was added; nil where its keys were looked at already, or weren't to be.
    ///   - files: what its trusted files are.
    ///   - isExpanded: whether it is what such a tool wrote, so that nobody wrote its hashes by hand.
    init(
        _ manifest: Manifest,
        expanded: Manifest?,
        at path: String,
        files: [TrustedFile],
        image: ELFImage?,
        isExpanded: Bool,
        isDatedToday: Bool = false,
        around: some Gramine.Surroundings
    ) {
        self.path = path == "-" ? "standard input" : path.printable(limit: nil)
        isPackage = false
        do throws(GramineError) {
            try expanded?.checkSchema()
            schema = nil
        } catch {
            schema = error
        }
        var facts = ServiceFacts()
        facts.isDatedToday = isDatedToday
        findings = LintSubject(manifest, files: files, image: image, facts: facts, surroundings: around).findings
            .filter { !isExpanded || $0.rule != .hashGiven }
    }

    /// Of a package's enclave, but for what every one of them has.
    init(_ package: PackageEnclave, at path: String) {
        self.path = path.printable(limit: nil)
        findings = package.objections
        schema = nil
        isPackage = true
    }

    /// One line each.
    func lines(from level: LintFinding.Level = .information) -> [String] {
        var counts: [LintRule: Int] = [:]
        var lines: [String] = []
        for finding in findings where finding.level >= level {
            counts[finding.rule, default: 0] += 1
            if counts[finding.rule, default: 0] <= Self.shown {
                lines.append("\(path): \(finding)\(place(of: finding))")
            }
        }
        if let schema {
            let words = [schema.description, schema.mend].compactMap { $0 }.joined(separator: "; ")
            lines.append("\(path): W schema: \(words)")
        }
        for rule in LintRule.allCases {
            if let count = counts[rule], count > Self.shown {
                lines.append("\(path): \(rule.rawValue): and \(count - Self.shown) more")
            }
        }
        return lines
    }

    private func place(of finding: LintFinding) -> String {
        isPackage && finding.rule == .debugEnclave ? ": [enclave] debug in mse.toml, and package again" : ""
    }

    /// - Throws: where something is insecure or weak.
    func checkStrictly() throws(OperationError) {
        let grave = findings.count { $0.level >= .warning } + (schema == nil ? 0 : 1)
        guard grave > 0 else { return }
        throw OperationError(
            path,
            "\(grave) of its settings \(grave == 1 ? "is" : "are") insecure or weak, and --strict takes none",
            code: .gramineLint,
            quoting: lines(from: .warning).joined(separator: "\n")
        )
    }
}

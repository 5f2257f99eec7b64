internal import Files
internal import Notation
internal import PackageFormat

extension PackageFile {
    /// Whether what runs besides the package's own files is what was measured; the launcher looks again at each.
    /// - Parameter subject: what the person named.
    /// - Throws: `OperationError` with those that are others.
    func checkRuntime(of subject: String, afterwards: String) throws {
        let differences = try requiredRuntime().differences()
        guard differences.isEmpty else {
            let more = differences.count > 10 ? ["and \(differences.count - 10) more"] : []
            throw OperationError(
                subject,
                "\(differences.count) files of its runtime are others on this machine" + afterwards,
                mend: "package the project again here, or install what it was packaged with",
                code: .packageRuntime,
                quoting: (differences.prefix(10).map { $0.printable(limit: nil) } + more).joined(separator: "\n")
            )
        }
    }
}

internal import Enclave
internal import Notation
internal import PackageFormat

/// What proves that a file is the one that was measured.
enum MeasuredFiles: Sendable {
    /// Its digest in this record, with which whoever reads it compares.
    case record(EnclaveRecord)
    /// The library OS, whenever the file is read.
    case enforcedByLibraryOS

    /// - Parameter argument: the record that the agent was started with. It counts where its arguments are measured.
    init(_ content: MeasuredContent, argument: String?) throws {
        switch (content, argument) {
        case (.record(let bytes), _): self = .record(try EnclaveRecord(JSON.read(bytes)))
        case (.enforcedByLibraryOS, let text?): self = .record(try EnclaveRecord(JSON.read(Array(text.utf8))))
        case (.enforcedByLibraryOS, nil): self = .enforcedByLibraryOS
        }
    }

    /// What is measured besides the files of a package.
    func settings(of package: PackageFile) throws(PackageError) -> EnclaveSettings {
        switch self {
        case .record(let record): record.settings
        case .enforcedByLibraryOS: try package.record().settings
        }
    }

    /// What proves a member of a package.
    /// - Parameter isThere: whether the package holds it.
    /// - Returns: nil where it neither is there nor was measured.
    /// - Throws: `AgentError` where it is there and wasn't measured, or was and isn't there.
    func proof(of name: String, in package: PackageFile, isThere: Bool) throws(AgentError) -> CodeSource.Proof? {
        switch self {
        case .enforcedByLibraryOS: return isThere ? .enforcedByLibraryOS : nil
        case .record(let record):
            switch (isThere, record.digest(of: name)) {
            case (true, let digest?): return .measured(digest)
            case (false, nil): return nil
            case (true, nil): throw AgentError("\(package.path): holds \(name), which was not measured", .unmeasured)
            case (false, _?): throw AgentError("\(package.path): holds no \(name), which was measured", .unmeasured)
            }
        }
    }

    /// - Throws: `AgentError` where nobody proves files that lie in a folder.
    func checkFolder(_ folder: String) throws(AgentError) {
        guard case .record = self else { return }
        throw AgentError("\(folder): a folder of code was not measured here; a package is needed", .unmeasured)
    }
}

internal import Gramine
internal import Notation
internal import PackageFormat
internal import SGXQuote

/// What a record says of the files around its manifest: where they will lie, and their digests. Nothing is looked up,
/// so that no machine needs to have them.
struct RecordSurroundings: Surroundings {
    private var files: [ExactText: FixedBytes<32>] = [:]

    init(_ record: EnclaveRecord) {
        for file in record.machineFiles {
            files[ExactText(EnclaveManifest.root + file.path)] = FixedBytes(file.digest)
        }
    }

    func kind(of path: String) -> EntryKind? { files[ExactText(path)] == nil ? nil : .file }
    func linkTarget(of path: String) -> String? { nil }
    func isReadable(_ path: String) -> Bool { kind(of: path) == .file }

    func names(in folder: String) throws(GramineError) -> [String] {
        throw GramineError(.directory, "'\(folder.printable())' is no folder that is measured as one")
    }

    func digests(of paths: [String]) throws(GramineError) -> [FixedBytes<32>] {
        var digests: [FixedBytes<32>] = []
        for path in paths {
            guard let digest = files[ExactText(path)] else {
                throw GramineError(
                    .missingFile,
                    "'\(path.printable())' is part of every enclave, and isn't among the files that were measured"
                )
            }
            digests.append(digest)
        }
        return digests
    }

    func byteCount(of path: String) -> Int? { nil }
    func beginning(of path: String) -> [UInt8]? { nil }
    func resolved(_ path: String) throws(GramineError) -> String { path }

    func output(of program: String, arguments: [String]) throws(GramineError) -> String {
        throw GramineError(.template, "a measured manifest runs no programs, and '\(program.printable())' is one")
    }

    func variable(_ name: String) -> String? { nil }
}

internal import Files
internal import Glibc
internal import Notation
internal import RATLS
internal import SGXQuote
internal import StrictX509

/// Where `verify` puts the certificate that it accepted, with the verdict beside it.
struct PinFile {
    let path: String

    /// What became of it.
    enum Outcome: Hashable, Sendable {
        case written(String)
        /// An earlier pin of ours was moved away, since the service that is there now was refused.
        case moved(String, to: String)
        /// A certificate that no `verify` put there.
        case foreign(String)
    }

    private var verdictPath: String { Self.verdictPath(path) }
    private static func verdictPath(_ path: String) -> String { path + ".verdict.json" }
    private static let byteLimit = 1 << 16, verdictByteLimit = 1 << 20

    /// - Throws: when the file can't be written, or is there and isn't a certificate: it would be lost.
    init(_ path: String) throws {
        self.path = path
        guard !path.isEmpty, !path.hasSuffix("/") else { throw Self.refusal(path, "the name of a file expected") }
        let folder = Files.split(path).folder
        guard Files.isFolder(folder) else {
            throw Self.refusal(path, "there is no folder \(folder.printable(limit: nil))")
        }
        try Self.checkWriting(beside: path)
        switch try FileKind(path) {
        case .absent: break
        case .file:
            guard Self.isCertificate(path) else {
                throw Self.refusal(path, "is there and is no certificate that carries evidence; it would be lost")
            }
        case let kind: throw Self.refusal(path, "is \(kind), not a certificate")
        }
        switch try FileKind(verdictPath) {
        case .absent: break
        case .file:
            guard Self.verdict(of: path) != nil else {
                throw Self.refusal(path, "\(verdictPath.printable(limit: nil)) is no verdict; it would be lost")
            }
        case let kind: throw Self.refusal(verdictPath, "is \(kind); the verdict goes there")
        }
    }

    /// Root may write where there is nothing to write to: only trying tells.
    private static func checkWriting(beside path: String) throws(OperationError) {
        let probe = Files.temporaryName(beside: path)
        Unfinished.begin(probe)
        defer { Unfinished.end(probe) }
        do throws(FileError) {
            _ = try OpenFile(probe, O_WRONLY | O_CREAT | O_EXCL)
            unlink(probe)
        } catch {
            throw Self.refusal(path, "in its folder nothing can be written: \(error.problem)")
        }
    }

    private static func refusal(_ path: String, _ problem: String) -> OperationError {
        OperationError("--certificate-out \(path.printable(limit: nil))", problem, code: .pin)
    }

    func write(_ certificate: String, verdict: String) throws(FileError) -> Outcome {
        // A pin never lies there without its verdict.
        try Files.write([(Array(verdict.utf8), verdictPath), (Array(certificate.utf8), path)])
        return .written(path)
    }

    /// What was accepted once isn't what is there now: its name must not vouch for it any longer.
    func refuse() throws(FileError) -> Outcome? {
        guard try FileKind(path) == .file, Self.isCertificate(path) else { return nil }
        guard try Self.isPin(path) else { return .foreign(path) }
        let target = try refusedPath()
        guard rename(path, target) == 0 else {
            throw FileError(path, doing: "rename it to \(target.printable(limit: nil))")
        }
        // A program that reads the verdict must not find the one of the service that was there before.
        guard rename(verdictPath, Self.verdictPath(target)) == 0 else {
            throw FileError(
                verdictPath,
                doing: "rename it to \(Self.verdictPath(target).printable(limit: nil))"
            )
        }
        return .moved(path, to: target)
    }

    /// Takes the place of an earlier refused one, and of nothing else.
    private func refusedPath() throws(FileError) -> String {
        for number in 1...99 {
            let name = path + ".refused" + (number == 1 ? "" : "-\(number)")
            let kinds = [try FileKind(name), try FileKind(Self.verdictPath(name))]
            if kinds == [.absent, .absent] { return name }
            if try Self.isPin(name) { return name }
        }
        throw FileError(path, "is refused, and stays under its name: all of .refused to .refused-99 are taken")
    }

    /// Whether `verify` wrote it: beside it lies the verdict that accepted a quote, and it carries that quote's report.
    private static func isPin(_ path: String) throws(FileError) -> Bool {
        guard try FileKind(path) == .file, try FileKind(verdictPath(path)) == .file, isCertificate(path),
            let pem = try? Files.read(path, limit: byteLimit), let certificate = try? AttestedCertificate(pem: pem),
            let verdict = verdict(of: path), verdict["accepted"]?.value == .boolean(true)
        else { return false }
        return verdict["subject"]?["reportData"]?.value == .string(certificate.quote.reportData.description)
    }

    /// - Returns: nil for what `verify` doesn't write.
    private static func verdict(of path: String) -> Node? {
        guard let bytes = try? Files.read(verdictPath(path), limit: verdictByteLimit),
            let verdict = try? JSON.read(bytes), case .boolean = verdict["accepted"]?.value, verdict["subject"] != nil
        else { return nil }
        return verdict
    }

    /// One certificate in PEM that carries evidence, as a root's doesn't, and nothing besides that could be lost.
    private static func isCertificate(_ path: String) -> Bool {
        guard let bytes = try? Files.read(path, limit: byteLimit),
            let blocks = try? PEM.blocks(bytes, label: "CERTIFICATE", byteLimit: byteLimit), blocks.count == 1
        else { return false }
        return (try? AttestedCertificate(pem: bytes)) != nil
    }
}

extension PinFile.Outcome: CustomStringConvertible {
    var description: String {
        switch self {
        case .written(let path): "is in \(path)"
        case .moved(let path, let target): "\(path), accepted earlier, is now \(target)"
        case .foreign(let path): "\(path) is there, but not from an earlier verify; it stays"
        }
    }

    /// `path`, whether it was `written`, and as `refused` where the earlier one is now.
    var node: Node {
        switch self {
        case .written(let path): .object(["path": Node(path), "written": Node(.boolean(true))])
        case .moved(let path, let target):
            .object(["path": Node(path), "written": Node(.boolean(false)), "refused": Node(target)])
        case .foreign(let path): .object(["path": Node(path), "written": Node(.boolean(false))])
        }
    }
}

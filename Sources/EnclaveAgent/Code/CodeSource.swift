internal import CodeEncryption
internal import Enclave
internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat
internal import Secrets

/// Where the code lies before it is decrypted, and how it gets into the private memory: whole, or not at all.
enum CodeSource: Sendable {
    /// A member of a package file, or an archive of ours.
    case archive(path: String, range: Range<Int>, proof: Proof)
    /// The original's unpacked tree, which the library OS proves file by file.
    case folder(String)

    /// Why the bytes of an archive may be believed.
    enum Proof: Hashable, Sendable {
        /// Their SHA-256 was measured.
        case measured([UInt8])
        /// The library OS proves the file whenever it is read.
        case enforcedByLibraryOS
    }

    /// A member of a package, nil when there is none.
    /// - Throws: `AgentError` when the member is there and wasn't measured, or was and isn't there.
    static func member(_ name: String, of package: PackageFile, files: MeasuredFiles) throws(AgentError) -> CodeSource?
    {
        let range = package.range(of: name)
        guard let proof = try files.proof(of: name, in: package, isThere: range != nil), let range else { return nil }
        return .archive(path: package.path, range: range, proof: proof)
    }

    /// Decrypts everything with a key into a new folder; that is what proves the key.
    /// - Throws: `CodeError` when one file isn't authentic, or the archive isn't the measured one; then nothing was
    ///   made.
    func decrypt(to target: String, key: borrowing SecretKey) throws(CodeError) {
        switch self {
        case .folder(let folder):
            let count = try TreeEncryption.decrypt(folder, to: target, key: key)
            guard count > 0 else {
                try? Files.remove(target)
                throw .refused(path: folder, "there is no encrypted file in it")
            }
        case .archive(let path, let range, let proof):
            let encryption = FileEncryption(key: key)
            try extract(path, range, proving: proof, to: target, needsFiles: true) { (name) throws(CodeError) in
                try TreeEncryption.decryptedName(name)
            } write: {
                (member, reader, output) throws(CodeError) in
                try encryption.decrypt(
                    count: member.byteCount,
                    path: member.name,
                    read: { (buffer) throws(FileError) in try reader.read(into: buffer) }
                ) {
                    (piece) throws(FileError) in try output.write(piece)
                }
            }
        }
    }

    /// Copies plain code, or an environment, into a new folder.
    func copy(to target: String) throws(CodeError) {
        switch self {
        case .folder(let folder): try Self.copyTree(folder, to: target)
        case .archive(let path, let range, let proof):
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
            defer { buffer.deallocate() }
            try extract(path, range, proving: proof, to: target, needsFiles: false) {
                $0
            } write: { (_, reader, output) throws(CodeError) in
                do throws(FileError) {
                    while case let count = try reader.read(into: buffer), count > 0 {
                        try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    }
                } catch {
                    throw .file(error)
                }
            }
        }
    }

    /// One pass over the archive: what is written is what was hashed, and nothing counts before the digest is the
    /// measured one.
    private func extract(
        _ path: String,
        _ range: Range<Int>,
        proving proof: Proof,
        to target: String,
        needsFiles: Bool,
        name: (String) throws(CodeError) -> String?,
        write: (TarReader.Member, inout TarReader, borrowing OpenFile) throws(CodeError) -> Void
    ) throws(CodeError) {
        let work = Files.temporaryName(beside: target)
        let hash = RunningHash()
        do {
            var reader = try TarReader(path, range: range) { hash.update($0) }
            try Files.makeFolder(work, mode: 0o700)
            var names: [String] = []
            var folders: Set<ExactText> = []
            while let member = try reader.next() {
                guard let name = try name(member.name) else { continue }
                try CodeTree.check(name)
                names.append(name)
                let file = work + "/" + name
                let folder = Files.split(file).folder
                if folders.insert(ExactText(folder)).inserted { try Files.makeFolder(folder, mode: 0o700) }
                try write(member, &reader, OpenFile(file, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600))
            }
            try TreeEncryption.checkCollisions(names)
            guard !needsFiles || !names.isEmpty else {
                throw CodeError.refused(path: path, "there is no encrypted file in it")
            }
            switch proof {
            case .measured(let digest):
                guard hash.finish() == digest else {
                    throw CodeError.refused(path: path, "is not the archive that was measured")
                }
            case .enforcedByLibraryOS: break
            }
            guard rename(work, target) == 0 else { throw FileError(target, doing: "make") }
        } catch {
            try? Files.remove(work)
            throw .wrapping(error, path: path)
        }
    }

    private static func copyTree(_ folder: String, to target: String) throws(CodeError) {
        let tree = try CodeTree(folder)
        do throws(FileError) {
            try Files.makeFolder(target, mode: 0o700)
            for file in tree.files {
                let copy = target + "/" + file.path
                try Files.makeFolder(Files.split(copy).folder, mode: 0o700)
                try Files.write(Files.read(file.source), to: copy, mode: 0o600)
            }
        } catch {
            throw .file(error)
        }
    }
}

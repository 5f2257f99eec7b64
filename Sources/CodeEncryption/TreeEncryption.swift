internal import Files
internal import Glibc
package import Notation
public import Secrets

/// Whole trees, all or nothing: what is written stands under a temporary name until every file is done
/// (docs/formats/code-encryption.md).
public enum TreeEncryption {
    /// Of an encrypted file's name.
    public static let suffix = ".enc"
    /// Left readable by the original, by base name at any depth.
    package static let plainNames: Set<ExactText> = ["requirements.txt"]

    /// The nonce of each file.
    package enum Nonces: Sendable {
        case random
        /// By relative path; a missing one is an error.
        case given([ExactText: [UInt8]])

        package func nonce(of path: String) throws(CodeError) -> [UInt8] {
            switch self {
            case .random: return FileCipher.randomNonce()
            case .given(let nonces):
                guard let nonce = nonces[ExactText(path)], nonce.count == FileCipher.nonceByteCount else {
                    throw .refused(path: path, "there is no nonce of \(FileCipher.nonceByteCount) bytes for it")
                }
                return nonce
            }
        }
    }

    /// Whether a file is left readable, by its base name.
    package static func isPlain(_ path: String) -> Bool {
        plainNames.contains(ExactText(Files.split(path).name))
    }

    /// The name of a file in the encrypted tree.
    package static func encryptedName(_ path: String) -> String { isPlain(path) ? path : path + suffix }

    /// - Throws: `CodeError` when the encrypted name is longer than what reads it takes: found now, not when the key
    ///   was released.
    package static func checkEncryptedName(_ path: String) throws(CodeError) {
        let name = encryptedName(path)
        do throws(CodeError) {
            try CodeTree.check(name)
        } catch {
            guard name != path, (try? CodeTree.check(path)) != nil else { throw error }
            let last = Files.split(name).name.utf8.count
            throw .refused(
                path: path,
                last > CodeTree.nameLimit
                    ? """
                    with '\(suffix)' its name has \(last) bytes; a name may have \
                    \(CodeTree.nameLimit - suffix.utf8.count) before it is encrypted
                    """
                    : """
                    with '\(suffix)' its path has \(name.utf8.count) bytes; a path may have \
                    \(CodeTree.pathLimit - suffix.utf8.count) before it is encrypted
                    """
            )
        }
    }

    /// The name of a file in the decrypted tree; nil for one that isn't encrypted.
    package static func decryptedName(_ path: String) throws(CodeError) -> String? {
        guard path.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else { return nil }
        let name = String(Substring(path.utf8.dropLast(suffix.utf8.count)))
        guard Files.components(name).last?.isEmpty == false else {
            throw .refused(path: path, "a name of nothing but '\(suffix)'")
        }
        return name
    }

    /// Encrypts a folder into a new one, each file with a random nonce.
    /// - Throws: `CodeError`; then nothing was made. An existing output is refused.
    /// - Returns: how many files were encrypted.
    public static func encrypt(
        _ folder: String,
        to output: String,
        key: borrowing SecretKey,
        ignoring ignored: IgnoreList = IgnoreList()
    ) throws(CodeError) -> Int {
        try encrypt(folder, to: output, key: key, nonces: .random, ignoring: ignored)
    }

    /// The same with nonces of the caller's choice: a nonce must never serve twice with one key.
    package static func encrypt(
        _ folder: String,
        to output: String,
        key: borrowing SecretKey,
        nonces: Nonces,
        ignoring ignored: IgnoreList = IgnoreList()
    ) throws(CodeError) -> Int {
        try encrypt(CodeTree(folder, ignoring: ignored), to: output, key: key, nonces: nonces)
    }

    /// The same of a tree that was listed and judged before.
    package static func encrypt(
        _ tree: CodeTree,
        to output: String,
        key: borrowing SecretKey,
        nonces: Nonces = .random
    ) throws(CodeError) -> Int {
        for file in tree.files { try checkEncryptedName(file.path) }
        let encryption = FileEncryption(key: key)
        return try make(output, of: tree.files.map { (encryptedName($0.path), $0) }, for: .anybody) {
            (file, target) throws(CodeError) in
            let input = try open(file)
            if isPlain(file.path) {
                try copy(input, to: target, path: file.path)
            } else {
                try encryption.encrypt(
                    input,
                    count: file.byteCount,
                    to: target,
                    nonce: nonces.nonce(of: file.path),
                    path: file.path
                )
            }
            return true
        }
    }

    /// Decrypts the encrypted files of a folder into a new one; plain files stay behind.
    /// - Throws: `CodeError`; then nothing was made. An existing output is refused, and the input stays as it is.
    /// - Returns: how many files were decrypted.
    public static func decrypt(_ folder: String, to output: String, key: borrowing SecretKey) throws(CodeError) -> Int {
        let encryption = FileEncryption(key: key)
        var files: [(String, CodeTree.File)] = []
        for file in try CodeTree(folder).files {
            if let name = try decryptedName(file.path) { files.append((name, file)) }
        }
        guard !files.isEmpty else {
            throw .refused(path: folder, "no encrypted files, whose names end in '\(suffix)', are in it")
        }
        return try make(output, of: files, for: .ownerAlone) { (file, target) throws(CodeError) in
            let input = try open(file)
            try encryption.decrypt(input, count: file.byteCount, to: target, path: file.path)
            return true
        }
    }

    private static func open(_ file: CodeTree.File) throws(CodeError) -> OpenFile {
        do throws(FileError) {
            return try OpenFile(file.source, O_RDONLY | O_NOFOLLOW)
        } catch {
            throw .file(FileError(file.path, error.problem, number: error.number))
        }
    }

    private static func copy(_ input: borrowing OpenFile, to output: borrowing OpenFile, path: String) throws(CodeError)
    {
        do throws(FileError) {
            try output.write(input.contents())
        } catch {
            throw .file(FileError(path, error.problem, number: error.number))
        }
    }

    /// Who may read what is made: what was decrypted is its owner's alone.
    private enum Readers {
        case anybody, ownerAlone
        var file: mode_t { self == .anybody ? 0o644 : 0o600 }
        var folder: mode_t { self == .anybody ? 0o755 : 0o700 }
    }

    private static func make(
        _ output: String,
        of files: [(name: String, file: CodeTree.File)],
        for readers: Readers,
        _ write: (CodeTree.File, borrowing OpenFile) throws(CodeError) -> Bool
    ) throws(CodeError) -> Int {
        guard !Files.isTaken(output) else { throw .file(.exists(output, "name a folder that doesn't")) }
        try checkCollisions(files.map(\.name))
        var temporary: String?
        do {
            let (parent, name) = Files.split(output)
            var parentFolder = try ResultFolder(parent)
            let work = try Files.makeTemporaryFolder(
                in: parent,
                prefix: "." + String(decoding: name.utf8.prefix(100), as: UTF8.self)
            )
            temporary = work
            var made: Set<ExactText> = []
            for (name, file) in files {
                let target = work + "/" + name
                let folder = Files.split(target).folder
                if made.insert(ExactText(folder)).inserted { try Files.makeFolder(folder, mode: readers.folder) }
                _ = try write(file, OpenFile(target, O_WRONLY | O_CREAT | O_EXCL, mode: readers.file))
            }
            guard chmod(work, readers.folder) == 0 else { throw FileError(work, doing: "set the mode of") }
            try Unfinished.complete([work]) { () throws(FileError) in
                guard rename(work, output) == 0 else { throw FileError(output, doing: "make") }
            }
            parentFolder.keep()
            return files.count
        } catch {
            if let temporary { try? Files.remove(temporary) }
            let error = CodeError.wrapping(error, path: output)
            guard case .file(let file) = error, let temporary else { throw error }
            // Where there is no room left is no file's that is read.
            if file.code == "file.full" { throw .file(FileError(output, file.problem, number: file.number)) }
            throw .file(file.named(output, insteadOf: temporary))
        }
    }

    /// Refuses two files of one name, and a file where another needs a folder.
    package static func checkCollisions(_ names: [String]) throws(CodeError) {
        var files: Set<ExactText> = []
        for name in names where !files.insert(ExactText(name)).inserted {
            throw .refused(path: name, "two files would get this name")
        }
        for name in names {
            for folder in Files.foldersAbove(name) where files.contains(ExactText(folder)) {
                throw .refused(path: folder, "this name would be a file's and a folder's")
            }
        }
    }
}

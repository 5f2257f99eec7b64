internal import Crypto
internal import Files
internal import Glibc
internal import Notation
internal import PackageFormat
internal import PackageMeasurement

/// The files of an enclave as its processor loads them: copies of the very bytes that were hashed, and nothing besides.
struct EnclaveFileSystem {
    /// Of all files together.
    private static let byteLimit = 4 << 30
    private static let fileLimit = 50_000
    private static let operatorFileLimit = 4 << 20

    static let devices = ["null", "zero", "full", "random", "urandom"]

    /// Where the files go; nothing is there yet.
    let root: String

    /// What becomes of the place where files are loaded.
    enum Use {
        /// The enclave's root. What lies below `/tmp` is put where it can be shown in a `/tmp` of the enclave's own.
        case root
        /// A folder in the machine's view.
        case folder
    }

    /// Copies what a record names.
    /// - Throws: `FileError` naming the file that isn't the measured one, or that no record should name.
    func load(_ record: EnclaveRecord, as use: Use) throws(FileError) {
        var copies: [[UInt8]: String] = [:]
        var folders: Set<ExactText> = []
        var bytesLeft = Self.byteLimit
        let files = record.files.filter { $0.path.utf8.first == UInt8(ascii: "/") }
        guard files.count <= Self.fileLimit else {
            throw FileError(root, "a record of at most \(Self.fileLimit) files expected")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        for file in files {
            try Self.check(file.path)
            let isTemporary = use == .root && Self.nameBelowTemporaryFolder(file.path) != nil
            let target = root + (isTemporary ? "/instance" : "") + file.path
            if folders.insert(ExactText(Files.split(target).folder)).inserted {
                try Files.makeFolder(Files.split(target).folder)
            }
            if let copy = copies[file.digest] {
                guard link(copy, target) == 0 else { throw FileError(file.path, doing: "load") }
                continue
            }
            let size = try Self.copy(file, to: target, buffer, atMost: bytesLeft)
            bytesLeft -= size
            copies[file.digest] = target
        }
    }

    /// One pass: what is written is what was hashed.
    private static func copy(
        _ file: EnclaveRecord.File,
        to target: String,
        _ buffer: UnsafeMutableRawBufferPointer,
        atMost limit: Int
    )
        throws(FileError) -> Int
    {
        let input = try OpenFile(onDisk: file.path)
        let output = try OpenFile(target, O_WRONLY | O_CREAT | O_EXCL, mode: 0o555)
        var hash = SHA256()
        var size = 0
        while case let count = try input.read(into: buffer), count > 0 {
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            size += count
            guard size <= limit else {
                throw FileError(file.path, "an enclave's files have at most \(byteLimit >> 30) GiB together")
            }
            hash.update(bufferPointer: piece)
            try output.write(piece)
        }
        guard Array(hash.finalize()) == file.digest else {
            throw FileError(
                file.path,
                "is not the file that was measured; package the project again, or install what it was packaged with"
            )
        }
        // The user who makes them may have a narrower mask than the enclave's user needs.
        guard fchmod(output.descriptor, 0o555) == 0 else { throw FileError(file.path, doing: "load") }
        return size
    }

    /// Of a path below `/tmp`, the name there: a file's or a folder's.
    private static func nameBelowTemporaryFolder(_ path: String) -> String? {
        let parts = Files.components(path)
        guard parts.count > 2, parts[1].utf8.elementsEqual("tmp".utf8) else { return nil }
        return String(parts[2])
    }

    /// What of a record lies directly in `/tmp`, each name once.
    static func temporaryNames(of record: EnclaveRecord) -> [String] {
        var seen: Set<ExactText> = []
        return record.files.filter { $0.path.utf8.first == UInt8(ascii: "/") }
            .compactMap { nameBelowTemporaryFolder($0.path) }
            .filter { seen.insert(ExactText($0)).inserted }
    }

    /// A record comes from the owner: it names files below the root, and nothing that the launcher puts there itself.
    static func check(_ path: String) throws(FileError) {
        let parts = Files.components(path).dropFirst()
        let reserved = ["proc", "dev", "memory", "instance"]
        guard path.utf8.count < Int(PATH_MAX), !path.utf8.contains(0),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= Int(NAME_MAX) }),
            parts.count > 1, !reserved.contains(where: { ExactText($0) == ExactText(String(parts.first ?? "")) })
        else { throw FileError(path, "can't be the place of a measured file") }
    }

    /// Makes what the enclave needs of the machine: the operator's few files as they are now, and the places for
    /// mounts.
    func prepare(_ record: EnclaveRecord, bindings: [Binding], user: uid_t) throws(FileError) {
        for folder in ["dev", "proc", "memory", "instance", "etc"] { try Files.makeFolder(root + "/" + folder) }
        try KernelFiles.prepare(root + "/proc", record)
        // Who knows no variable finds private memory at the usual place too.
        if Self.temporaryNames(of: record).isEmpty {
            guard symlink("memory/tmp", root + "/tmp") == 0 else { throw FileError("/tmp", doing: "make") }
        } else {
            try Files.makeFolder(root + "/tmp")
        }
        // Locks and queues of one process's threads are files there; standard output is what the agent takes up.
        let links = [
            "shm": "../memory/shm", "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1",
            "stderr": "/proc/self/fd/2",
        ]
        for (name, target) in links {
            guard symlink(target, root + "/dev/" + name) == 0 else { throw FileError("/dev/" + name, doing: "make") }
        }
        for path in OperatorData.files where !Files.exists(root + path) {
            // not every machine has it
            guard let bytes = try? Files.read(path, limit: Self.operatorFileLimit) else { continue }
            try Files.makeFolder(root + Files.split(path).folder)
            try put(bytes, at: path)
        }
        // Names of users say nothing of this machine's.
        let fixed = [
            "/etc/passwd": "service:x:\(user):\(user)::/memory/home:/nonexistent\n",
            "/etc/group": "service:x:\(user):\n",
            "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
        ]
        for (path, text) in fixed where !Files.exists(root + path) { try put(Array(text.utf8), at: path) }
        for binding in bindings {
            let target = root + "/" + binding.target
            if Files.isFolder(binding.source) {
                try Files.makeFolder(target)
            } else {
                try Files.makeFolder(Files.split(target).folder)
                try put([], at: "/" + binding.target)
            }
        }
    }

    private func put(_ bytes: [UInt8], at path: String) throws(FileError) {
        let file = try OpenFile(root + path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o444)
        try file.write(bytes)
        guard fchmod(file.descriptor, 0o444) == 0 else { throw FileError(path, doing: "make") }
    }
}

/// A file or folder of the machine that an enclave sees.
struct Binding {
    var source: String
    /// Below the enclave's root, without a slash before it.
    var target: String
    /// The file that must be found there.
    var descriptor: Int32 = -1
    var isWritable = false
    var isDevice = false
    var isOptional = false
}

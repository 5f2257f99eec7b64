import Crypto
import Files
import GramineFiles
import SGXQuote
import Synchronization
import TestSupport
import Testing

@Suite("Digests of files")
struct FileDigestsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ name: String, byteCount: Int) throws -> (path: String, digest: [UInt8]) {
        let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ byteCount) }
        try folder.write(name, bytes)
        return (folder.path + "/" + name, Array(SHA256.hash(data: bytes)))
    }

    @Test("each file has its own, whatever its size, in the order of the paths")
    func sizes() throws {
        let sizes = [0, 1, 63, 64, 4096, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20]
        let files = try sizes.enumerated().map { try write("file\($0)", byteCount: $1) }
        let read = Mutex(0)
        let digests = try FileDigests.sha256(of: files.map(\.path)) { count in
            read.withLock { $0 = max($0, count) }
        }
        #expect(digests.map { Array($0.array) } == files.map(\.digest))
        #expect(read.withLock { $0 } == sizes.reduce(0, +))
        #expect(try FileDigests.sha256(of: []).isEmpty)
    }

    @Test("many files at once, and the same one several times")
    func many() throws {
        let files = try (0..<500).map { try write("file\($0)", byteCount: $0) }
        let all = files + files.reversed()
        #expect(try FileDigests.sha256(of: all.map(\.path)).map { Array($0.array) } == all.map(\.digest))
    }

    @Test("the first path that can't be read is told, wherever the others are at")
    func first() throws {
        var paths = try (0..<50).map { try write("file\($0)", byteCount: 100 * $0).path }
        paths.insert(folder.path + "/absent", at: 20)
        paths.insert(folder.path, at: 30)
        paths.append(folder.path + "/absent too")
        let error = #expect(throws: FileError.self) { try FileDigests.sha256(of: paths) }
        #expect(error?.path == folder.path + "/absent" && error?.code == "file.notFound")
    }

    @Test(
        "what is no regular file is never opened",
        arguments: ["/dev/zero", "/dev/null", "/proc/self/mem", "/proc/kmsg", "/sys/kernel/notes", "/"]
    )
    func kinds(path: String) {
        #expect(throws: FileError.self) { try FileDigests.sha256(of: [path]) }
    }
}

import Files
import Glibc
import TestSupport
import Testing

@Suite("Locks on files")
struct FileLockTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a lock is held by one, and let go though another process still has its descriptor, as between fork and exec")
    func letGo() throws {
        let path = folder.path + "/lock"
        var copy: Int32 = -1
        do {
            let lock = try #require(try FileLock.tryToHold(path))
            #expect(try FileLock.tryToHold(path) == nil)
            let identity = try #require(FileIdentity(path: path))
            let held = try #require((0..<4096).first { FileIdentity(descriptor: $0) == identity })
            copy = dup(held)
            withExtendedLifetime(lock) {}
        }
        defer { close(copy) }
        #expect(copy >= 0)
        let again = try FileLock.tryToHold(path)
        #expect(again != nil)
    }
}

internal import Crypto
internal import Dispatch
package import Files
internal import Glibc
package import SGXQuote
internal import Synchronization

/// The SHA-256 of many files at once: on all cores, each file read in pieces, so that what is held doesn't grow with
/// their sizes.
package enum FileDigests {
    /// Of one file, in bytes: more is no file that an enclave reads.
    private static let limit = 1 << 42
    private static let piece = 1 << 20
    /// Reading waits for disks; more threads than these hold more pieces, and are no faster.
    private static let threadLimit = 64

    private struct State {
        var next = 0
        var digests: [FixedBytes<32>]
        var problem: (index: Int, error: FileError)?
        var byteCount = 0
    }

    /// - Parameters:
    ///   - paths: of regular files on a disk, links followed.
    ///   - advance: called with how many bytes were read so far, from any thread.
    /// - Returns: a digest for each path, in their order.
    /// - Throws: for the first path, in their order, that can't be read.
    package static func sha256(
        of paths: [String],
        advance: (@Sendable (_ byteCount: Int) -> Void)? = nil
    ) throws(FileError) -> [FixedBytes<32>] {
        let state = Mutex(State(digests: Array(repeating: FixedBytes(), count: paths.count)))
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        DispatchQueue.concurrentPerform(iterations: min(cores, threadLimit, paths.count)) { _ in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 4096)
            defer { buffer.deallocate() }
            while let index = next(of: paths.count, state) {
                do throws(FileError) {
                    let digest = try sha256(of: paths[index], through: buffer) { count in
                        let sum = state.withLock { state in
                            state.byteCount += count
                            return state.byteCount
                        }
                        advance?(sum)
                    }
                    state.withLock { $0.digests[index] = digest }
                } catch {
                    state.withLock { state in
                        if index < state.problem?.index ?? .max { state.problem = (index, error) }
                    }
                }
            }
        }
        return try state.withLock { (state) throws(FileError) in
            if let problem = state.problem { throw problem.error }
            return state.digests
        }
    }

    /// None once a file before it couldn't be read: all before that one were begun.
    private static func next(of count: Int, _ state: borrowing Mutex<State>) -> Int? {
        state.withLock { state in
            guard state.next < count, state.problem == nil else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private static func sha256(
        of path: String,
        through buffer: UnsafeMutableRawBufferPointer,
        advance: (Int) -> Void
    ) throws(FileError) -> FixedBytes<32> {
        let file = try OpenFile(onDisk: path)
        var hash = SHA256()
        var total = 0
        while case let count = try file.read(into: buffer), count > 0 {
            total += count
            guard total <= limit else { throw FileError(path, "holds more than \(limit) bytes") }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            advance(count)
            if count < buffer.count { break }
        }
        var digest = FixedBytes<32>()
        digest.replace(at: 0, with: Array(hash.finalize()))
        return digest
    }
}

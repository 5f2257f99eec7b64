internal import CFreedMemory
internal import CLinux
internal import Glibc
internal import Secrets
internal import Synchronization

/// Called before a key, token or secret is read: from then on this process leaves no core file, no other process of the
/// user reads its memory, and what is given back to the heap is overwritten; that secrets can't be locked is said once.
/// Programs that it starts inherit the first.
enum SecretsInMemory {
    static func expect() {
        clinux_protect_memory()
        cfreedmemory_overwrite()
        guard isFirst.exchange(false, ordering: .relaxed) else { return }
        LockedMemory.whenRefused {
            let line = Array(
                """
                mse: the limit of locked memory is too small, so the key or secrets may get into swap space; raise it \
                ('ulimit -l unlimited'), or switch swap off\n
                """
                .utf8
            )
            // Work doesn't end because nobody reads what is said about it.
            _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }

    private static let isFirst = Atomic(true)
}

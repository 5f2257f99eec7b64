internal import CFreedMemory
internal import CLinux

/// Called before a key, token or secret is read: from then on this process leaves no core file, no other process of the
/// user reads its memory, and what is given back to the heap is overwritten. Programs that it starts inherit the first.
enum SecretsInMemory {
    static func expect() {
        clinux_protect_memory()
        cfreedmemory_overwrite()
    }
}

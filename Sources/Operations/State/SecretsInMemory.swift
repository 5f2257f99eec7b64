internal import CLinux

/// Called before a key, token or secret is read: from then on this process leaves no core file, and no other process of
/// the user reads its memory. Programs that it starts inherit the former.
enum SecretsInMemory {
    static func expect() { clinux_protect_memory() }
}

internal import CLinux
public import Files
internal import Glibc

/// The file system in memory where decrypted code, secrets and HOME lie, and nowhere else.
public struct PrivateMemory: Sendable {
    public let folder: String
    /// Whether no other process of the user sees it.
    public let isHidden: Bool

    /// Makes it; must be called while the process has one thread.
    /// - Parameter mountPoint: an empty folder that this user owns.
    /// - Throws: `FileError` when there is neither a mount nor a memory file system to put a folder on.
    public init(mountPoint: String, byteCount: Int) throws(FileError) {
        try Files.makeFolder(mountPoint, mode: 0o700)
        // The launcher mounted it already, or the kernel lets this process do so.
        if Self.isMountInMemory(mountPoint) || clinux_mount_private_memory(mountPoint, byteCount) == 0 {
            folder = mountPoint
            isHidden = true
        } else {
            folder = try Self.sharedMemory(prefix: "mse")
            isHidden = false
        }
        for name in ["home", "key", "secrets", "shm", "site", "tmp"] {
            try Files.makeFolder(folder + "/" + name, mode: 0o700)
        }
    }

    private static func isMountInMemory(_ folder: String) -> Bool {
        clinux_is_in_memory(folder) == 1 && Files.isOwnMountPoint(folder)
    }

    /// A folder of mode 0700 on a memory file system of the machine.
    private static func sharedMemory(prefix: String) throws(FileError) -> String {
        for candidate in ["/dev/shm", "/run/user/\(geteuid())", "/tmp"] {
            if clinux_is_in_memory(candidate) == 1, access(candidate, W_OK) == 0 {
                return try Files.makeTemporaryFolder(in: candidate, prefix: prefix)
            }
        }
        throw FileError("/dev/shm", "there is no file system in memory to decrypt to; mount a tmpfs there")
    }

    public func path(_ name: String) -> String { folder + "/" + name }
    public var code: String { path("code") }
    public var home: String { path("home") }
    public var site: String { path("site") }

    /// The variables of the original; applications find their paths by them alone. The others are
    /// where libraries put what they keep, whatever the environment that the agent was started in says of it.
    public var variables: [String: String] {
        [
            "HOME": home, "KEY_PATH": path("key"), "MODULE_PATH": code, "SECRETS_PATH": path("secrets/secrets.json"),
            "SEALED_SECRETS_PATH": path("secrets/sealed_secrets.json"), "TMP_PATH": path("tmp"), "TMPDIR": path("tmp"),
            "TEMP": path("tmp"),
            "TMP": path("tmp"), "PWD": code, "XDG_CACHE_HOME": home + "/.cache", "XDG_CONFIG_HOME": home + "/.config",
            "XDG_DATA_HOME": home + "/.local/share", "XDG_STATE_HOME": home + "/.local/state",
            "XDG_RUNTIME_DIR": path("tmp"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1", "PYTHONPYCACHEPREFIX": path("tmp"), "PYTHONPATH": site,
        ]
    }

    /// Removes what a configuration that isn't taken has put here.
    func discard() {
        for name in ["code", "home", "secrets"] { try? Files.remove(path(name)) }
        for name in ["home", "secrets"] { try? Files.makeFolder(path(name), mode: 0o700) }
    }

    /// Removes what would outlive the process.
    public func remove() {
        guard !isHidden else { return }
        try? Files.remove(folder)  // the process ends; what can't be removed is in memory and 0700
    }
}

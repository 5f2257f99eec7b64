internal import Files
internal import Glibc
internal import PackageFormat

/// What an enclave's `/proc` holds: what a service may know of itself and of the processor, the memory and the time
/// that it shares. All else that a kernel tells there (its command line, boot id, other programs' connections, the
/// routes and neighbours of its network, what is mounted from where) isn't there, under no name.
enum KernelFiles {
    /// The kernel's own, below `/proc`; where it hasn't got one, the place is an empty file.
    static let shown =
        [
            "auxv", "cmdline", "comm", "environ", "fd", "fdinfo", "io", "limits", "maps", "oom_score", "schedstat",
            "smaps",
            "smaps_rollup", "stat", "statm", "status",
        ].map { "self/" + $0 } + [
            "cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "vmstat", "sys/fs/file-max",
            "sys/kernel/cap_last_cap", "sys/kernel/ngroups_max", "sys/kernel/osrelease", "sys/kernel/ostype",
            "sys/kernel/pid_max", "sys/kernel/random/uuid", "sys/kernel/threads-max", "sys/net/core/somaxconn",
            "sys/vm/max_map_count", "sys/vm/overcommit_memory",
        ]

    private static let folders = ["self/fd", "self/fdinfo"]

    /// What readers expect to be there, with nothing in it.
    private static let empty = [
        "1/cgroup", "1/mountinfo", "1/mounts", "1/net/arp", "1/net/dev", "1/net/if_inet6", "1/net/route", "1/net/tcp",
        "1/net/tcp6", "1/net/udp", "1/net/udp6", "1/net/unix", "diskstats", "partitions", "swaps", "version",
    ]

    /// Makes the places; the kernel's files are put there by whoever has the view.
    /// - Parameter folder: the enclave's `/proc`, which is empty.
    static func prepare(_ folder: String, _ record: EnclaveRecord) throws(FileError) {
        // One process is all that there is. Its threads have no folders: each would show all of the above.
        try Files.makeFolder(folder + "/1/task")
        try link("1", folder + "/self")
        try link("self/mounts", folder + "/mounts")
        try link("self/net", folder + "/net")
        try link("/", folder + "/1/root")
        try link("/memory/code", folder + "/1/cwd")
        try link(record.settings.agent.loader, folder + "/1/exe")
        for path in empty + shown {
            let place = folder + "/" + (path.hasPrefix("self/") ? "1/" + path.dropFirst(5) : path)
            guard !folders.contains(path) else {
                try Files.makeFolder(place)
                continue
            }
            try Files.makeFolder(Files.split(place).folder)
            let file = try OpenFile(place, O_WRONLY | O_CREAT | O_EXCL, mode: 0o444)
            guard fchmod(file.descriptor, 0o444) == 0 else { throw FileError(path, doing: "make") }
        }
    }

    private static func link(_ target: String, _ path: String) throws(FileError) {
        guard symlink(target, path) == 0 else { throw FileError(path, doing: "make") }
    }
}

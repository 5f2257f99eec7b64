internal import Glibc

/// How many files this program may have open at once. What runs short of them in the midst of its work can't take it
/// back, and some libraries end the program; so the few that every command needs are asked for before anything is done.
enum Descriptors {
    /// For files, programs and connections, and of each thread that serves connections.
    private static let needed = 64 + 4 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Raises this program's own limit where that is allowed, and tries.
    static var suffice: Bool {
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < 1024,
            limit.rlim_cur < limit.rlim_max
        {
            limit.rlim_cur = min(limit.rlim_max, 1024)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        while opened.count < needed {
            let descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
            guard descriptor >= 0 else { return false }
            opened.append(descriptor)
        }
        return true
    }

    static var problem: String {
        """
        too few files may be open at once: \(needed) more are needed than are open now; allow more with 'ulimit -n \
        1024'
        """
    }
}

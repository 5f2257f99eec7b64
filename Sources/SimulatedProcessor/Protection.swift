internal import CLinux

/// What keeps a package's code from the machine that it runs on. A kernel or a container may withhold some of it.
public enum Protection: String, CaseIterable, Sendable {
    /// It sees the files that were measured, its instance's, and a few of the operator's; no others, and can write none
    /// outside.
    case ownFiles
    /// It sees no process but its own, and nothing that tells of the machine but processor, memory and time.
    case ownProcesses
    /// It runs as a user that nobody else is.
    case ownUser
    /// It is refused the system calls that no service needs.
    case systemCallFilter

    /// What is lost without it, and how to get it.
    public var withoutIt: String {
        switch self {
        case .ownFiles:
            """
            without files of its own: the service can read and write what this user can, and what was measured can be \
            exchanged while it runs; allow user namespaces (user.max_user_namespaces, \
            kernel.apparmor_restrict_unprivileged_userns) or mounts (CAP_SYS_ADMIN)
            """
        case .ownProcesses:
            """
            without processes of its own: the service sees this machine's processes, connections, mounts and host \
            name; what gives it files of its own gives it this
            """
        case .ownUser:
            "without a user of its own: the service runs as the user who launched it; only root can give it another"
        case .systemCallFilter: "without a filter of system calls: the kernel has no seccomp"
        }
    }

    private var bit: Int32 {
        switch self {
        case .ownFiles: Int32(CLINUX_OWN_FILES)
        case .ownProcesses: Int32(CLINUX_OWN_PROCESSES)
        case .ownUser: Int32(CLINUX_OWN_USER)
        case .systemCallFilter: Int32(CLINUX_SYSTEM_CALL_FILTER)
        }
    }

    static func all(in bits: Int32) -> [Protection] { allCases.filter { bits & $0.bit != 0 } }
}

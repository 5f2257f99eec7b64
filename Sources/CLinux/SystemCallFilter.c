// Which system calls code in an enclave has no use for: what Gramine lacks (each answers ENOSYS there too) and what leads out of a process.
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// Numbers are the same on all architectures from 424 on; older headers don't name them all.
#define IO_URING_SETUP 425
#define IO_URING_ENTER 426
#define IO_URING_REGISTER 427
#define OPEN_TREE 428
#define MOVE_MOUNT 429
#define FSOPEN 430
#define FSCONFIG 431
#define FSMOUNT 432
#define FSPICK 433
#define PIDFD_OPEN 434
#define CLONE3 435
#define PIDFD_GETFD 438
#define OPENAT2 437
#define PROCESS_MADVISE 440
#define MOUNT_SETATTR 442
#define QUOTACTL_FD 443
#define MEMFD_SECRET 447
#define PROCESS_MRELEASE 448
#define FCHMODAT2 452
#define FIRST_UNKNOWN 457

static const unsigned refused[] = {
    // Other processes.
    __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev, __NR_kcmp, __NR_pidfd_send_signal, __NR_rt_sigqueueinfo,
    __NR_rt_tgsigqueueinfo, __NR_tkill, __NR_migrate_pages, __NR_move_pages, PIDFD_OPEN, PIDFD_GETFD, PROCESS_MADVISE, PROCESS_MRELEASE,
    // Other views of the machine.
    __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_unshare, __NR_setns, __NR_open_by_handle_at, __NR_name_to_handle_at,
    __NR_fanotify_init, __NR_fanotify_mark, OPEN_TREE, MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT, FSPICK, MOUNT_SETATTR,
    // The machine.
    __NR_kexec_load, __NR_kexec_file_load, __NR_init_module, __NR_finit_module, __NR_delete_module, __NR_reboot, __NR_swapon, __NR_swapoff,
    __NR_acct, __NR_syslog, __NR_quotactl, QUOTACTL_FD, __NR_settimeofday, __NR_clock_settime, __NR_clock_adjtime, __NR_adjtimex,
    __NR_sethostname, __NR_setdomainname, __NR_vhangup,
#if defined(__x86_64__)
    __NR_iopl, __NR_ioperm, __NR_modify_ldt,
#endif
    // Large parts of the kernel that no service needs.
    __NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_add_key, __NR_request_key, __NR_keyctl, __NR_personality, __NR_vmsplice,
    IO_URING_SETUP, IO_URING_ENTER, IO_URING_REGISTER, __NR_io_setup, __NR_io_submit,
    // Memory and queues that are shared by name.
    __NR_shmget, __NR_shmat, __NR_shmctl, __NR_shmdt, __NR_semget, __NR_semop, __NR_semctl, __NR_semtimedop, __NR_msgget, __NR_msgsnd,
    __NR_msgrcv, __NR_msgctl, __NR_mq_open, __NR_mq_unlink,
    // Files whose names, which the machine reads, are anybody's text.
    __NR_memfd_create,
    // Memory that the machine can neither see nor count.
    MEMFD_SECRET,
    // Its arguments lie in memory, where no filter sees them; everybody goes back to openat.
    OPENAT2,
    // Its flags lie in memory, where no filter sees them; glibc goes back to clone.
    CLONE3,
#if defined(__x86_64__)
    __NR_fork, __NR_vfork,
#endif
};

// The offset of an argument's lower half; all that are looked at here are ints.
#define ARGUMENT(index) (offsetof(struct seccomp_data, args) + 8 * (index))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(offset))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
/// Skips `count` instructions unless the value is this one.
#define UNLESS_EQUAL(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, (count))
#define IF_EQUAL(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), (count), 0)
#define IF_ANY_BIT(value, count) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (unsigned)(value), (count), 0)
#define IF_AT_LEAST(value, count) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)(value), (count), 0)

/// Of socketpair's second argument; the rest are flags.
enum { SOCKET_TYPE = 0xF };
/// What O_TMPFILE has that O_DIRECTORY hasn't.
enum { TMPFILE = 020000000 };

enum { REFUSED = sizeof refused / sizeof refused[0] };

static int install(const struct sock_filter *filter, unsigned short count) {
    struct sock_fprog program = {count, (struct sock_filter *)filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : errno;
}

int clinux_filter_system_calls(void) {
    const unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    struct sock_filter filter[128 + 2 * REFUSED];
    unsigned short count = 0;
#define ADD(...) do { const struct sock_filter part[] = {__VA_ARGS__}; for (unsigned i = 0; i < sizeof part / sizeof part[0]; i++) filter[count++] = part[i]; } while (0)
#define ADD_FOR_MODES(number, mode, bits) \
    ADD(UNLESS_EQUAL(number, 4), LOAD(mode), IF_ANY_BIT(bits, 1), RETURN(SECCOMP_RET_ALLOW), REFUSE(EPERM))
    // A mode counts where a file is made.
#define ADD_FOR_NEW_FILES(number, flags, mode) \
    ADD(UNLESS_EQUAL(number, 7), LOAD(flags), IF_ANY_BIT(O_CREAT | TMPFILE, 1), RETURN(SECCOMP_RET_ALLOW), LOAD(mode), \
        IF_ANY_BIT(S_ISUID | S_ISGID, 1), RETURN(SECCOMP_RET_ALLOW), REFUSE(EPERM))
    ADD(LOAD(offsetof(struct seccomp_data, arch)), IF_EQUAL(ARCHITECTURE, 1), REFUSE(ENOSYS));
    ADD(LOAD(offsetof(struct seccomp_data, nr)));
    // Other interfaces' numbers, and what came after Linux 6.7, which nobody has judged: statmount tells of the machine's mounts.
    ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_UNKNOWN, 0, 1), REFUSE(ENOSYS));
    for (unsigned index = 0; index < REFUSED; index++) ADD(UNLESS_EQUAL(refused[index], 1), REFUSE(ENOSYS));
    // Threads, no processes; in the namespaces that are here.
    ADD(UNLESS_EQUAL(__NR_clone, 5), LOAD(ARGUMENT(0)), IF_ANY_BIT(namespaces, 1), IF_ANY_BIT(CLONE_THREAD, 1), REFUSE(EPERM),
        RETURN(SECCOMP_RET_ALLOW));
    // The network alone. Sockets of the machine's other programs have names that no mount hides.
    ADD(UNLESS_EQUAL(__NR_socket, 5), LOAD(ARGUMENT(0)), IF_EQUAL(AF_INET, 2), IF_EQUAL(AF_INET6, 1), REFUSE(EAFNOSUPPORT),
        RETURN(SECCOMP_RET_ALLOW));
    // A pair of datagram sockets would reach other programs' by their names all the same.
    ADD(UNLESS_EQUAL(__NR_socketpair, 5), LOAD(ARGUMENT(1)), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SOCKET_TYPE), IF_EQUAL(SOCK_STREAM, 1),
        REFUSE(EPROTONOSUPPORT), RETURN(SECCOMP_RET_ALLOW));
    // Of its own settings a process may narrow what it is allowed, and hide its memory. The others open that again, or are text that the machine
    // reads: names of threads, of memory, the command line. Gramine has none of them.
    ADD(UNLESS_EQUAL(__NR_prctl, 8), LOAD(ARGUMENT(0)), IF_EQUAL(PR_SET_NO_NEW_PRIVS, 5), IF_EQUAL(PR_SET_SECCOMP, 4),
        UNLESS_EQUAL(PR_SET_DUMPABLE, 2), LOAD(ARGUMENT(1)), IF_EQUAL(0, 1), REFUSE(ENOSYS), RETURN(SECCOMP_RET_ALLOW));
    // Signals and limits for itself. The number is the one this process sees of itself.
    const unsigned self = (unsigned)getpid();
    for (int index = 0; index < 2; index++) {
        ADD(UNLESS_EQUAL(index == 0 ? __NR_kill : __NR_tgkill, 4), LOAD(ARGUMENT(0)), IF_EQUAL(self, 1), REFUSE(EPERM),
            RETURN(SECCOMP_RET_ALLOW));
    }
    ADD(UNLESS_EQUAL(__NR_prlimit64, 5), LOAD(ARGUMENT(0)), IF_EQUAL(0, 2), IF_EQUAL(self, 1), REFUSE(EPERM), RETURN(SECCOMP_RET_ALLOW));
    // What a service leaves among its sealed files is its operator's: no program of it may run as that user.
    ADD_FOR_MODES(FCHMODAT2, ARGUMENT(2), S_ISUID | S_ISGID);
    ADD_FOR_MODES(__NR_fchmodat, ARGUMENT(2), S_ISUID | S_ISGID);
    ADD_FOR_MODES(__NR_fchmod, ARGUMENT(1), S_ISUID | S_ISGID);
    ADD_FOR_MODES(__NR_mknodat, ARGUMENT(2), S_ISUID | S_ISGID);
    ADD_FOR_NEW_FILES(__NR_openat, ARGUMENT(2), ARGUMENT(3));
#if defined(__x86_64__)
    ADD_FOR_MODES(__NR_chmod, ARGUMENT(1), S_ISUID | S_ISGID);
    ADD_FOR_MODES(__NR_creat, ARGUMENT(1), S_ISUID | S_ISGID);
    ADD_FOR_MODES(__NR_mknod, ARGUMENT(1), S_ISUID | S_ISGID);
    ADD_FOR_NEW_FILES(__NR_open, ARGUMENT(1), ARGUMENT(2));
#endif
    ADD(RETURN(SECCOMP_RET_ALLOW));
#undef ADD
#undef ADD_FOR_MODES
#undef ADD_FOR_NEW_FILES
    return install(filter, count);
}

int clinux_forbid_programs(void) {
    const struct sock_filter filter[] = {
        LOAD(offsetof(struct seccomp_data, nr)),
        IF_EQUAL(__NR_execve, 1),
        UNLESS_EQUAL(__NR_execveat, 1),
        REFUSE(EPERM),
        RETURN(SECCOMP_RET_ALLOW),
    };
    return install(filter, sizeof filter / sizeof filter[0]);
}

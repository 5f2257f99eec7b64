// A process that sees the files of its enclave and nothing else of the machine. The child of a program with threads: until it executes, it
// calls the kernel and nothing that allocates or locks.
#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CONTROL = 4 };

typedef struct {
    char user_map[64];
    char group_map[64];
} Maps;

static void tell(int control, int kind, int value) {
    clinux_confinement_event event = {kind, value};
    ssize_t sent = send(control, &event, sizeof event, MSG_NOSIGNAL);
    (void)sent;
}

static _Noreturn void fail(int control, int step) {
    tell(control, step, errno);
    _exit(127);
}

static void write_text(const char *path, const char *text, int control, int is_needed) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) < 0) {
        if (is_needed || errno != ENOENT) fail(control, CLINUX_STEP_USER);
    }
    if (file >= 0) close(file);
}

/// The descriptor goes along; what is written there by the other side is what the enclave sees.
static void hand_over(int control, int descriptor, uid_t user) {
    clinux_confinement_event event = {CLINUX_ROOT_IS_READY, (int)user};
    struct iovec part = {&event, sizeof event};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } ancillary;
    memset(&ancillary, 0, sizeof ancillary);
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = ancillary.bytes, .msg_controllen = sizeof ancillary.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    if (sendmsg(control, &message, MSG_NOSIGNAL) < 0) _exit(127);
}

/// Flags that the mount has already may not be taken away in a user namespace.
static int lock_down(const char *target, unsigned long flags) {
    struct statvfs status;
    if (statvfs(target, &status) != 0) return -1;
    unsigned long kept = status.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME | ST_NODIRATIME | ST_RELATIME);
    return mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | kept | flags, NULL);
}

static void bind_all(const clinux_confinement *plan, int control) {
    for (size_t index = 0; index < plan->binding_count; index++) {
        const clinux_binding *binding = &plan->bindings[index];
        // Relative to the new root, in which this process stands.
        if (mount(binding->source, binding->target, NULL, MS_BIND, NULL) != 0) {
            if (binding->is_optional) continue;
            fail(control, CLINUX_STEP_BINDING);
        }
        struct stat opened, bound;
        if (binding->descriptor >= 0) {
            if (fstat(binding->descriptor, &opened) != 0 || stat(binding->target, &bound) != 0) fail(control, CLINUX_STEP_BINDING);
            if (opened.st_dev != bound.st_dev || opened.st_ino != bound.st_ino) {
                errno = ESTALE;
                fail(control, CLINUX_STEP_BINDING);
            }
        }
        unsigned long flags = MS_NOSUID | MS_NOEXEC | (binding->is_device ? 0 : MS_NODEV) | (binding->is_writable ? 0 : MS_RDONLY);
        // What is written there lies on the operator's disk: his links would lead back into private memory (Linux 5.10).
        if (binding->is_writable && !binding->is_device) flags |= MS_NOSYMFOLLOW;
        if (lock_down(binding->target, flags) != 0) fail(control, CLINUX_STEP_BINDING);
    }
}

static int can_become(uid_t user) {
    int before = setfsuid(user);
    int is = setfsuid(user) == (int)user;
    setfsuid((uid_t)before);
    return is;
}

/// While there are capabilities to do it with.
static void drop_bounding_set(void) {
    for (unsigned long capability = 0; capability < 64; capability++) (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

static void drop_privileges(void) {
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    (void)syscall(SYS_capset, &header, none);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/// File by file: a whole /proc shows under many names what it tells of the machine, each thread's number being one.
static void show_kernel_files(const clinux_confinement *plan, int control) {
    // What can be written there is for the machine to read, names of threads say.
    const unsigned long locked = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
    // Where parts of /proc are covered, no new one may be mounted; the machine's tells the same of this process.
    int is_own = mount("proc", "memory", "proc", locked, NULL) == 0;
    for (size_t index = 0; index < plan->kernel_file_count; index++) {
        char source[128], target[128];
        snprintf(source, sizeof source, "%s/%s", is_own ? "memory" : "/proc", plan->kernel_files[index]);
        snprintf(target, sizeof target, "proc/%s", plan->kernel_files[index]);
        // Kernels differ in what they have.
        if (mount(source, target, NULL, MS_BIND, NULL) != 0) continue;
        if (lock_down(target, locked) != 0) fail(control, CLINUX_STEP_MOUNT);
    }
    if (is_own && umount2("memory", MNT_DETACH) != 0) fail(control, CLINUX_STEP_MOUNT);
}

/// Where measured files lie below /tmp, that is a folder which holds them and whatever the process puts beside them.
static void share_temporary_folder(const clinux_confinement *plan, int control, uid_t user, gid_t group) {
    if (plan->temporary_name_count == 0) return;
    if (mkdir("memory/tmp", 0700) != 0 || chown("memory/tmp", user, group) != 0) fail(control, CLINUX_STEP_MOUNT);
    for (size_t index = 0; index < plan->temporary_name_count; index++) {
        char source[300], target[300];
        snprintf(source, sizeof source, "instance/tmp/%s", plan->temporary_names[index]);
        snprintf(target, sizeof target, "memory/tmp/%s", plan->temporary_names[index]);
        struct stat status;
        if (stat(source, &status) != 0) fail(control, CLINUX_STEP_MOUNT);
        if (S_ISDIR(status.st_mode)) {
            if (mkdir(target, 0755) != 0) fail(control, CLINUX_STEP_MOUNT);
        } else {
            int file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
            if (file < 0) fail(control, CLINUX_STEP_MOUNT);
            close(file);
        }
        if (mount(source, target, NULL, MS_BIND, NULL) != 0) fail(control, CLINUX_STEP_MOUNT);
        if (lock_down(target, MS_RDONLY | MS_NOSUID | MS_NODEV) != 0) fail(control, CLINUX_STEP_MOUNT);
    }
    if (mount("memory/tmp", "tmp", NULL, MS_BIND | MS_REC, NULL) != 0) fail(control, CLINUX_STEP_MOUNT);
}

static void enter_root(const clinux_confinement *plan, int control, uid_t user, gid_t group) {
    char options[96];
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail(control, CLINUX_STEP_MOUNT);
    if (mount("enclave", plan->root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0) fail(control, CLINUX_STEP_MOUNT);
    if (chdir(plan->root) != 0) fail(control, CLINUX_STEP_MOUNT);
    int root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) fail(control, CLINUX_STEP_MOUNT);
    hand_over(control, root, user);
    close(root);
    char go;
    if (recv(control, &go, 1, 0) != 1) _exit(127);
    bind_all(plan, control);
    show_kernel_files(plan, control);
    snprintf(options, sizeof options, "mode=0700,size=%zu,uid=%u,gid=%u", plan->byte_count, user, group);
    if (mount("memory", "memory", "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) fail(control, CLINUX_STEP_MOUNT);
    share_temporary_folder(plan, control, user, group);
    if (lock_down(".", MS_RDONLY | MS_NOSUID | MS_NODEV) != 0) fail(control, CLINUX_STEP_MOUNT);
    if (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) fail(control, CLINUX_STEP_MOUNT);
}

static _Noreturn void become(const clinux_confinement *plan, const Maps *maps, int control, uid_t user, gid_t group) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; signal++) (void)sigaction(signal, &action, NULL);
    int missing = 0;
    if (plan->view == CLINUX_VIEW_IN_USER_NAMESPACE) {
        // What this process holds of its own /proc belongs to root while it isn't dumpable.
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        write_text("/proc/self/setgroups", "deny", control, 0);
        write_text("/proc/self/uid_map", maps->user_map, control, 1);
        write_text("/proc/self/gid_map", maps->group_map, control, 1);
    }
    // Only root can give it a user of its own, and only where nothing else has to be read by that user.
    int has_user = plan->view == CLINUX_VIEW && plan->user != user && can_become(plan->user);
    if (has_user) {
        user = plan->user;
        group = plan->user;
    } else {
        missing |= CLINUX_OWN_USER;
    }
    if (plan->view == CLINUX_MACHINE_VIEW) missing |= CLINUX_OWN_FILES | CLINUX_OWN_PROCESSES;
    else enter_root(plan, control, user, group);
    // A name that every list of hosts has.
    if (plan->view != CLINUX_MACHINE_VIEW
        && (syscall(SYS_sethostname, "localhost", sizeof "localhost" - 1) != 0 || syscall(SYS_setdomainname, "", 0) != 0)) {
        fail(control, CLINUX_STEP_MOUNT);
    }
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    drop_bounding_set();
    if (has_user && (syscall(SYS_setgroups, 0, NULL) != 0 || syscall(SYS_setresgid, group, group, group) != 0
                     || syscall(SYS_setresuid, user, user, user) != 0)) {
        fail(control, CLINUX_STEP_USER);
    }
    drop_privileges();
    // Into places above those that are given away, then into those.
    int null = open("/dev/null", O_RDONLY);
    int socket = fcntl(plan->socket, F_DUPFD, 10), output = fcntl(plan->output, F_DUPFD, 10), held = fcntl(control, F_DUPFD, 10);
    if (null < 0 || socket < 0 || output < 0 || held < 0) fail(control, CLINUX_STEP_EXECUTE);
    dup2(output, 1);
    dup2(output, 2);
    dup2(socket, 3);
    dup3(held, CONTROL, O_CLOEXEC);
    if (null != 0) dup2(null, 0);
    if (syscall(SYS_close_range, CONTROL + 1, ~0U, 0) != 0) {
        struct rlimit files;
        if (getrlimit(RLIMIT_NOFILE, &files) != 0) files.rlim_cur = 65536;
        for (rlim_t descriptor = CONTROL + 1; descriptor < files.rlim_cur && descriptor < 1 << 20; descriptor++) close((int)descriptor);
    }
    // An instance is whole or gone: without its launcher nothing writes down what becomes of it, and it ends in order.
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (clinux_filter_system_calls() != 0) missing |= CLINUX_SYSTEM_CALL_FILTER;
    sigset_t all;
    sigemptyset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    tell(CONTROL, CLINUX_MISSING, missing);
    execve(plan->arguments[0], plan->arguments, plan->environment);
    fail(CONTROL, CLINUX_STEP_EXECUTE);
}

pid_t clinux_confine(const clinux_confinement *plan, int *control) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
    uid_t user = geteuid();
    gid_t group = getegid();
    Maps maps;
    snprintf(maps.user_map, sizeof maps.user_map, "%u %u 1", user, user);
    snprintf(maps.group_map, sizeof maps.group_map, "%u %u 1", group, group);
    unsigned long flags = SIGCHLD;
    if (plan->view != CLINUX_MACHINE_VIEW) flags |= CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
    if (plan->view == CLINUX_VIEW_IN_USER_NAMESPACE) flags |= CLONE_NEWUSER;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t process = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
    if (process == 0) {
        close(ends[0]);
        become(plan, &maps, ends[1], user, group);
    }
    int error = process < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return -error;
    }
    *control = ends[0];
    return process;
}

int clinux_next_event(int control, clinux_confinement_event *event, int *descriptor) {
    struct iovec part = {event, sizeof *event};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } ancillary;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = ancillary.bytes, .msg_controllen = sizeof ancillary.bytes};
    ssize_t count;
    do count = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    *descriptor = -1;
    if (count != (ssize_t)sizeof *event) return 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    return 1;
}

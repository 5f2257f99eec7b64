#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static int write_text(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return errno;
    ssize_t count = write(file, text, strlen(text));
    int error = count < 0 ? errno : 0;
    close(file);
    return error;
}

int clinux_mount_private_memory(const char *folder, size_t byte_count) {
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWNS) != 0) {
        // Without privileges a user namespace of one's own brings them, for this process alone.
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return errno;
        char map[64];
        int error = write_text("/proc/self/setgroups", "deny");
        if (error != 0 && error != ENOENT) return error;
        snprintf(map, sizeof map, "%u %u 1", user, user);
        if ((error = write_text("/proc/self/uid_map", map)) != 0) return error;
        snprintf(map, sizeof map, "%u %u 1", group, group);
        if ((error = write_text("/proc/self/gid_map", map)) != 0) return error;
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return errno;
    char options[64];
    snprintf(options, sizeof options, "mode=0700,size=%zu", byte_count);
    if (mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return errno;
    return 0;
}

/// Of the file systems that the kernel makes up, those that linux/magic.h names.
static int is_made_up(const struct statfs *system) {
    static const unsigned long kinds[] = {
        PROC_SUPER_MAGIC, SYSFS_MAGIC, DEVPTS_SUPER_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC,
        CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC, PSTOREFS_MAGIC, EFIVARFS_MAGIC, BINFMTFS_MAGIC, NSFS_MAGIC, PIPEFS_MAGIC,
        SOCKFS_MAGIC, FUTEXFS_SUPER_MAGIC, AUTOFS_SUPER_MAGIC, USBDEVICE_SUPER_MAGIC, RDTGROUP_SUPER_MAGIC,
        0x62656570 /* configfs */, 0x19800202 /* mqueue */, 0x67596969 /* rpc_pipefs */,
    };
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        if ((unsigned int)system->f_type == (unsigned int)kinds[index]) return 1;
    }
    return 0;
}

int clinux_open_file_on_disk(const char *path) {
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) return -errno;
    struct stat status;
    struct statfs system;
    int result;
    if (fstat(place, &status) != 0 || fstatfs(place, &system) != 0) {
        result = -errno;
    } else if (!S_ISREG(status.st_mode) || is_made_up(&system)) {
        result = -EINVAL;
    } else {
        char name[32];
        snprintf(name, sizeof name, "/proc/self/fd/%d", place);
        result = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (result < 0) result = -errno;
    }
    close(place);
    return result;
}

int clinux_open_place(int parent, const char *name) { return openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

int clinux_rename_to_new(const char *path, const char *new_path) {
    return renameat2(AT_FDCWD, path, AT_FDCWD, new_path, RENAME_NOREPLACE);
}

typedef struct {
    void (*tell)(const char *path, void *context);
    void *context;
} SharedObjects;

static int tell_one(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    const SharedObjects *listener = context;
    listener->tell(info->dlpi_name, listener->context);
    return 0;
}

void clinux_each_shared_object(void (*tell)(const char *path, void *context), void *context) {
    SharedObjects listener = {tell, context};
    dl_iterate_phdr(tell_one, &listener);
}

int clinux_is_in_memory(const char *folder) {
    struct statfs status;
    if (statfs(folder, &status) != 0) return 0;
    return status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC;
}

void clinux_protect_memory(void) {
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int clinux_end_with_parent(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return -1;
    return getppid() == parent ? 0 : -1;
}

int clinux_open_changes(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

int clinux_watch_path(int changes, const char *path) {
    const uint32_t mask = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVED_FROM | IN_MOVED_TO;
    return inotify_add_watch(changes, path, mask) < 0 ? -1 : 0;
}

int clinux_open_process(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int clinux_open_wake_up(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void clinux_wake_up(int descriptor) {
    uint64_t one = 1;
    ssize_t written = write(descriptor, &one, sizeof one);
    (void)written;  // a counter that is full has woken already
}

void clinux_take_all(int descriptor) {
    char buffer[4096];
    while (read(descriptor, buffer, sizeof buffer) > 0) {}
}

// No descriptors: their numbers could come to mean somebody else's files.
static sem_t counts[2];
static int are_counted[2];

static void count_signal(int signal) {
    int saved = errno;
    (void)sem_post(&counts[signal == SIGUSR1 ? clinux_stop_request : clinux_termination]);
    errno = saved;
}

int clinux_count_signals(enum clinux_signal kind) {
    if (!are_counted[kind] && sem_init(&counts[kind], 0, 0) != 0) return -1;
    are_counted[kind] = 1;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = count_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (kind == clinux_stop_request) return sigaction(SIGUSR1, &action, NULL);
    return sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0 ? -1 : 0;
}

void clinux_count_one(enum clinux_signal kind) {
    if (are_counted[kind]) (void)sem_post(&counts[kind]);
}

int clinux_wait_for_signal(enum clinux_signal kind) {
    while (sem_wait(&counts[kind]) != 0) {
        if (errno != EINTR) return -1;
    }
    return 0;
}

static sem_t interruption;
static volatile sig_atomic_t interrupting;

static void note_interruption(int signal) {
    int saved = errno;
    if (interrupting == 0) interrupting = signal;
    (void)sem_post(&interruption);
    errno = saved;
}

int clinux_catch_interruptions(void) {
    if (sem_init(&interruption, 0, 0) != 0) return -1;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t index = 0; index < sizeof signals / sizeof *signals; index++) {
        struct sigaction action;
        if (sigaction(signals[index], NULL, &action) != 0) return -1;
        if (action.sa_handler == SIG_IGN) continue;
        memset(&action, 0, sizeof action);
        action.sa_handler = note_interruption;
        action.sa_flags = SA_RESTART;
        sigemptyset(&action.sa_mask);
        if (sigaction(signals[index], &action, NULL) != 0) return -1;
    }
    return 0;
}

int clinux_wait_for_interruption(void) {
    while (sem_wait(&interruption) != 0) {
        if (errno != EINTR) return -1;
    }
    return interrupting;
}

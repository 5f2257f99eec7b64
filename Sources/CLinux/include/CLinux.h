#pragma once
#include <stddef.h>
#include <sys/types.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "the filter of system calls and the order of clone's arguments are known for x86-64 and AArch64 alone"
#endif

/// Puts a memory file system on a folder that no other process of the user sees.
/// Must be called while the process has one thread. Returns 0, or the error number of the step that the kernel refused.
int clinux_mount_private_memory(const char *folder, size_t byte_count);

/// Whether a folder lies on a file system in memory: 1 or 0. Gramine's /tmp is one of the enclave's.
int clinux_is_in_memory(const char *folder);

/// Opens a regular file on a disk or in memory for reading; links are followed. Devices, pipes and the kernel's own files aren't so much as opened.
/// Returns the descriptor, or the negative error number; -EINVAL for what is no such file.
int clinux_open_file_on_disk(const char *path);

/// Opens a folder that is no link, to name it and nothing else. Returns the descriptor, or -1.
int clinux_open_place(int parent, const char *name);

/// Renames a file where nothing has the new name. Returns 0, or -1.
int clinux_rename_to_new(const char *path, const char *new_path);

/// Tells the names that this process's shared objects were opened under. The program's own is empty.
void clinux_each_shared_object(void (*tell)(const char *path, void *context), void *context);

/// Keeps this process's memory out of core files and out of other processes' reach. Kernels without the call are let be.
void clinux_protect_memory(void);

/// Has the kernel kill this process when the thread that started it ends. Returns 0, or -1 when that isn't `parent`'s any more.
int clinux_end_with_parent(pid_t parent);

/// Opens what tells the changes of files and folders; reading it doesn't block. Returns the descriptor, or -1.
int clinux_open_changes(void);

/// Tells what changes in a file, or directly in a folder, but not who reads it. Returns 0, or -1.
int clinux_watch_path(int changes, const char *path);

/// Opens what becomes readable when a process ends. Returns the descriptor, or -1.
int clinux_open_process(pid_t process);

/// Opens what becomes readable when it is woken. Returns the descriptor, or -1.
int clinux_open_wake_up(void);
void clinux_wake_up(int descriptor);

/// Takes what there is to read of a descriptor that doesn't block.
void clinux_take_all(int descriptor);

/// SIGTERM and SIGINT; SIGUSR1.
enum clinux_signal { clinux_termination, clinux_stop_request };

/// Counts signals of a kind from now on. Called again, it takes them back from whoever took them since. Returns 0, or -1.
int clinux_count_signals(enum clinux_signal kind);

/// Counts one that didn't come, so that whoever waits goes on.
void clinux_count_one(enum clinux_signal kind);

/// Waits until a signal is counted, and takes it off the count. Returns 0, or -1 when none are counted.
int clinux_wait_for_signal(enum clinux_signal kind);

/// Notes SIGINT, SIGTERM and SIGHUP from now on, but for those that whoever started this program has it ignore. Returns 0, or -1.
int clinux_catch_interruptions(void);

/// Waits until one of them comes. Returns its number, or -1.
int clinux_wait_for_interruption(void);


// A process that sees the files of its enclave and nothing else of the machine.

/// Which view of the machine a process is to have.
enum {
    /// A file system, processes and a user of its own: needs root.
    CLINUX_VIEW,
    /// File system and processes of its own, by a user namespace.
    CLINUX_VIEW_IN_USER_NAMESPACE,
    /// The machine's; only privileges, descriptors and system calls are taken away.
    CLINUX_MACHINE_VIEW,
};

/// What a kernel withheld; bits.
enum { CLINUX_OWN_FILES = 1, CLINUX_OWN_PROCESSES = 2, CLINUX_OWN_USER = 4, CLINUX_SYSTEM_CALL_FILTER = 8 };

/// Kinds of events. Steps that failed carry the error number, and are the last.
enum {
    /// Its root is mounted and empty, the descriptor comes along; it waits for one byte. Carries the user that it will be.
    CLINUX_ROOT_IS_READY,
    /// Carries what was withheld; it executes now.
    CLINUX_MISSING,
    CLINUX_STEP_USER,
    CLINUX_STEP_MOUNT,
    CLINUX_STEP_BINDING,
    CLINUX_STEP_EXECUTE,
};

typedef struct {
    int kind;
    int value;
} clinux_confinement_event;

/// A file or folder of the machine that the process sees.
typedef struct {
    const char *source;
    /// Relative to its root; made by whoever filled that.
    const char *target;
    /// The file that must lie there; -1 for any.
    int descriptor;
    int is_writable;
    int is_device;
    int is_optional;
} clinux_binding;

typedef struct {
    int view;
    /// An empty folder of this user, where the process's root is mounted in its own view alone.
    const char *root;
    /// The size of its private memory, at /memory.
    size_t byte_count;
    /// Whom it becomes where that can be had.
    uid_t user;
    const clinux_binding *bindings;
    size_t binding_count;
    /// Below /proc: all that it sees there of what the kernel tells. The places are made by whoever filled its root.
    const char *const *kernel_files;
    size_t kernel_file_count;
    /// Names of what its root holds in instance/tmp, and what it sees read-only in its own /tmp.
    const char *const *temporary_names;
    size_t temporary_name_count;
    char *const *arguments;
    char *const *environment;
    /// Becomes descriptor 3.
    int socket;
    /// Becomes its output and errors.
    int output;
} clinux_confinement;

/// Starts a process. `control` becomes the socket for its events; it must be read to its end.
/// Returns the process id, or the negative error number.
pid_t clinux_confine(const clinux_confinement *plan, int *control);

/// Returns 1, or 0 at the end. `descriptor` becomes what came along, or -1.
int clinux_next_event(int control, clinux_confinement_event *event, int *descriptor);

/// Refuses this process and its threads what no service needs; processes among it. Returns 0, or the error number.
int clinux_filter_system_calls(void);

/// Refuses to execute programs from here on. Returns 0, or the error number.
int clinux_forbid_programs(void);

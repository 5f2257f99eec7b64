#pragma once
#include <stddef.h>
#include <sys/types.h>

/// Puts a memory file system on a folder that no other process of the user sees.
/// Must be called while the process has one thread. Returns 0, or the error number of the step that the kernel refused.
int clinux_mount_private_memory(const char *folder, size_t byte_count);

/// Whether a folder lies on a file system in memory: 1 or 0. Gramine's /tmp is one of the enclave's.
int clinux_is_in_memory(const char *folder);

/// Keeps this process's memory out of core files and out of other processes' reach. Kernels without the call are let be.
void clinux_protect_memory(void);

/// SIGTERM and SIGINT; SIGUSR1.
enum clinux_signal { clinux_termination, clinux_stop_request };

/// Counts signals of a kind from now on. Called again, it takes them back from whoever took them since. Returns 0, or -1.
int clinux_count_signals(enum clinux_signal kind);

/// Waits until a signal is counted, and takes it off the count. Returns 0, or -1 when none are counted.
int clinux_wait_for_signal(enum clinux_signal kind);

/// Starts a program in `folder` (NULL: this one's) with `socket` as descriptor 3 and `output` as its output and errors (negative: this one's), an
/// empty input and nothing else, in a session of its own if asked for.
/// Returns the process id, or the negative error number.
pid_t clinux_spawn(const char *path, char *const arguments[], char *const environment[], const char *folder, int socket, int output, int new_session);

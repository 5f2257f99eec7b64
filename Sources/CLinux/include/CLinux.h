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

/// Lets each SIGTERM and SIGINT add one to an eventfd. Returns it, or -1.
int clinux_termination_eventfd(void);

/// Lets each SIGUSR1 add one to another eventfd. Returns it, or -1.
int clinux_stop_eventfd(void);

/// Waits until a signal was counted. Returns 0, or -1 when the descriptor is gone.
int clinux_wait_for_count(int descriptor);

/// Starts a program in `folder` (NULL: this one's) with `socket` as descriptor 3 and `output` as its output and errors (negative: this one's), an
/// empty input and nothing else, in a session of its own if asked for.
/// Returns the process id, or the negative error number.
pid_t clinux_spawn(const char *path, char *const arguments[], char *const environment[], const char *folder, int socket, int output, int new_session);

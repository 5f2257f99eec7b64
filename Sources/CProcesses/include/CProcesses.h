#pragma once
#include <stddef.h>
#include <sys/types.h>

/// Where alone a program, and all that it starts, may make, change or remove files: the kernel's Landlock.
typedef struct {
    /// Files and folders, these with all below them. The null device is among them unasked.
    const char *const *places;
    size_t place_count;
    /// Whether it may make links, pipes and sockets there, too.
    int makes_links;
} cprocesses_write_limit;

/// Whether the kernel can hold a program to such a limit: 1 or 0.
int cprocesses_can_limit_writes(void);

/// Starts a program in `folder` (NULL: this one's) with `output` and `errors` as these (negative: this one's), an empty input and nothing else,
/// in a session of its own if asked for, within `limit` (NULL: none).
/// Returns the process id, or the negative error number.
pid_t cprocesses_spawn(const char *path, char *const arguments[], char *const environment[], const char *folder, int output, int errors, int new_session, const cprocesses_write_limit *limit);

/// Runs a program in this process's place, with no signal blocked. Returns the error number, and else not at all.
int cprocesses_replace(const char *path, char *const arguments[], char *const environment[]);

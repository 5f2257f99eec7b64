#pragma once
#include <sys/types.h>

/// Starts a program in `folder` (NULL: this one's) with `output` as its output and errors (negative: this one's), an empty input and nothing else,
/// in a session of its own if asked for.
/// Returns the process id, or the negative error number.
pid_t cprocesses_spawn(const char *path, char *const arguments[], char *const environment[], const char *folder, int output, int new_session);

/// Runs a program in this process's place, with no signal blocked. Returns the error number, and else not at all.
int cprocesses_replace(const char *path, char *const arguments[], char *const environment[]);

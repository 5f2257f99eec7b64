#define _GNU_SOURCE
#include "CProcesses.h"
#include "WriteLimit.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <unistd.h>

static pid_t spawn(const char *path, char *const arguments[], char *const environment[], const char *folder, int output, int errors, int new_session) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (folder != NULL) posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (errors >= 0) posix_spawn_file_actions_adddup2(&actions, errors, 2);
    // What else this process holds, a pipe of its caller's say, is not for one that outlives it.
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (new_session) flags |= POSIX_SPAWN_SETSID;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, flags);
    pid_t process = 0;
    int error = posix_spawn(&process, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error == 0 ? process : -error;
}

typedef struct {
    const char *path, *folder;
    char *const *arguments, *const *environment;
    int output, errors, new_session;
    const cprocesses_write_limit *limit;
    pid_t result;
} spawning;

// A limit is the thread's that asks for it, and that of what it starts from then on: so a thread of its own.
static void *spawn_limited(void *context) {
    spawning *one = context;
    int error = cprocesses_limit_writes(one->limit);
    one->result = error != 0 ? -error
        : spawn(one->path, one->arguments, one->environment, one->folder, one->output, one->errors, one->new_session);
    return NULL;
}

pid_t cprocesses_spawn(const char *path, char *const arguments[], char *const environment[], const char *folder, int output, int errors, int new_session, const cprocesses_write_limit *limit) {
    if (limit == NULL) return spawn(path, arguments, environment, folder, output, errors, new_session);
    spawning one = {path, folder, arguments, environment, output, errors, new_session, limit, -EAGAIN};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, spawn_limited, &one);
    if (error != 0) return -error;
    pthread_join(thread, NULL);
    return one.result;
}

int cprocesses_replace(const char *path, char *const arguments[], char *const environment[]) {
    // A thread of a pool has signals blocked that the program would never see then.
    sigset_t none, before;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, &before);
    execve(path, arguments, environment);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

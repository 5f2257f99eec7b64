// The two things that Gramine lacks and the Swift runtime needs (gramine SYSCALLS §1): timer descriptors, and /proc/<tid>/stat.
// Definitions in the executable win over glibc's, for libraries that are linked statically and for shared ones alike.
// Used everywhere, outside Gramine too, so that what is tested is what runs.
#define _GNU_SOURCE
#include "CGramineShim.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

void cgramineshim_link(void) {}

// A timer descriptor is an eventfd; one thread adds one to it at its deadline.

#define TIMER_LIMIT 256

typedef struct {
    int descriptor;      // -1: free
    int clock;
    int64_t deadline;    // CLOCK_MONOTONIC, nanoseconds; 0: disarmed
    int64_t interval;
} Timer;

static Timer timers[TIMER_LIMIT];
static int timer_count;
static int thread_runs;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;

static int64_t now_on(int clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t nanoseconds(struct timespec time) { return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec; }

static struct timespec timespec_of(int64_t value) {
    struct timespec time = {value / 1000000000, value % 1000000000};
    return time;
}

static void fire(Timer *timer) {
    uint64_t one = 1;
    if (write(timer->descriptor, &one, sizeof one) < 0 && errno == EBADF) {
        timer->descriptor = -1;  // closed meanwhile
        return;
    }
    if (timer->interval > 0) timer->deadline += timer->interval;
    else timer->deadline = 0;
}

static void *run(void *nothing) {
    (void)nothing;
    pthread_mutex_lock(&mutex);
    for (;;) {
        int64_t now = now_on(CLOCK_MONOTONIC), next = INT64_MAX;
        for (int index = 0; index < timer_count; index++) {
            Timer *timer = &timers[index];
            if (timer->descriptor < 0 || timer->deadline == 0) continue;
            if (timer->deadline <= now) fire(timer);
            if (timer->descriptor >= 0 && timer->deadline != 0 && timer->deadline < next) next = timer->deadline;
        }
        if (next == INT64_MAX) {
            pthread_cond_wait(&changed, &mutex);
        } else {
            struct timespec deadline = timespec_of(next);
            pthread_cond_timedwait(&changed, &mutex, &deadline);
        }
    }
    return NULL;
}

static Timer *find(int descriptor) {
    for (int index = 0; index < timer_count; index++) {
        if (timers[index].descriptor == descriptor) return &timers[index];
    }
    return NULL;
}

int timerfd_create(int clock, int flags) {
    if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) {
        errno = EINVAL;
        return -1;
    }
    int descriptor = eventfd(0, (flags & TFD_CLOEXEC ? EFD_CLOEXEC : 0) | (flags & TFD_NONBLOCK ? EFD_NONBLOCK : 0));
    if (descriptor < 0) return -1;
    pthread_mutex_lock(&mutex);
    if (!thread_runs) {
        pthread_condattr_t attributes;
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&changed, &attributes);
        pthread_condattr_destroy(&attributes);
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, NULL) != 0) {
            pthread_mutex_unlock(&mutex);
            close(descriptor);
            errno = ENOMEM;
            return -1;
        }
        pthread_detach(thread);
        thread_runs = 1;
    }
    // A number that was closed and comes back takes the place of the one before it.
    Timer *timer = find(descriptor);
    if (timer == NULL) timer = find(-1);
    if (timer == NULL && timer_count < TIMER_LIMIT) timer = &timers[timer_count++];
    if (timer == NULL) {
        pthread_mutex_unlock(&mutex);
        close(descriptor);
        errno = EMFILE;
        return -1;
    }
    *timer = (Timer){.descriptor = descriptor, .clock = clock};
    pthread_mutex_unlock(&mutex);
    return descriptor;
}

static void describe(Timer *timer, struct itimerspec *value) {
    int64_t left = timer->deadline == 0 ? 0 : timer->deadline - now_on(CLOCK_MONOTONIC);
    if (timer->deadline != 0 && left <= 0) left = 1;
    value->it_value = timespec_of(left);
    value->it_interval = timespec_of(timer->interval);
}

int timerfd_settime(int descriptor, int flags, const struct itimerspec *value, struct itimerspec *old) {
    pthread_mutex_lock(&mutex);
    Timer *timer = find(descriptor);
    if (timer == NULL) {
        pthread_mutex_unlock(&mutex);
        errno = EBADF;
        return -1;
    }
    if (old != NULL) describe(timer, old);
    // What has fired and was not read belongs to the setting before.
    int status = fcntl(descriptor, F_GETFL);
    if (status >= 0) {
        uint64_t count;
        if (!(status & O_NONBLOCK)) (void)fcntl(descriptor, F_SETFL, status | O_NONBLOCK);
        ssize_t drained = read(descriptor, &count, sizeof count);
        (void)drained;
        if (!(status & O_NONBLOCK)) (void)fcntl(descriptor, F_SETFL, status);
    }
    int64_t wanted = nanoseconds(value->it_value);
    if (wanted == 0) {
        timer->deadline = 0;
    } else if (flags & TFD_TIMER_ABSTIME) {
        int64_t left = wanted - now_on(timer->clock);
        timer->deadline = now_on(CLOCK_MONOTONIC) + (left > 0 ? left : 0);
    } else {
        timer->deadline = now_on(CLOCK_MONOTONIC) + wanted;
    }
    if (wanted != 0 && timer->deadline <= 0) timer->deadline = 1;
    timer->interval = nanoseconds(value->it_interval);
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    return 0;
}

int timerfd_gettime(int descriptor, struct itimerspec *value) {
    pthread_mutex_lock(&mutex);
    Timer *timer = find(descriptor);
    if (timer != NULL) describe(timer, value);
    pthread_mutex_unlock(&mutex);
    if (timer != NULL) return 0;
    errno = EBADF;
    return -1;
}

/// `/proc/<number>/stat`, which Gramine has for the process alone.
static const char *translated(const char *path) {
    if (strncmp(path, "/proc/", 6) != 0) return path;
    const char *rest = path + 6;
    const char *digits = rest;
    while (*digits >= '0' && *digits <= '9') digits++;
    return digits > rest && strcmp(digits, "/stat") == 0 ? "/proc/self/stat" : path;
}

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list arguments;
        va_start(arguments, flags);
        mode = (mode_t)va_arg(arguments, int);
        va_end(arguments);
    }
    return openat(AT_FDCWD, translated(path), flags, mode);
}

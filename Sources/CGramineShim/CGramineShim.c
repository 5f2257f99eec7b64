// The two things that Gramine lacks and the Swift runtime needs: timer descriptors, and /proc/<tid>/stat; and, so that no
// timer outlives its descriptor, what closes descriptors.
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
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

void cgramineshim_link(void) {}

// A timer descriptor is an eventfd; one thread adds one to it at its deadline. It does so through a duplicate whose number nobody else is given, and
// which is closed here alone: whatever becomes of the number that the program knows, nothing is written into what came in its place.

#define TIMER_LIMIT 256

typedef struct {
    _Atomic int descriptor;  // what the program knows; -1: free
    _Atomic int duplicate;   // what is written to and read from; -1: free
    int clock;
    int64_t deadline;    // CLOCK_MONOTONIC, nanoseconds; 0: disarmed
    int64_t interval;
} Timer;

static Timer timers[TIMER_LIMIT];
static _Atomic int timer_count;
static _Atomic pid_t owner;
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
    ssize_t written = write(timer->duplicate, &one, sizeof one);
    (void)written;  // a counter that is full has been read by nobody for centuries
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

/// Ends a timer; the mutex is held.
static void end(Timer *timer) {
    syscall(SYS_close, timer->duplicate);
    timer->descriptor = timer->duplicate = -1;
}

static Timer *find(int descriptor) {
    for (int index = 0; index < timer_count; index++) {
        if (timers[index].descriptor == descriptor) return &timers[index];
    }
    return NULL;
}

static int failed(int descriptor, int duplicate, int error) {
    syscall(SYS_close, descriptor);
    syscall(SYS_close, duplicate);
    errno = error;
    return -1;
}

int timerfd_create(int clock, int flags) {
    if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) {
        errno = EINVAL;
        return -1;
    }
    int descriptor = eventfd(0, (flags & TFD_CLOEXEC ? EFD_CLOEXEC : 0) | (flags & TFD_NONBLOCK ? EFD_NONBLOCK : 0));
    if (descriptor < 0) return -1;
    int duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) {
        int error = errno;
        syscall(SYS_close, descriptor);
        errno = error;
        return -1;
    }
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
            return failed(descriptor, duplicate, ENOMEM);
        }
        pthread_detach(thread);
        thread_runs = 1;
        owner = getpid();
    }
    // A number that was closed behind our back and comes back takes the place of the one before it.
    Timer *timer = find(descriptor);
    if (timer != NULL) end(timer);
    if (timer == NULL) timer = find(-1);
    if (timer == NULL && timer_count < TIMER_LIMIT) timer = &timers[timer_count];
    if (timer == NULL) {
        pthread_mutex_unlock(&mutex);
        return failed(descriptor, duplicate, EMFILE);
    }
    timer->clock = clock;
    timer->deadline = timer->interval = 0;
    timer->duplicate = duplicate;
    timer->descriptor = descriptor;
    if (timer == &timers[timer_count]) timer_count++;
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
    Timer *timer = descriptor < 0 ? NULL : find(descriptor);
    if (timer == NULL) {
        pthread_mutex_unlock(&mutex);
        errno = EBADF;
        return -1;
    }
    if (old != NULL) describe(timer, old);
    // What has fired and was not read belongs to the setting before.
    int status = fcntl(timer->duplicate, F_GETFL);
    if (status >= 0) {
        uint64_t count;
        if (!(status & O_NONBLOCK)) (void)fcntl(timer->duplicate, F_SETFL, status | O_NONBLOCK);
        ssize_t drained = read(timer->duplicate, &count, sizeof count);
        (void)drained;
        if (!(status & O_NONBLOCK)) (void)fcntl(timer->duplicate, F_SETFL, status);
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
    Timer *timer = descriptor < 0 ? NULL : find(descriptor);
    if (timer != NULL) describe(timer, value);
    pthread_mutex_unlock(&mutex);
    if (timer != NULL) return 0;
    errno = EBADF;
    return -1;
}

// What closes descriptors. Those of timers are few, so looking for one costs next to nothing.

/// Whether a timer's descriptor or duplicate is in a range, in the process whose timers they are: a child of vfork sees the same memory.
static int concerns_timers(unsigned first, unsigned last) {
    int count = timer_count;
    for (int index = 0; index < count; index++) {
        int descriptor = timers[index].descriptor, duplicate = timers[index].duplicate;
        if ((descriptor >= 0 && (unsigned)descriptor >= first && (unsigned)descriptor <= last)
            || (duplicate >= 0 && (unsigned)duplicate >= first && (unsigned)duplicate <= last))
            return getpid() == owner;
    }
    return 0;
}

/// Ends the timer of a descriptor. Returns whether the number is a duplicate, which nobody was given.
static int is_duplicate_or_end(int number) {
    int is_duplicate = 0;
    pthread_mutex_lock(&mutex);
    for (int index = 0; index < timer_count && !is_duplicate; index++) {
        if (timers[index].descriptor == number) end(&timers[index]);
        is_duplicate = timers[index].duplicate == number;
    }
    pthread_mutex_unlock(&mutex);
    return is_duplicate;
}

int close(int descriptor) {
    if (descriptor >= 0 && concerns_timers((unsigned)descriptor, (unsigned)descriptor) && is_duplicate_or_end(descriptor)) {
        errno = EBADF;
        return -1;
    }
    return (int)syscall(SYS_close, descriptor);
}

int dup3(int descriptor, int number, int flags) {
    if (descriptor != number && number >= 0 && concerns_timers((unsigned)number, (unsigned)number) && fcntl(descriptor, F_GETFD) >= 0
        && is_duplicate_or_end(number)) {
        errno = EBUSY;
        return -1;
    }
    return (int)syscall(SYS_dup3, descriptor, number, flags);
}

int dup2(int descriptor, int number) {
    if (descriptor != number) return dup3(descriptor, number, 0);
    return fcntl(descriptor, F_GETFD) < 0 ? -1 : number;
}

int close_range(unsigned first, unsigned last, int flags) {
    if ((flags & CLOSE_RANGE_CLOEXEC) || first > last || !concerns_timers(first, last)) return (int)syscall(SYS_close_range, first, last, flags);
    int status = 0;
    pthread_mutex_lock(&mutex);
    for (int index = 0; index < timer_count; index++) {
        int descriptor = timers[index].descriptor;
        if (descriptor >= 0 && (unsigned)descriptor >= first && (unsigned)descriptor <= last) end(&timers[index]);
    }
    // Around the duplicates of the timers that stay.
    while (status == 0 && first <= last) {
        unsigned next = last;
        int is_kept = 0;
        for (int index = 0; index < timer_count; index++) {
            int duplicate = timers[index].duplicate;
            if (duplicate < 0 || (unsigned)duplicate < first || (unsigned)duplicate > next) continue;
            next = (unsigned)duplicate;
            is_kept = 1;
        }
        if (!is_kept) {
            status = (int)syscall(SYS_close_range, first, last, flags);
            break;
        }
        if (next > first) status = (int)syscall(SYS_close_range, first, next - 1, flags);
        first = next + 1;
    }
    pthread_mutex_unlock(&mutex);
    return status;
}

void closefrom(int first) { (void)close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0); }

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

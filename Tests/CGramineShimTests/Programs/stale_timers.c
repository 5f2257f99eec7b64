// Closes timer descriptors in every way, opens files that get their numbers, and looks whether anything was written into them, while timers that are
// left must go on.   stale_timers FOLDER
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition) do { if (!(condition)) { fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, strerror(errno)); exit(1); } } while (0)

static const char *folder;

static int timer_of(long nanoseconds, int repeats) {
    int descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    CHECK(descriptor >= 0);
    struct itimerspec value = {{0}, {nanoseconds / 1000000000, nanoseconds % 1000000000}};
    if (repeats) value.it_interval = value.it_value;
    CHECK(timerfd_settime(descriptor, 0, &value, NULL) == 0);
    return descriptor;
}

static int file_at(int number, int index) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%d-%d", folder, index, number);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(file >= 0);
    if (number >= 0 && file != number) {
        CHECK(dup2(file, number) == number);
        close(file);
        file = number;
    }
    return file;
}

static int fires(int descriptor) {
    struct pollfd ready = {descriptor, POLLIN, 0};
    uint64_t count;
    return poll(&ready, 1, 5000) == 1 && read(descriptor, &count, sizeof count) == 8 && count > 0;
}

enum way { by_close, by_dup2, by_dup3, by_range, by_from, by_system_call, by_stream, ways };

static void leave(int descriptor, enum way way) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    switch (way) {
    case by_close: CHECK(close(descriptor) == 0); break;
    case by_dup2: CHECK(dup2(null, descriptor) == descriptor); break;
    case by_dup3: CHECK(dup3(null, descriptor, O_CLOEXEC) == descriptor); break;
    case by_range: CHECK(close_range((unsigned)descriptor, (unsigned)descriptor, 0) == 0); break;
    case by_from: closefrom(descriptor < null ? descriptor : null); return;
    case by_system_call: CHECK(syscall(SYS_close, descriptor) == 0); break;
    case by_stream: CHECK(fclose(fdopen(descriptor, "r")) == 0); break;
    case ways: break;
    }
    close(null);
}

static void *reopen(void *argument) {
    int index = *(int *)argument;
    for (int round = 0; round < 60; round++) {
        int timers[4], files[4];
        for (int number = 0; number < 4; number++) timers[number] = timer_of(200000 * (number + 1), number % 2);
        for (int number = 0; number < 4; number++) CHECK(close(timers[number]) == 0);
        for (int number = 0; number < 4; number++) files[number] = file_at(-1, index * 10 + number);
        usleep(3000);
        for (int number = 0; number < 4; number++) {
            struct stat status;
            CHECK(fstat(files[number], &status) == 0 && status.st_size == 0);
            CHECK(close(files[number]) == 0);
        }
    }
    return NULL;
}

int main(int count, char *arguments[]) {
    CHECK(count == 2);
    folder = arguments[1];
    for (int way = 0; way < ways; way++) {
        int timer = timer_of(30000000, way % 2);
        leave(timer, (enum way)way);
        int file = file_at(timer, way);
        usleep(80000);
        struct stat status;
        CHECK(fstat(file, &status) == 0 && status.st_size == 0);
        CHECK(lseek(file, 0, SEEK_CUR) == 0);
        close(file);
    }

    // The duplicates that the shim keeps belong to it: whoever closes numbers that he wasn't given closes none of them.
    int timer = timer_of(20000000, 1);
    CHECK(fires(timer));
    for (int number = 3; number < 64; number++) {
        if (number == timer) continue;
        close(number);
        if (fcntl(number, F_GETFD) < 0) continue;
        CHECK(dup2(0, number) < 0 && errno == EBUSY);
    }
    CHECK(fires(timer));
    CHECK(close_range(3, (unsigned)timer - 1, 0) == 0 || timer == 3);
    CHECK(close_range((unsigned)timer + 1, ~0u, 0) == 0);
    CHECK(fires(timer));
    CHECK(dup2(timer, timer) == timer && dup2(-1, timer) < 0 && dup3(timer, timer, 0) < 0 && errno == EINVAL);
    CHECK(fires(timer));
    CHECK(close_range(3, 1, 0) < 0 && errno == EINVAL);
    CHECK(close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == 0 && fires(timer));

    // A child that shares the memory, as Python's subprocess makes it, closes for itself alone.
    for (int round = 0; round < 20; round++) {
        pid_t child = vfork();
        if (child == 0) {
            close(timer);
            dup2(0, timer + 1);
            close_range(3, ~0u, 0);
            _exit(0);
        }
        CHECK(child > 0);
        CHECK(waitpid(child, NULL, 0) == child);
        CHECK(fires(timer));
    }
    CHECK(close(timer) == 0 && close(timer) < 0 && errno == EBADF);

    struct itimerspec value = {{0}, {1, 0}};
    for (int wrong = -1; wrong < 3; wrong++) {
        CHECK(timerfd_settime(wrong, 0, &value, NULL) < 0 && errno == EBADF);
        CHECK(timerfd_gettime(wrong, &value) < 0 && errno == EBADF);
    }

    // More timers in a row than there are places at once, and no descriptor stays behind.
    int before = dup(0);
    for (int round = 0; round < 1000; round++) close(timer_of(1000000000, 0));
    int after = dup(0);
    CHECK(after == before + 1);

    pthread_t threads[4];
    int numbers[4];
    for (int index = 0; index < 4; index++) {
        numbers[index] = index + 100;
        CHECK(pthread_create(&threads[index], NULL, reopen, &numbers[index]) == 0);
    }
    for (int index = 0; index < 4; index++) pthread_join(threads[index], NULL);
    puts("nothing was written");
    return 0;
}

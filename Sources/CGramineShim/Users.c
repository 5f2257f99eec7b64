// The table of users belongs to the machine, and names folders on its disk. Programs that ask it for a home must not write there.
// Definitions in the executable win over glibc's, as for timers; without a home they only pass on what glibc says.
#define _GNU_SOURCE
#include "CGramineShim.h"
#include <dlfcn.h>
#include <pwd.h>
#include <string.h>

static char *home;

void cgramineshim_set_home(const char *path) { home = strdup(path); }

static struct passwd *moved(struct passwd *entry) {
    if (entry != NULL && home != NULL) {
        entry->pw_dir = home;
        entry->pw_shell = (char *)"/bin/false";
    }
    return entry;
}

#define NEXT(name) __typeof__(&name) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

struct passwd *getpwnam(const char *name) {
    NEXT(getpwnam);
    return moved(next(name));
}

struct passwd *getpwuid(uid_t user) {
    NEXT(getpwuid);
    return moved(next(user));
}

struct passwd *getpwent(void) {
    NEXT(getpwent);
    return moved(next());
}

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t count, struct passwd **result) {
    NEXT(getpwnam_r);
    int error = next(name, entry, buffer, count, result);
    if (error == 0) moved(*result);
    return error;
}

int getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t count, struct passwd **result) {
    NEXT(getpwuid_r);
    int error = next(user, entry, buffer, count, result);
    if (error == 0) moved(*result);
    return error;
}

int getpwent_r(struct passwd *entry, char *buffer, size_t count, struct passwd **result) {
    NEXT(getpwent_r);
    int error = next(entry, buffer, count, result);
    if (error == 0) moved(*result);
    return error;
}

#define _GNU_SOURCE
#include "WriteLimit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's interface (landlock(7)), of which older headers know a part alone. Its calls have the same numbers on every processor.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { GET_VERSION = 1, RULE_PATH_BENEATH = 1 };
#define BIT(number) (UINT64_C(1) << (number))
#define WRITE_FILE BIT(1)
/// Removing folders and files, making folders and regular files.
#define ENTRIES (BIT(4) | BIT(5) | BIT(7) | BIT(8))
/// Devices: nobody may make them.
#define DEVICES (BIT(6) | BIT(11))
/// Sockets, pipes, symbolic links.
#define LINKS (BIT(9) | BIT(10) | BIT(12))
/// Moving and linking from one folder to another, since version 2. Before, it is refused.
#define REFER BIT(13)
/// Since version 3. Before, it is nobody's to refuse.
#define TRUNCATE BIT(14)
/// Since version 6: no abstract sockets of, and no signals to, what isn't held to the same limit.
#define SCOPES (BIT(0) | BIT(1))

struct ruleset {
    uint64_t files, network, scopes;
};
struct path_beneath {
    uint64_t files;
    int32_t place;
} __attribute__((packed));

static long version(void) { return syscall(CREATE_RULESET, NULL, 0, GET_VERSION); }

int cprocesses_can_limit_writes(void) { return version() >= 1; }

static int allow(int ruleset, const char *path, uint64_t files) {
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) return errno;
    struct stat status;
    int error = fstat(place, &status) != 0 ? errno : 0;
    if (error == 0) {
        struct path_beneath rule = {S_ISDIR(status.st_mode) ? files : files & (WRITE_FILE | TRUNCATE), place};
        if (syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0) error = errno;
    }
    close(place);
    return error;
}

int cprocesses_limit_writes(const cprocesses_write_limit *limit) {
    long known = version();
    if (known < 1) return ENOSYS;
    uint64_t writing = WRITE_FILE | ENTRIES | (known >= 2 ? REFER : 0) | (known >= 3 ? TRUNCATE : 0);
    struct ruleset handled = {writing | DEVICES | LINKS, 0, known >= 6 ? SCOPES : 0};
    int ruleset = (int)syscall(CREATE_RULESET, &handled, sizeof handled, 0);
    if (ruleset < 0) return errno;
    int error = allow(ruleset, "/dev/null", writing);
    uint64_t files = writing | (limit->makes_links ? LINKS : 0);
    for (size_t index = 0; index < limit->place_count && error == 0; index++)
        error = allow(ruleset, limit->places[index], files);
    if (error == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) error = errno;
    if (error == 0 && syscall(RESTRICT_SELF, ruleset, 0) != 0) error = errno;
    close(ruleset);
    return error;
}

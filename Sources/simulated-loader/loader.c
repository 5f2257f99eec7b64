// Stands where Gramine's loader would: the simulated processor starts the agent through it, and it is measured with the rest.
#include <unistd.h>

int main(int count, char *arguments[], char *environment[]) {
    if (count < 2) return 64;
    execve(arguments[1], arguments + 1, environment);
    return 1;
}

#pragma once

/// Does nothing; calling it makes sure that this target's definitions are linked.
void cgramineshim_link(void);

/// From now on the table of users gives every user this home, and no shell. To be called while the process has one thread.
void cgramineshim_set_home(const char *path);

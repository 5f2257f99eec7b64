#pragma once

/// Does nothing; calling it makes sure that this target's definitions are linked.
void cgramineshim_link(void);

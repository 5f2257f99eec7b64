#pragma once
#include "CProcesses.h"

/// Holds this thread, and what it starts from here on, to a limit. Returns 0, or the error number.
int cprocesses_limit_writes(const cprocesses_write_limit *limit);

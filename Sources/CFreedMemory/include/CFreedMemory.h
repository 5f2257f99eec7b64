#pragma once

/// From now on, what is given back to the heap is overwritten first: whatever a library copied of a secret goes with its owner.
/// Holds for `free` and `realloc` of the whole process, shared libraries included; not for stacks, nor for memory that a library
/// maps and keeps for itself.
void cfreedmemory_overwrite(void);

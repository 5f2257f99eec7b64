// Before Python's own settings, so that the system's types look here as they do to Swift.
#include <features.h>
#include <sys/select.h>
#define PY_SSIZE_T_CLEAN
#include <Python.h>

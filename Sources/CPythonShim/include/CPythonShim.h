#pragma once
#include <sys/types.h>
#include "CPythonShimImport.h"

/// How the interpreter starts: nothing is searched, nothing of the environment is looked at.
typedef struct {
    const char *executable;
    const char *prefix;
    const char *standard_library;
    /// A folder that isn't there: byte code beside sources is not read.
    const char *byte_code_folder;
    const char *const *search_paths;
    size_t search_path_count;
} CPythonStart;

/// Starts the interpreter on this thread, which then holds the GIL. Returns 0, or -1 with a text in `message`.
int CPython_Start(const CPythonStart *start, char *message, size_t message_count);

/// The version that was compiled against, such as "3.11.2".
const char *CPython_HeaderVersion(void);
/// The path of the shared library that is loaded.
const char *CPython_LibraryPath(void);

static inline void CPython_RaiseAssertion(const char *text) { PyErr_SetString(PyExc_AssertionError, text); }
static inline void CPython_RaiseOSError(const char *text) { PyErr_SetString(PyExc_OSError, text); }
static inline PyObject *CPython_None(void) { return Py_None; }
static inline PyObject *CPython_True(void) { return Py_True; }
static inline PyObject *CPython_False(void) { return Py_False; }
static inline int CPython_IsBytes(PyObject *object) { return PyBytes_Check(object); }
static inline int CPython_IsUnicode(PyObject *object) { return PyUnicode_Check(object); }
static inline int CPython_IsList(PyObject *object) { return PyList_Check(object); }
static inline int CPython_IsTuple(PyObject *object) { return PyTuple_Check(object); }
static inline PyObject *CPython_ListItem(PyObject *list, Py_ssize_t index) { return PyList_GET_ITEM(list, index); }
static inline PyObject *CPython_TupleItem(PyObject *tuple, Py_ssize_t index) { return PyTuple_GET_ITEM(tuple, index); }
static inline Py_ssize_t CPython_TupleCount(PyObject *tuple) { return PyTuple_GET_SIZE(tuple); }

/// The characters of a str as Latin-1; NULL when one is beyond it.
static inline const char *CPython_Latin1(PyObject *text, Py_ssize_t *count) {
    if (!PyUnicode_Check(text) || PyUnicode_READY(text) != 0 || PyUnicode_KIND(text) != PyUnicode_1BYTE_KIND) return NULL;
    *count = PyUnicode_GET_LENGTH(text);
    return (const char *)PyUnicode_1BYTE_DATA(text);
}

/// What a request's body is read from. Called without the GIL if `wait` is set: bytes read, 0 at the end, -1 when the client is gone, -2 when
/// nothing is there yet and `wait` isn't set.
typedef ssize_t (*CPythonBodyRead)(void *context, void *buffer, size_t count, int wait);

/// A wsgi.input over a context that isn't owned.
PyObject *CPython_NewBody(void *context, CPythonBodyRead read);
/// From now on reading raises.
void CPython_DetachBody(PyObject *body);

/// What the application says of its answer. `start` returns 0 or -1 with an exception set, so does `write`.
typedef int (*CPythonStartResponse)(void *context, PyObject *status, PyObject *headers, PyObject *exc_info);
typedef int (*CPythonWrite)(void *context, PyObject *bytes);

/// A start_response over a context that isn't owned.
PyObject *CPython_NewStartResponse(void *context, CPythonStartResponse start, CPythonWrite write);
/// From now on calls raise.
void CPython_DetachStartResponse(PyObject *object);

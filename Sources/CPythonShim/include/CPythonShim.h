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
static inline void CPython_RaiseRuntimeError(const char *text) { PyErr_SetString(PyExc_RuntimeError, text); }
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

/// What `read` of a body says instead of a count.
enum { CPythonBodyBroken = -1, CPythonBodyNotYet = -2, CPythonBodyOver = -3 };

/// What a request's body is read from.
typedef struct {
    /// Bytes read, none after a line's end if `line` is set; 0 at the end; or one of the above: the client is gone, nothing is there yet (only
    /// without `wait`), the request is over. Called without the GIL if `wait` is set, and by one thread at a time.
    ssize_t (*read)(void *context, void *buffer, size_t count, int line, int wait);
    /// Gives the context up.
    void (*release)(void *context);
} CPythonBodyCalls;

/// A wsgi.input. It owns its context from now on, also when it can't be made. The calls must outlive it.
PyObject *CPython_NewBody(void *context, const CPythonBodyCalls *calls);

/// What `start` says when the head was sent before.
enum { CPythonStartTooLate = 1 };

/// What the application says of its answer, with the GIL held.
typedef struct {
    /// 0, -1 with an exception set, or the above. `again` is set where the application met an exception, and may start another answer.
    int (*start)(void *context, PyObject *status, PyObject *headers, int again);
    /// 0, or -1 with an exception set.
    int (*write)(void *context, PyObject *bytes);
    void (*release)(void *context);
} CPythonStartCalls;

/// A start_response. It owns its context from now on, also when it can't be made. The calls must outlive it.
PyObject *CPython_NewStartResponse(void *context, const CPythonStartCalls *calls);

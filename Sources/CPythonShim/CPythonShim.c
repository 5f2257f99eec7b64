#define _GNU_SOURCE
#include "CPythonShim.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

const char *CPython_HeaderVersion(void) { return PY_VERSION; }

const char *CPython_LibraryPath(void) {
    Dl_info info;
    if (dladdr((void *)&Py_GetVersion, &info) == 0 || info.dli_fname == NULL) return "";
    return info.dli_fname;
}

static int failed(PyStatus status, PyConfig *config, char *message, size_t count) {
    snprintf(message, count, "%s", status.err_msg ? status.err_msg : "the interpreter does not start");
    if (config) PyConfig_Clear(config);
    return -1;
}

#define CHECKED(call) do { PyStatus status = (call); if (PyStatus_Exception(status)) return failed(status, &config, message, message_count); } while (0)

int CPython_Start(const CPythonStart *start, char *message, size_t message_count) {
    size_t version = strlen(PY_VERSION);
    if (strncmp(Py_GetVersion(), PY_VERSION, version) != 0 || Py_GetVersion()[version] != ' ') {
        snprintf(message, message_count, "compiled against Python %s, but the loaded library is %.20s", PY_VERSION, Py_GetVersion());
        return -1;
    }
    PyPreConfig pre;
    PyPreConfig_InitIsolatedConfig(&pre);
    pre.utf8_mode = 1;  // else file names and open() are ASCII
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    pre.allocator = PYMEM_ALLOCATOR_MALLOC;  // Python's own would hide its objects from them
#endif
    PyStatus early = Py_PreInitialize(&pre);
    if (PyStatus_Exception(early)) return failed(early, NULL, message, message_count);
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config.write_bytecode = 0;
    config.install_signal_handlers = 0;
    config.site_import = 0;
    config.user_site_directory = 0;
    config.buffered_stdio = 0;
    config.module_search_paths_set = 1;
    CHECKED(PyConfig_SetBytesString(&config, &config.program_name, start->executable));
    CHECKED(PyConfig_SetBytesString(&config, &config.executable, start->executable));
    CHECKED(PyConfig_SetBytesString(&config, &config.base_executable, start->executable));
    CHECKED(PyConfig_SetBytesString(&config, &config.prefix, start->prefix));
    CHECKED(PyConfig_SetBytesString(&config, &config.exec_prefix, start->prefix));
    CHECKED(PyConfig_SetBytesString(&config, &config.base_prefix, start->prefix));
    CHECKED(PyConfig_SetBytesString(&config, &config.base_exec_prefix, start->prefix));
    CHECKED(PyConfig_SetBytesString(&config, &config.stdlib_dir, start->standard_library));
    CHECKED(PyConfig_SetBytesString(&config, &config.pycache_prefix, start->byte_code_folder));
    for (size_t index = 0; index < start->search_path_count; index++) {
        wchar_t *path = Py_DecodeLocale(start->search_paths[index], NULL);
        if (path == NULL) {
            PyConfig_Clear(&config);
            snprintf(message, message_count, "a search path that can't be decoded");
            return -1;
        }
        PyStatus status = PyWideStringList_Append(&config.module_search_paths, path);
        PyMem_RawFree(path);
        if (PyStatus_Exception(status)) return failed(status, &config, message, message_count);
    }
    CHECKED(Py_InitializeFromConfig(&config));
    PyConfig_Clear(&config);
    return 0;
}

// A request's body. What a thread keeps of it is counted: the object holds its context until nobody holds the object.

typedef struct {
    PyObject_HEAD
    void *context;
    const CPythonBodyCalls *calls;
    // One operation at a time: held, without the GIL, while it waits for the client. Made when it is first needed.
    PyThread_type_lock lock;
    unsigned long owner;
} Body;

static void body_dealloc(PyObject *self) {
    Body *body = (Body *)self;
    if (body->lock != NULL) PyThread_free_lock(body->lock);
    body->calls->release(body->context);
    Py_TYPE(self)->tp_free(self);
}

/// Begins an operation: takes a reference, since who called may lose its own while it waits, and the lock.
static int body_enter(Body *body) {
    if (body->lock == NULL && (body->lock = PyThread_allocate_lock()) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    Py_INCREF(body);
    if (PyThread_acquire_lock(body->lock, NOWAIT_LOCK) == 0) {
        if (body->owner == PyThread_get_thread_ident()) {
            PyErr_SetString(PyExc_RuntimeError, "wsgi.input is read while the same thread reads it");
            Py_DECREF(body);
            return -1;
        }
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(body->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
    body->owner = PyThread_get_thread_ident();
    return 0;
}

static void body_leave(Body *body) {
    body->owner = 0;
    PyThread_release_lock(body->lock);
    Py_DECREF(body);
}

/// Bytes into the buffer; with `line` none after a line's end. -1 with an exception set.
static ssize_t body_fill(Body *body, char *buffer, size_t count, int line) {
    ssize_t got = body->calls->read(body->context, buffer, count, line, 0);
    if (got == CPythonBodyNotYet) {
        Py_BEGIN_ALLOW_THREADS
        got = body->calls->read(body->context, buffer, count, line, 1);
        Py_END_ALLOW_THREADS
    }
    if (got >= 0) return got;
    if (got == CPythonBodyOver) {
        PyErr_SetString(PyExc_ValueError, "read of wsgi.input after its request is over");
    } else {
        PyErr_SetString(PyExc_ConnectionResetError, "the client is gone, or its request took too long");
    }
    return -1;
}

/// Up to `limit` bytes (negative: all), or up to the end of a line. The lock is held.
static PyObject *body_take(Body *body, Py_ssize_t limit, int line) {
    Py_ssize_t capacity = line ? 512 : 65536, filled = 0;
    if (limit >= 0 && limit < capacity) capacity = limit;
    PyObject *result = PyBytes_FromStringAndSize(NULL, capacity);
    if (result == NULL) return NULL;
    do {
        if (filled == capacity && limit != 0) {
            if (capacity > PY_SSIZE_T_MAX / 2) {
                Py_DECREF(result);
                return PyErr_NoMemory();
            }
            capacity *= 2;
            if (limit >= 0 && capacity > limit) capacity = limit;
            if (_PyBytes_Resize(&result, capacity) != 0) return NULL;
        }
        // Also for no byte at all: who reads after the end is told so.
        ssize_t got = body_fill(body, PyBytes_AS_STRING(result) + filled, (size_t)(capacity - filled), line);
        if (got < 0) {
            Py_DECREF(result);
            return NULL;
        }
        if (got == 0) break;
        filled += got;
        if (line && PyBytes_AS_STRING(result)[filled - 1] == '\n') break;
    } while (limit < 0 || filled < limit);
    if (filled != capacity && _PyBytes_Resize(&result, filled) != 0) return NULL;
    return result;
}

/// The one optional argument, a number or None.
static int body_limit(const char *method, PyObject *const *arguments, Py_ssize_t count, Py_ssize_t *limit) {
    *limit = -1;
    if (count > 1) {
        PyErr_Format(PyExc_TypeError, "%s expected at most 1 argument, got %zd", method, count);
        return -1;
    }
    if (count == 1 && arguments[0] != Py_None) {
        *limit = PyNumber_AsSsize_t(arguments[0], PyExc_OverflowError);
        if (*limit == -1 && PyErr_Occurred()) return -1;
    }
    return 0;
}

static PyObject *body_one(PyObject *self, Py_ssize_t limit, int line) {
    if (body_enter((Body *)self) != 0) return NULL;
    PyObject *result = body_take((Body *)self, limit, line);
    body_leave((Body *)self);
    return result;
}

static PyObject *body_read(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    Py_ssize_t limit;
    return body_limit("read", arguments, count, &limit) == 0 ? body_one(self, limit, 0) : NULL;
}

static PyObject *body_readline(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    Py_ssize_t limit;
    return body_limit("readline", arguments, count, &limit) == 0 ? body_one(self, limit, 1) : NULL;
}

static PyObject *body_next(PyObject *self) {
    PyObject *bytes = body_one(self, -1, 1);
    if (bytes != NULL && PyBytes_GET_SIZE(bytes) == 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    return bytes;
}

static PyObject *body_readlines(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    Py_ssize_t hint, total = 0;
    if (body_limit("readlines", arguments, count, &hint) != 0) return NULL;
    PyObject *lines = PyList_New(0);
    if (lines == NULL) return NULL;
    for (;;) {
        // The lock isn't held when the list grows: whatever Python does then may read too.
        PyObject *bytes = body_one(self, -1, 1);
        if (bytes == NULL) break;
        Py_ssize_t size = PyBytes_GET_SIZE(bytes);
        int status = size > 0 ? PyList_Append(lines, bytes) : 0;
        Py_DECREF(bytes);
        if (status != 0) break;
        total += size;
        if (size == 0 || (hint > 0 && total >= hint)) return lines;
    }
    Py_DECREF(lines);
    return NULL;
}

/// Does nothing: an application must not close its input (PEP 3333), and a reader over it that goes away must not either.
static PyObject *body_close(PyObject *self, PyObject *nothing) {
    (void)self;
    (void)nothing;
    Py_RETURN_NONE;
}

static PyMethodDef body_methods[] = {
    {"read", (PyCFunction)(void *)body_read, METH_FASTCALL, NULL},
    {"readline", (PyCFunction)(void *)body_readline, METH_FASTCALL, NULL},
    {"readlines", (PyCFunction)(void *)body_readlines, METH_FASTCALL, NULL},
    {"close", body_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject body_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "mse.RequestBody",
    .tp_basicsize = sizeof(Body),
    .tp_dealloc = body_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = body_next,
    .tp_methods = body_methods,
};

PyObject *CPython_NewBody(void *context, const CPythonBodyCalls *calls) {
    Body *body = NULL;
    if (body_type.tp_dict != NULL || PyType_Ready(&body_type) == 0) body = PyObject_New(Body, &body_type);
    if (body == NULL) {
        calls->release(context);
        return NULL;
    }
    body->context = context;
    body->calls = calls;
    body->lock = NULL;
    body->owner = 0;
    return (PyObject *)body;
}

// start_response and the write it returns, which holds the former.

typedef struct {
    PyObject_HEAD
    void *context;
    const CPythonStartCalls *calls;
} StartResponse;

static void start_dealloc(PyObject *self) {
    StartResponse *object = (StartResponse *)self;
    object->calls->release(object->context);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *start_write(PyObject *self, PyObject *bytes) {
    StartResponse *object = (StartResponse *)self;
    Py_INCREF(self);
    int status = object->calls->write(object->context, bytes);
    Py_DECREF(self);
    if (status != 0) return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef start_methods[] = {{"write", start_write, METH_O, NULL}, {NULL, NULL, 0, NULL}};

/// What a handler of exceptions gives: nothing, or a tuple of type, exception and traceback.
/// Returns 1 when there is one, whose exception may be none; 0; or -1 with an error set.
static int start_exception(PyObject *exc_info, PyObject **exception, PyObject **trace) {
    *exception = *trace = NULL;
    if (exc_info == NULL || exc_info == Py_None) return 0;
    int truth = PyObject_IsTrue(exc_info);
    if (truth <= 0) return truth;
    if (!PyTuple_Check(exc_info) || PyTuple_GET_SIZE(exc_info) != 3) goto wrong;
    PyObject *value = PyTuple_GET_ITEM(exc_info, 1), *traceback = PyTuple_GET_ITEM(exc_info, 2);
    if (value == Py_None) return 1;  // there was none to handle
    if (!PyExceptionInstance_Check(value) || (traceback != Py_None && !PyTraceBack_Check(traceback))) goto wrong;
    *exception = value;
    *trace = traceback == Py_None ? NULL : traceback;
    return 1;
wrong:
    PyErr_SetString(PyExc_TypeError, "exc_info must be None or what sys.exc_info() gives");
    return -1;
}

static PyObject *start_call(PyObject *self, PyObject *arguments, PyObject *keywords) {
    StartResponse *object = (StartResponse *)self;
    static char *names[] = {"status", "headers", "exc_info", NULL};
    PyObject *status, *headers, *exc_info = NULL, *exception, *trace;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO|O:start_response", names, &status, &headers, &exc_info)) return NULL;
    int again = start_exception(exc_info, &exception, &trace);
    if (again < 0) return NULL;
    int answer = object->calls->start(object->context, status, headers, again);
    if (answer == CPythonStartTooLate && exception != NULL) {
        // The head is on its way: the exception that the application met goes on.
        Py_INCREF(Py_TYPE(exception));
        Py_INCREF(exception);
        Py_XINCREF(trace);
        PyErr_Restore((PyObject *)Py_TYPE(exception), exception, trace);
        return NULL;
    }
    if (answer == CPythonStartTooLate) return PyErr_Format(PyExc_AssertionError, "the head was sent already");
    return answer == 0 ? PyCFunction_New(&start_methods[0], self) : NULL;
}

static PyTypeObject start_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "mse.StartResponse",
    .tp_basicsize = sizeof(StartResponse),
    .tp_dealloc = start_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_call = start_call,
};

PyObject *CPython_NewStartResponse(void *context, const CPythonStartCalls *calls) {
    StartResponse *object = NULL;
    if (start_type.tp_dict != NULL || PyType_Ready(&start_type) == 0) object = PyObject_New(StartResponse, &start_type);
    if (object == NULL) {
        calls->release(context);
        return NULL;
    }
    object->context = context;
    object->calls = calls;
    return (PyObject *)object;
}

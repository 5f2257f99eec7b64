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

// A request's body.

typedef struct {
    PyObject_HEAD
    void *context;
    CPythonBodyRead read;
    // What readline read too much.
    char *pending;
    size_t pending_count;
    size_t pending_start;
} Body;

static void body_dealloc(PyObject *self) {
    PyMem_Free(((Body *)self)->pending);
    Py_TYPE(self)->tp_free(self);
}

/// Bytes into the buffer; what is pending first. -1 with an exception set.
static ssize_t body_fill(Body *body, char *buffer, size_t count) {
    size_t left = body->pending_count - body->pending_start;
    if (left > 0) {
        size_t part = left < count ? left : count;
        memcpy(buffer, body->pending + body->pending_start, part);
        body->pending_start += part;
        return (ssize_t)part;
    }
    if (body->context == NULL) {
        PyErr_SetString(PyExc_ValueError, "the request is over");
        return -1;
    }
    ssize_t got = body->read(body->context, buffer, count, 0);
    if (got == -2) {
        Py_BEGIN_ALLOW_THREADS
        got = body->read(body->context, buffer, count, 1);
        Py_END_ALLOW_THREADS
    }
    if (got < 0) {
        PyErr_SetString(PyExc_ConnectionResetError, "the client is gone, or its request took too long");
        return -1;
    }
    return got;
}

static PyObject *body_read(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    Body *body = (Body *)self;
    Py_ssize_t limit = -1;
    if (count > 1) return PyErr_Format(PyExc_TypeError, "read expected at most 1 argument, got %zd", count);
    if (count == 1 && arguments[0] != Py_None) {
        limit = PyNumber_AsSsize_t(arguments[0], PyExc_OverflowError);
        if (limit == -1 && PyErr_Occurred()) return NULL;
    }
    Py_ssize_t capacity = limit >= 0 ? (limit < 65536 ? limit : 65536) : 65536, filled = 0;
    PyObject *result = PyBytes_FromStringAndSize(NULL, capacity);
    if (result == NULL) return NULL;
    while (limit < 0 || filled < limit) {
        if (filled == capacity) {
            Py_ssize_t wanted = capacity * 2;
            if (limit >= 0 && wanted > limit) wanted = limit;
            if (_PyBytes_Resize(&result, wanted) != 0) return NULL;
            capacity = wanted;
        }
        ssize_t got = body_fill(body, PyBytes_AS_STRING(result) + filled, (size_t)(capacity - filled));
        if (got < 0) {
            Py_DECREF(result);
            return NULL;
        }
        if (got == 0) break;
        filled += got;
    }
    if (filled != capacity && _PyBytes_Resize(&result, filled) != 0) return NULL;
    return result;
}

static PyObject *line(Body *body, Py_ssize_t limit) {
    PyObject *result = PyByteArray_FromStringAndSize(NULL, 0);
    if (result == NULL) return NULL;
    char chunk[4096];
    while (limit < 0 || PyByteArray_GET_SIZE(result) < limit) {
        size_t wanted = sizeof chunk;
        if (limit >= 0 && (size_t)(limit - PyByteArray_GET_SIZE(result)) < wanted) wanted = (size_t)(limit - PyByteArray_GET_SIZE(result));
        ssize_t got = body_fill(body, chunk, wanted);
        if (got < 0) goto error;
        if (got == 0) break;
        char *end = memchr(chunk, '\n', (size_t)got);
        size_t used = end ? (size_t)(end - chunk) + 1 : (size_t)got;
        Py_ssize_t before = PyByteArray_GET_SIZE(result);
        if (PyByteArray_Resize(result, before + (Py_ssize_t)used) != 0) goto error;
        memcpy(PyByteArray_AS_STRING(result) + before, chunk, used);
        if (used < (size_t)got) {
            // Back to what is pending: it came from there, or there is nothing left of it.
            size_t rest = (size_t)got - used, left = body->pending_count - body->pending_start;
            if (left == 0 && body->pending_start < rest) {
                char *pending = PyMem_Malloc(rest);
                if (pending == NULL) { PyErr_NoMemory(); goto error; }
                memcpy(pending, chunk + used, rest);
                PyMem_Free(body->pending);
                body->pending = pending;
                body->pending_count = rest;
                body->pending_start = 0;
            } else {
                body->pending_start -= rest;
                memcpy(body->pending + body->pending_start, chunk + used, rest);
            }
        }
        if (end) break;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(result), PyByteArray_GET_SIZE(result));
    Py_DECREF(result);
    return bytes;
error:
    Py_DECREF(result);
    return NULL;
}

static PyObject *body_readline(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    Py_ssize_t limit = -1;
    if (count > 1) return PyErr_Format(PyExc_TypeError, "readline expected at most 1 argument, got %zd", count);
    if (count == 1 && arguments[0] != Py_None) {
        limit = PyNumber_AsSsize_t(arguments[0], PyExc_OverflowError);
        if (limit == -1 && PyErr_Occurred()) return NULL;
    }
    return line((Body *)self, limit);
}

static PyObject *body_next(PyObject *self) {
    PyObject *bytes = line((Body *)self, -1);
    if (bytes != NULL && PyBytes_GET_SIZE(bytes) == 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    return bytes;
}

static PyObject *body_readlines(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    Py_ssize_t hint = -1, total = 0;
    if (count > 0 && arguments[0] != Py_None) {
        hint = PyNumber_AsSsize_t(arguments[0], PyExc_OverflowError);
        if (hint == -1 && PyErr_Occurred()) return NULL;
    }
    PyObject *lines = PyList_New(0);
    if (lines == NULL) return NULL;
    for (;;) {
        PyObject *bytes = line((Body *)self, -1);
        if (bytes == NULL || (PyBytes_GET_SIZE(bytes) > 0 && PyList_Append(lines, bytes) != 0)) {
            Py_XDECREF(bytes);
            Py_DECREF(lines);
            return NULL;
        }
        Py_ssize_t size = PyBytes_GET_SIZE(bytes);
        Py_DECREF(bytes);
        total += size;
        if (size == 0 || (hint > 0 && total >= hint)) return lines;
    }
}

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

PyObject *CPython_NewBody(void *context, CPythonBodyRead read) {
    if (body_type.tp_dict == NULL && PyType_Ready(&body_type) != 0) return NULL;
    Body *body = PyObject_New(Body, &body_type);
    if (body == NULL) return NULL;
    body->context = context;
    body->read = read;
    body->pending = NULL;
    body->pending_count = 0;
    body->pending_start = 0;
    return (PyObject *)body;
}

void CPython_DetachBody(PyObject *body) { ((Body *)body)->context = NULL; }

// start_response and the write it returns.

typedef struct {
    PyObject_HEAD
    void *context;
    CPythonStartResponse start;
    CPythonWrite write;
} StartResponse;

static PyObject *start_write(PyObject *self, PyObject *bytes) {
    StartResponse *object = (StartResponse *)self;
    if (object->context == NULL) return PyErr_Format(PyExc_RuntimeError, "the request is over");
    if (object->write(object->context, bytes) != 0) return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef start_methods[] = {{"write", start_write, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static PyObject *start_call(PyObject *self, PyObject *arguments, PyObject *keywords) {
    StartResponse *object = (StartResponse *)self;
    static char *names[] = {"status", "headers", "exc_info", NULL};
    PyObject *status, *headers, *exc_info = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO|O:start_response", names, &status, &headers, &exc_info)) return NULL;
    if (object->context == NULL) return PyErr_Format(PyExc_RuntimeError, "the request is over");
    if (object->start(object->context, status, headers, exc_info == Py_None ? NULL : exc_info) != 0) return NULL;
    return PyCFunction_New(&start_methods[0], self);
}

static PyTypeObject start_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "mse.StartResponse",
    .tp_basicsize = sizeof(StartResponse),
    .tp_dealloc = (destructor)PyObject_Free,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_call = start_call,
};

PyObject *CPython_NewStartResponse(void *context, CPythonStartResponse start, CPythonWrite write) {
    if (start_type.tp_dict == NULL && PyType_Ready(&start_type) != 0) return NULL;
    StartResponse *object = PyObject_New(StartResponse, &start_type);
    if (object == NULL) return NULL;
    object->context = context;
    object->start = start;
    object->write = write;
    return (PyObject *)object;
}

void CPython_DetachStartResponse(PyObject *object) { ((StartResponse *)object)->context = NULL; }

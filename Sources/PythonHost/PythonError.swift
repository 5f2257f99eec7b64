internal import CPython
internal import CPythonShim
public import Notation

/// What Python objected to.
public struct PythonError: Error, CodedError, Sendable, CustomStringConvertible {
    /// Such as `ModuleNotFoundError: No module named 'app'`.
    public var summary: String
    public var traceback: String

    public init(_ summary: String, traceback: String = "") {
        self.summary = summary
        self.traceback = traceback
    }

    public var description: String { summary }

    /// Takes the exception that a call just left; the GIL must be held.
    static func fetch() -> PythonError {
        var type: PyPointer?, value: PyPointer?, trace: PyPointer?
        PyErr_Fetch(&type, &value, &trace)
        guard type != nil else { return PythonError("Python failed without saying why") }
        PyErr_NormalizeException(&type, &value, &trace)
        defer {
            Py_DecRef(type)
            Py_DecRef(value)
            Py_DecRef(trace)
        }
        let name = attribute(type, "__name__") ?? "Exception"
        let text = string(of: PyObject_Str(value)) ?? ""
        return PythonError(
            text.isEmpty ? name : "\(name): \(text)",
            traceback: format(type, value: value, trace: trace)
        )
    }

    private static func format(_ type: PyPointer?, value: PyPointer?, trace: PyPointer?) -> String {
        guard let module = PyImport_ImportModule("traceback") else {
            PyErr_Clear()
            return ""
        }
        defer { Py_DecRef(module) }
        guard let function = PyObject_GetAttrString(module, "format_exception") else {
            PyErr_Clear()
            return ""
        }
        defer { Py_DecRef(function) }
        var arguments: [PyPointer?] = [type, value ?? CPython_None(), trace ?? CPython_None()]
        guard let lines = PyObject_Vectorcall(function, &arguments, 3, nil) else {
            PyErr_Clear()
            return ""
        }
        defer { Py_DecRef(lines) }
        guard CPython_IsList(lines) != 0 else { return "" }
        return (0..<PyList_Size(lines)).compactMap { CPython_ListItem(lines, $0) }.compactMap { text(of: $0) }.joined()
    }

    private static func attribute(_ object: PyPointer?, _ name: String) -> String? {
        string(of: PyObject_GetAttrString(object, name))
    }

    /// The text of a str that is given away.
    private static func string(of object: PyPointer?) -> String? {
        guard let object else {
            PyErr_Clear()
            return nil
        }
        defer { Py_DecRef(object) }
        return text(of: object)
    }

    /// All of it: a NUL ends nothing, and what is no text, as names of files may be, stands as `\\udcff`.
    private static func text(of object: PyPointer) -> String? {
        guard let bytes = PyUnicode_AsEncodedString(object, "utf-8", "backslashreplace"),
            let start = PyBytes_AsString(bytes)
        else {
            PyErr_Clear()
            return nil
        }
        defer { Py_DecRef(bytes) }
        let characters = UnsafeRawBufferPointer(start: start, count: PyBytes_Size(bytes))
        return String(decoding: characters, as: UTF8.self)
    }

    /// Stable; programs may depend on it.
    public var code: String { "python" }
}

typealias PyPointer = UnsafeMutablePointer<PyObject>

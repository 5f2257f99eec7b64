internal import AppServer
internal import CPython
internal import CPythonShim
internal import NIOHTTP1

/// Makes `environ` for each request (PEP 3333). Belongs to one thread; the GIL is held in every call.
final class Environ {
    private let template: PyPointer
    /// The keys of headers by the names that clients gave them; they belong to this table.
    private var headerKeys: [String: PyPointer] = [:]
    private var methods: [String: PyPointer] = [:]
    private let keys: Keys

    /// Clients choose the names: what is kept of them is bounded, in count and in bytes.
    private static let headerKeyLimit = 1024
    private static let headerNameLimit = 64
    private static let methodLimit = 64

    private struct Keys {
        let method = Environ.text("REQUEST_METHOD"), path = Environ.text("PATH_INFO"),
            query = Environ.text("QUERY_STRING")
        let serverName = Environ.text("SERVER_NAME"), serverPort = Environ.text("SERVER_PORT"),
            protocolName = Environ.text("SERVER_PROTOCOL")
        let remoteAddress = Environ.text("REMOTE_ADDR"), remotePort = Environ.text("REMOTE_PORT"),
            scheme = Environ.text("wsgi.url_scheme")
        let input = Environ.text("wsgi.input"), contentType = Environ.text("CONTENT_TYPE"),
            contentLength = Environ.text("CONTENT_LENGTH")
        let http10 = Environ.text("HTTP/1.0"), http11 = Environ.text("HTTP/1.1"), http = Environ.text("http"),
            https = Environ.text("https")
    }

    init(multithread: Bool) throws(PythonError) {
        keys = Keys()
        template = PyDict_New()
        let version = PyTuple_New(2)
        PyTuple_SetItem(version, 0, PyLong_FromLong(1))
        PyTuple_SetItem(version, 1, PyLong_FromLong(0))
        PyDict_SetItemString(template, "wsgi.version", version)
        Py_DecRef(version)
        guard let errors = PySys_GetObject("stderr") else { throw PythonError("Python has no sys.stderr") }
        PyDict_SetItemString(template, "wsgi.errors", errors)
        PyDict_SetItemString(template, "wsgi.multithread", multithread ? CPython_True() : CPython_False())
        PyDict_SetItemString(template, "wsgi.multiprocess", CPython_False())
        PyDict_SetItemString(template, "wsgi.run_once", CPython_False())
        PyDict_SetItemString(template, "wsgi.input_terminated", CPython_True())
        let empty = Self.text("")
        PyDict_SetItemString(template, "SCRIPT_NAME", empty)
        let software = Self.text("mse")
        PyDict_SetItemString(template, "SERVER_SOFTWARE", software)
        Py_DecRef(empty)
        Py_DecRef(software)
    }

    /// A new dict, which the caller owns.
    func make(_ exchange: Exchange, input: PyPointer) -> PyPointer? {
        guard let environ = PyDict_Copy(template) else { return nil }
        let head = exchange.head
        setMethod(head.method.rawValue, in: environ)
        let (path, query) = Self.split(head.uri)
        set(environ, keys.path, to: path)
        set(environ, keys.query, to: query)
        PyDict_SetItem(environ, keys.protocolName, head.version == .http1_1 ? keys.http11 : keys.http10)
        PyDict_SetItem(environ, keys.scheme, exchange.connection.isSecure ? keys.https : keys.http)
        PyDict_SetItem(environ, keys.input, input)
        set(environ, keys.serverName, to: Array(exchange.connection.localAddress.utf8))
        set(environ, keys.serverPort, to: Array(String(exchange.connection.localPort).utf8))
        set(environ, keys.remoteAddress, to: Array(exchange.connection.remoteAddress.utf8))
        set(environ, keys.remotePort, to: Array(String(exchange.connection.remotePort).utf8))
        for (name, value) in head.headers { add(name, value, to: environ) }
        return environ
    }

    private func add(_ name: String, _ value: String, to environ: PyPointer) {
        guard let key = headerKey(name) else { return }
        defer { Py_DecRef(key) }
        var value = value
        guard
            let text = value.withUTF8({
                PyUnicode_DecodeLatin1(
                    UnsafeRawPointer($0.baseAddress)?.assumingMemoryBound(to: CChar.self),
                    $0.count,
                    nil
                )
            })
        else { return PyErr_Clear() }
        defer { Py_DecRef(text) }
        if let known = PyDict_GetItem(environ, key), key != keys.contentLength, key != keys.contentType {
            // Repeated ones are joined; cookies by semicolon (RFC 9110 §5.3, RFC 6265 §5.4).
            let separator = name.lowercased() == "cookie" ? "; " : ","
            guard let joined = join(known, by: separator, to: text) else { return PyErr_Clear() }
            PyDict_SetItem(environ, key, joined)
            Py_DecRef(joined)
        } else {
            PyDict_SetItem(environ, key, text)
        }
    }

    private func join(_ left: PyPointer, by separator: String, to right: PyPointer) -> PyPointer? {
        let middle = Self.text(separator)
        defer { Py_DecRef(middle) }
        guard let head = PyUnicode_Concat(left, middle) else { return nil }
        defer { Py_DecRef(head) }
        return PyUnicode_Concat(head, right)
    }

    /// The key of a header, which the caller owns; nil for names with an underscore, which could pose as another
    /// header.
    private func headerKey(_ name: String) -> PyPointer? {
        if let known = headerKeys[name] {
            Py_IncRef(known)
            return known
        }
        let key: PyPointer
        switch name.lowercased() {
        case let lower where lower.contains("_"): return nil
        case "content-type": key = Self.another(keys.contentType)
        case "content-length": key = Self.another(keys.contentLength)
        case let lower:
            // Not interned: some versions of Python keep what is for ever.
            guard let made = PyUnicode_FromString("HTTP_" + lower.uppercased().replacing("-", with: "_")) else {
                PyErr_Clear()
                return nil
            }
            key = made
        }
        guard name.utf8.count <= Self.headerNameLimit else { return key }
        if headerKeys.count >= Self.headerKeyLimit {
            for known in headerKeys.values { Py_DecRef(known) }
            headerKeys.removeAll(keepingCapacity: true)
        }
        headerKeys[name] = Self.another(key)
        return key
    }

    private func setMethod(_ name: String, in environ: PyPointer) {
        if let known = methods[name] {
            PyDict_SetItem(environ, keys.method, known)
            return
        }
        guard let text = PyUnicode_FromString(name) else { return PyErr_Clear() }
        PyDict_SetItem(environ, keys.method, text)
        if methods.count < Self.methodLimit { methods[name] = text } else { Py_DecRef(text) }
    }

    private static func another(_ object: PyPointer) -> PyPointer {
        Py_IncRef(object)
        return object
    }

    private func set(_ environ: PyPointer, _ key: PyPointer?, to bytes: [UInt8]) {
        let text = bytes.withUnsafeBytes {
            PyUnicode_DecodeLatin1($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, nil)
        }
        guard let text else { return PyErr_Clear() }
        PyDict_SetItem(environ, key, text)
        Py_DecRef(text)
    }

    // memory alone can fail here
    private static func text(_ text: String) -> PyPointer { PyUnicode_InternFromString(text)! }

    /// The path with its escapes resolved, and the query as it stands.
    private static func split(_ target: String) -> (path: [UInt8], query: [UInt8]) {
        var bytes = Array(target.utf8)[...]
        if bytes.first != UInt8(ascii: "/"), let scheme = target.range(of: "://") {
            // The absolute form that proxies send.
            let rest = target[scheme.upperBound...]
            bytes = Array((rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/").utf8)[...]
        }
        let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        let query = mark < bytes.endIndex ? Array(bytes[(mark + 1)...]) : []
        let raw = bytes[..<mark]
        guard raw.contains(UInt8(ascii: "%")) else { return (Array(raw), query) }
        var path: [UInt8] = []
        var index = raw.startIndex
        while index < raw.endIndex {
            if raw[index] == UInt8(ascii: "%"), index + 2 < raw.endIndex, let high = hex(raw[index + 1]),
                let low = hex(raw[index + 2])
            {
                path.append(high << 4 | low)
                index += 3
            } else {
                path.append(raw[index])
                index += 1
            }
        }
        return (path, query)
    }

    private static func hex(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - 0x57
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - 0x37
        default: nil
        }
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}

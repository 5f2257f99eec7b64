internal import AppServer
internal import CPython
internal import CPythonShim
internal import NIOHTTP1
internal import Notation

/// One call of the application for one request, and what start_response and write mean for as long as somebody holds
/// them. Everything here is done with the GIL held, which is given back while the client is waited for.
final class WSGICall {
    private let exchange: Exchange
    private let report: any ApplicationReport
    /// The application has come back and its answer was closed: whatever still calls comes too late.
    private var isOver = false
    private var response: ResponseHead?
    /// What the application said with Content-Length, and what of it is still to come.
    private var declared: Int?
    private var written = 0

    init(_ exchange: Exchange, report: any ApplicationReport) {
        self.exchange = exchange
        self.report = report
    }

    func perform(_ application: WSGIApplication, _ environs: Environ) {
        // Threads of the application may keep these longer than the request lasts.
        defer {
            isOver = true
            exchange.body.finish()
        }
        guard let body = CPython_NewBody(Unmanaged.passRetained(exchange.body).toOpaque(), Self.bodyCalls) else {
            return fail(.fetch())
        }
        defer { Py_DecRef(body) }
        guard let start = CPython_NewStartResponse(Unmanaged.passRetained(self).toOpaque(), Self.startCalls) else {
            return fail(.fetch())
        }
        defer { Py_DecRef(start) }
        guard let environ = environs.make(exchange, input: body) else { return fail(.fetch()) }
        defer { Py_DecRef(environ) }
        var arguments: [PyPointer?] = [environ, start]
        guard let result = PyObject_Vectorcall(application.callable, &arguments, 2, nil) else { return fail(.fetch()) }
        do throws(PythonError) {
            try answer(result)
        } catch {
            fail(error)
        }
        close(result)
        Py_DecRef(result)
    }

    // MARK: The answer

    private func answer(_ result: PyPointer) throws(PythonError) {
        if !exchange.hasStarted, let response, let whole = wholeBody(result) {
            // One write for head and body; what is short of a declared length can't be mended.
            guard
                declared == nil || declared == whole.count || exchange.head.method == .HEAD || response.isBodilessStatus
            else {
                throw PythonError(
                    "the application declared a Content-Length of \(declared ?? 0) and gave \(whole.count) bytes"
                )
            }
            return exchange.respond(response, body: whole)
        }
        guard let iterator = PyObject_GetIter(result) else { throw .fetch() }
        defer { Py_DecRef(iterator) }
        while let part = PyIter_Next(iterator) {
            defer { Py_DecRef(part) }
            try send(part)
        }
        if PyErr_Occurred() != nil { throw .fetch() }
        guard let response else { throw PythonError("the application gave no status: it never called start_response") }
        if !exchange.hasStarted { return exchange.respond(response) }
        if let declared, written < declared, exchange.head.method != .HEAD {
            throw PythonError("the application declared a Content-Length of \(declared) and gave \(written) bytes")
        }
        exchange.end()
    }

    /// The body when it is a list or tuple of bytes that fits into one write.
    private func wholeBody(_ result: PyPointer) -> [UInt8]? {
        let isList = CPython_IsList(result) != 0
        guard isList || CPython_IsTuple(result) != 0 else { return nil }
        let count = isList ? PyList_Size(result) : CPython_TupleCount(result)
        var whole: [UInt8] = []
        for index in 0..<count {
            guard let item = isList ? CPython_ListItem(result, index) : CPython_TupleItem(result, index),
                CPython_IsBytes(item) != 0
            else {
                return nil
            }
            let size = PyBytes_Size(item)
            guard whole.count + size <= 4 << 20, let bytes = PyBytes_AsString(item) else { return nil }
            whole.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size))
        }
        return whole
    }

    private func send(_ part: PyPointer) throws(PythonError) {
        guard CPython_IsBytes(part) != 0 else {
            throw PythonError("the application's body has a part that isn't bytes")
        }
        guard let response else {
            throw PythonError("the application gave a part of its body before it called start_response")
        }
        var count = PyBytes_Size(part)
        guard count > 0, let bytes = PyBytes_AsString(part) else { return }
        if !exchange.hasStarted { exchange.begin(response, length: declared) }
        if let declared { count = min(count, declared - written) }
        written += count
        let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
        let state = PyEval_SaveThread()
        let isThere = exchange.write(buffer)
        PyEval_RestoreThread(state)
        guard isThere else { throw PythonError(Self.clientIsGone) }
    }

    private static let clientIsGone = "the client is gone"

    private func close(_ result: PyPointer) {
        guard PyObject_HasAttrString(result, "close") != 0 else { return }
        guard let method = PyObject_GetAttrString(result, "close") else { return PyErr_Clear() }
        defer { Py_DecRef(method) }
        guard let nothing = PyObject_CallNoArgs(method) else {
            let error = PythonError.fetch()
            return report.failed("closing an answer failed: \(error)\n\(error.traceback)")
        }
        Py_DecRef(nothing)
    }

    private func fail(_ error: PythonError) {
        if error.summary != Self.clientIsGone {
            report.failed(
                """
                \(exchange.head.method.rawValue) \(String(exchange.head.uri.prefix(200)).printable(limit: nil)): \
                \(error)\n\(error.traceback)
                """
            )
        }
        if exchange.hasStarted {
            exchange.end(isBroken: true)
        } else {
            exchange.respond(
                ResponseHead("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")]),
                body: Array("Internal Server Error\n".utf8)
            )
        }
    }

    // MARK: What Python calls

    // The calls of objects that nobody takes away from Python: they live as long as the process.
    nonisolated(unsafe) private static let bodyCalls = immortal(
        CPythonBodyCalls(
            read: { context, buffer, count, line, waits in
                let body = Unmanaged<RequestBody>.fromOpaque(context!).takeUnretainedValue()
                let room = UnsafeMutableRawBufferPointer(start: buffer, count: count)
                switch body.read(into: room, line: line != 0, waits: waits != 0) {
                case .bytes(let count): return count
                case .end: return 0
                case .broken: return CPythonBodyBroken
                case .over: return CPythonBodyOver
                case .notYet: return CPythonBodyNotYet
                }
            },
            release: { Unmanaged<RequestBody>.fromOpaque($0!).release() }
        )
    )

    nonisolated(unsafe) private static let startCalls = immortal(
        CPythonStartCalls(
            start: { context, status, headers, again in
                Unmanaged<WSGICall>.fromOpaque(context!).takeUnretainedValue().start(
                    status!,
                    headers!,
                    again: again != 0
                )
            },
            write: { context, bytes in
                Unmanaged<WSGICall>.fromOpaque(context!).takeUnretainedValue().write(bytes!)
            },
            release: { Unmanaged<WSGICall>.fromOpaque($0!).release() }
        )
    )

    private static func immortal<Calls>(_ calls: Calls) -> UnsafePointer<Calls> {
        let pointer = UnsafeMutablePointer<Calls>.allocate(capacity: 1)
        pointer.initialize(to: calls)
        return UnsafePointer(pointer)
    }

    private func write(_ bytes: PyPointer) -> Int32 {
        guard !isOver else { return Self.raiseOver() }
        do throws(PythonError) {
            try send(bytes)
            return 0
        } catch {
            if PyErr_Occurred() == nil { CPython_RaiseOSError(error.summary) }
            return -1
        }
    }

    private func start(_ status: PyPointer, _ headers: PyPointer, again: Bool) -> Int32 {
        guard !isOver else { return Self.raiseOver() }
        if again {
            if exchange.hasStarted { return Int32(CPythonStartTooLate) }
        } else if response != nil {
            return Self.raise("start_response was called twice")
        }
        guard let line = Self.latin1(status), line.count >= 4, line[3] == 0x20,
            line.prefix(3).allSatisfy({ (0x30...0x39).contains($0) }),
            line[0] > 0x30
        else {
            return Self.raise("a status such as '200 OK' is needed")
        }
        guard CPython_IsList(headers) != 0 else { return Self.raise("the headers must be a list") }
        var head = ResponseHead(status: line)
        declared = nil
        for index in 0..<PyList_Size(headers) {
            guard let pair = CPython_ListItem(headers, index), CPython_IsTuple(pair) != 0,
                CPython_TupleCount(pair) == 2,
                let name = CPython_TupleItem(pair, 0).flatMap(Self.latin1),
                let value = CPython_TupleItem(pair, 1).flatMap(Self.latin1),
                !name.isEmpty,
                name.allSatisfy(Self.isToken)
            else { return Self.raise("a header must be a tuple of two str in Latin-1, without line ends") }
            head.append(ofApplication: name, value: value)
            if name.count == 14, String(decoding: name, as: UTF8.self).lowercased() == "content-length" {
                guard let length = Int(String(decoding: value, as: UTF8.self)), length >= 0 else {
                    return Self.raise("Content-Length must be a number")
                }
                declared = length
            }
        }
        response = head
        return 0
    }

    private static func raiseOver() -> Int32 {
        CPython_RaiseRuntimeError("the request is over")
        return -1
    }

    private static func raise(_ message: String) -> Int32 {
        CPython_RaiseAssertion(message)
        return -1
    }

    private static func latin1(_ object: PyPointer) -> [UInt8]? {
        var count = 0
        guard let characters = CPython_Latin1(object, &count) else { return nil }
        let bytes = Array(UnsafeRawBufferPointer(start: characters, count: count))
        return bytes.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 } ? nil : bytes
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension ResponseHead {
    fileprivate var isBodilessStatus: Bool {
        let code = String(decoding: status.prefix(3), as: UTF8.self)
        return code == "204" || code == "304"
    }
}

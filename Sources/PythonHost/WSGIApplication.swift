internal import CPython
internal import CPythonShim

/// A loaded application. The object lives as long as the process.
public struct WSGIApplication: @unchecked Sendable {  // an immortal reference, used with the GIL held
    let callable: PyPointer

    /// Imports `module:variable` from a folder that comes first; the variable may be dotted, and a factory is called.
    ///
    /// What `.pth` files in the packages' folders say is done first, as Python does it at its start elsewhere: they may
    /// run code.
    /// - Throws: `PythonError` with Python's own words when that fails, or when it is no WSGI application.
    public static func load(
        _ application: String,
        from folder: String,
        packages: [String],
        on interpreter: Interpreter
    ) async throws(PythonError) -> WSGIApplication {
        try await interpreter.run { () throws(PythonError) in try load(application, from: folder, packages: packages) }
    }

    private static func load(
        _ application: String,
        from folder: String,
        packages: [String]
    ) throws(PythonError) -> WSGIApplication {
        let globals = PyDict_New()
        defer { Py_DecRef(globals) }
        PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins())
        guard let definition = PyRun_String(source, Py_file_input, globals, globals) else { throw .fetch() }
        Py_DecRef(definition)
        let function = PyDict_GetItemString(globals, "load")
        let name = PyUnicode_FromString(application)
        let path = PyUnicode_FromString(folder)
        let sites = PyList_New(0)
        defer {
            Py_DecRef(name)
            Py_DecRef(path)
            Py_DecRef(sites)
        }
        for package in packages {
            let site = PyUnicode_FromString(package)
            PyList_Append(sites, site)
            Py_DecRef(site)
        }
        var arguments: [PyPointer?] = [name, path, sites]
        guard let callable = PyObject_Vectorcall(function, &arguments, 3, nil) else { throw .fetch() }
        return WSGIApplication(callable: callable)
    }

    private static let source = """
        import ast, builtins, importlib, inspect, os, site, sys
        import _sitebuiltins

        # What site adds, which no embedded interpreter runs.
        for name in ("exit", "quit"):
            if not hasattr(builtins, name):
                setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))

        def load(application, folder, packages):
            try:
                for packages_folder in packages:
                    site.addsitedir(packages_folder)
            except SystemExit as end:
                raise RuntimeError(f"a .pth file of the environment ended the program: exit({end.code!r})") from end
            sys.path.insert(0, folder)
            importlib.invalidate_caches()
            names = {entry.removesuffix(".py") for entry in os.listdir(folder)}
            for name in sorted(names & sys.stdlib_module_names):
                print(f"note: '{name}' of the application stands before the standard library's", file=sys.stderr)
            name, _, expression = application.partition(":")
            try:
                found = importlib.import_module(name)
                path, call = parse(expression)
                for part in path:
                    found = getattr(found, part)
                if call is not None:
                    found = found(*call[0], **call[1])
                elif not takes(found, None, None) and takes(found):
                    found = found()
            except SystemExit as end:
                raise RuntimeError(f"{application} ended itself while it was loaded: exit({end.code!r})") from end
            if not callable(found):
                raise TypeError(f"{application} is no application: it can't be called")
            call = found if inspect.isroutine(found) else getattr(type(found), "__call__", found)
            if inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(call):
                raise TypeError(f"{application} is an ASGI application; only WSGI is served yet")
            return found

        def parse(expression):
            # The dotted name, and the literals of a factory's call if it is one.
            node = ast.parse(expression.strip(), mode="eval").body
            call = None
            if isinstance(node, ast.Call):
                if any(keyword.arg is None for keyword in node.keywords):
                    raise ValueError(f"{expression}: only literals may be a factory's arguments")
                arguments = [ast.literal_eval(value) for value in node.args]
                call = arguments, {k.arg: ast.literal_eval(k.value) for k in node.keywords}
                node = node.func
            path = []
            while isinstance(node, ast.Attribute):
                path.insert(0, node.attr)
                node = node.value
            if not isinstance(node, ast.Name):
                raise ValueError(f"{expression}: a name, or the call of one with literals, expected")
            return [node.id] + path, call

        def takes(found, *arguments):
            try:
                inspect.signature(found).bind(*arguments)
            except TypeError:
                return False
            except ValueError:
                return bool(arguments)
            return True

        """
}

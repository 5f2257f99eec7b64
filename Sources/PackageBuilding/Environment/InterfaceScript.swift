/// The part of the look at the code that tells what kind of application its name is bound to, and which modules its
/// files hide. It follows names through assignments, factories, classes and imports of the code's own; it runs nothing.
enum InterfaceScript {
    /// Uses what `ImportCheckScript` defines before it.
    static let text = #"""

        # MARK: What kind of application it is

        ASGI = {
            "fastapi.FastAPI": "FastAPI", "fastapi.applications.FastAPI": "FastAPI", "starlette.applications.Starlette": "Starlette",
            "quart.Quart": "Quart", "quart.app.Quart": "Quart", "litestar.Litestar": "Litestar", "litestar.app.Litestar": "Litestar",
            "starlite.Starlite": "Starlite", "falcon.asgi.App": "Falcon ASGI", "falcon.asgi.app.App": "Falcon ASGI", "sanic.Sanic": "Sanic",
            "sanic.app.Sanic": "Sanic", "blacksheep.Application": "BlackSheep", "blacksheep.server.Application": "BlackSheep",
            "django.core.asgi.get_asgi_application": "Django ASGI", "django.core.handlers.asgi.ASGIHandler": "Django ASGI",
            "channels.routing.ProtocolTypeRouter": "Django Channels", "channels.routing.get_default_application": "Django Channels",
            "responder.API": "Responder", "esmerald.Esmerald": "Esmerald", "ravyn.Ravyn": "Ravyn", "lilya.apps.Lilya": "Lilya",
            "connexion.AsyncApp": "Connexion async", "socketio.ASGIApp": "Socket.IO ASGI", "engineio.ASGIApp": "Engine.IO ASGI",
            "asgiref.wsgi.WsgiToAsgi": "WsgiToAsgi", "a2wsgi.WSGIMiddleware": "a2wsgi.WSGIMiddleware",
            "uvicorn.middleware.wsgi.WSGIMiddleware": "uvicorn WSGIMiddleware", "strawberry.asgi.GraphQL": "Strawberry ASGI",
            "ariadne.asgi.GraphQL": "Ariadne ASGI", "microdot.asgi.Microdot": "Microdot ASGI", "xpresso.App": "Xpresso", "emmett.App": "Emmett",
            "prometheus_client.make_asgi_app": "Prometheus ASGI", "gradio.mount_gradio_app": "FastAPI",
        }
        OWN = {
            "aiohttp.web.Application": "aiohttp", "aiohttp.web_app.Application": "aiohttp", "tornado.web.Application": "Tornado",
            "robyn.Robyn": "Robyn",
        }
        WRAPPERS = ("starlette.middleware.", "fastapi.middleware.")
        # Makes WSGI of ASGI.
        BACK = {"a2wsgi.ASGIMiddleware", "a2wsgi.asgi.ASGIMiddleware"}
        UNKNOWN = frozenset({("unknown", "", "", 0)})
        scopes, kinds_of, under_way = {}, {}, set()

        class Scope:
            """What names are bound to in a module, or in a function of one."""
            def __init__(self, path, body, outer=None):
                self.path, self.outer, self.imports, self.stars, self.bound = path, outer, {}, [], {}
                stack = [(node, True) for node in reversed(body)]
                while stack:
                    node, sure = stack.pop()
                    if isinstance(node, (ast.Import, ast.ImportFrom)):
                        self.note_import(node, sure)
                    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                        self.bind(node.name, node, sure)
                    elif isinstance(node, ast.Assign):
                        for target in node.targets:
                            self.bind_target(target, node.value, sure)
                    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
                        self.bind_target(node.target, node.value, sure)
                    elif isinstance(node, ast.AugAssign):
                        self.bind_target(node.target, None, sure)
                    elif not isinstance(node, ast.expr):
                        for target in (getattr(node, "target", None), *(one.optional_vars for one in getattr(node, "items", []))):
                            if target is not None:
                                self.bind_target(target, None, sure)
                        inner_sure = sure and isinstance(node, (ast.With, ast.AsyncWith))
                        for field in ("finalbody", "orelse", "cases", "handlers", "body"):
                            inner = getattr(node, field, None)
                            if isinstance(inner, list):
                                stack += [(one, inner_sure) for one in reversed(inner)]

            def bind(self, name, value, sure):
                if sure:
                    self.imports.pop(name, None)
                    self.bound[name] = [value]
                else:
                    self.bound.setdefault(name, []).append(value)

            def bind_target(self, target, value, sure):
                if isinstance(target, ast.Name):
                    self.bind(target.id, value, sure)
                elif isinstance(target, (ast.Tuple, ast.List, ast.Starred)):
                    for one in ast.walk(target):
                        if isinstance(one, ast.Name): self.bind(one.id, None, sure)

            def note_import(self, node, sure):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        name = alias.asname or alias.name.partition(".")[0]
                        self.bound.pop(name, None)
                        self.imports[name] = alias.name if alias.asname else name
                    return
                package = self.path.split("/")[:-1]
                if node.level > len(package) + 1: return
                base = package[:len(package) - node.level + 1] if node.level else []
                whole = ".".join(base + (node.module.split(".") if node.module else []))
                for alias in node.names:
                    if alias.name == "*":
                        self.stars.append(whole)
                        continue
                    name = alias.asname or alias.name
                    if sure: self.bound.pop(name, None)
                    self.imports[name] = (whole + "." if whole else "") + alias.name

            def dotted(self, node):
                """The whole name of what an expression names by its import; nothing for what isn't imported."""
                parts = []
                while isinstance(node, ast.Attribute):
                    parts.append(node.attr)
                    node = node.value
                if not isinstance(node, ast.Name): return ""
                scope = self
                while scope is not None:
                    if node.id in scope.bound: return ""
                    if node.id in scope.imports: return ".".join([scope.imports[node.id]] + parts[::-1])
                    for star in scope.stars:
                        whole = ".".join([star, node.id] + parts[::-1])
                        if whole in ASGI or whole in OWN: return whole
                    scope = scope.outer
                return ""

        def module_scope(path):
            if path not in scopes:
                scopes[path] = None
                try:
                    if os.path.getsize(files[path]) <= BYTES:
                        with open(files[path], "rb") as file:
                            tree = compile(file.read(BYTES), path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
                        scopes[path] = Scope(path, tree.body)
                except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
                    pass
            return scopes[path]

        def imported(whole, scope, node):
            """By its whole name."""
            parts = whole.split(".")
            runs, place = local(parts[:-1]) if len(parts) > 1 else ([], 0)
            if len(parts) > 1 and runs and place is None and runs[-1].endswith(".py"):
                found = module_scope(runs[-1])
                return kinds(found, parts[-1]) if found else UNKNOWN
            return UNKNOWN

        def is_local(whole):
            return bool(local(whole.split(".")[:1])[0])

        def class_kinds(node, scope, depth=0):
            """Of an object that the class makes."""
            if depth > 8 or node.decorator_list: return UNKNOWN
            for one in node.body:
                if isinstance(one, ast.AsyncFunctionDef) and one.name == "__call__":
                    return frozenset({("asgi", "ASGI", scope.path, node.lineno)})
                if isinstance(one, ast.FunctionDef) and one.name == "__call__": return UNKNOWN
            for base in node.bases:
                whole = scope.dotted(base)
                if whole and not is_local(whole):
                    for table, kind in ((ASGI, "asgi"), (OWN, "own")):
                        if whole in table: return frozenset({(kind, table[whole], scope.path, node.lineno)})
                elif isinstance(base, ast.Name):
                    for value in scope.bound.get(base.id, []):
                        if isinstance(value, ast.ClassDef) and value is not node:
                            found = class_kinds(value, scope, depth + 1)
                            if found != UNKNOWN: return found
            return UNKNOWN

        def function_kinds(node, scope):
            """Of what a function makes."""
            if node.decorator_list: return UNKNOWN
            if isinstance(node, ast.AsyncFunctionDef): return UNKNOWN
            inner, found, stack = Scope(scope.path, node.body, scope), set(), list(node.body)
            for one in node.args.posonlyargs + node.args.args + node.args.kwonlyargs:
                inner.bound.setdefault(one.arg, [None])
            while stack:
                one = stack.pop()
                if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)): continue
                if isinstance(one, ast.Return): found |= value_kinds(one.value, inner)
                stack += [child for child in ast.iter_child_nodes(one) if not isinstance(child, ast.expr)]
            return frozenset(found) or UNKNOWN

        def value_kinds(node, scope):
            if isinstance(node, ast.NamedExpr): return value_kinds(node.value, scope)
            if isinstance(node, ast.IfExp): return value_kinds(node.body, scope) | value_kinds(node.orelse, scope)
            if isinstance(node, ast.BoolOp): return frozenset().union(*(value_kinds(one, scope) for one in node.values))
            if isinstance(node, (ast.Name, ast.Attribute)):
                whole = scope.dotted(node)
                if whole: return imported(whole, scope, node)
                return kinds(scope, node.id) if isinstance(node, ast.Name) else UNKNOWN
            if not isinstance(node, ast.Call): return UNKNOWN
            whole = scope.dotted(node.func)
            if whole and not is_local(whole):
                for table, kind in ((ASGI, "asgi"), (OWN, "own")):
                    if whole in table: return frozenset({(kind, table[whole], scope.path, node.lineno)})
                if whole in BACK: return frozenset({("wsgi", "", scope.path, node.lineno)})
                if whole.startswith(WRAPPERS): return frozenset({("asgi", "Starlette", scope.path, node.lineno)})
            made = [one for one in lookup(scope, node.func.id) if one is not None] if isinstance(node.func, ast.Name) and not whole else []
            found = set()
            for value in made:
                if isinstance(value, ast.ClassDef): found |= class_kinds(value, scope)
                elif isinstance(value, ast.FunctionDef): found |= function_kinds(value, scope)
                else: found |= UNKNOWN
            if whole and is_local(whole):
                place = module_scope((local(whole.split(".")[:-1])[0] or [""])[-1]) if "." in whole and (local(whole.split(".")[:-1])[0] or [""])[-1] in files else None
                for value in place.bound.get(whole.rpartition(".")[2], []) if place else []:
                    if isinstance(value, ast.ClassDef): found |= class_kinds(value, place)
                    elif isinstance(value, ast.FunctionDef): found |= function_kinds(value, place)
            if found and found != UNKNOWN: return frozenset(found)
            # Something around an ASGI application is one too, unless it turns it into another.
            inner = frozenset().union(*(value_kinds(one, scope) for one in node.args[:1])) if node.args[:1] and isinstance(node.args[0], (ast.Name, ast.Call)) else frozenset()
            if any(one[0] == "asgi" for one in inner): return frozenset({("maybe",) + one[1:] for one in inner if one[0] == "asgi"})
            return UNKNOWN

        def lookup(scope, name):
            while scope is not None:
                if name in scope.bound: return scope.bound[name]
                scope = scope.outer
            return []

        def kinds(scope, name):
            """Of what a name is bound to."""
            key = (id(scope), name)
            if key in kinds_of: return kinds_of[key]
            if key in under_way or len(under_way) > 50: return UNKNOWN
            under_way.add(key)
            found, values = set(), lookup(scope, name)
            if not values and name in scope.imports: found |= imported(scope.imports[name], scope, None)
            for value in values:
                if isinstance(value, ast.AsyncFunctionDef):
                    found.add(("asgi", "async", scope.path, value.lineno) if not value.decorator_list else ("unknown", "", "", 0))
                elif isinstance(value, ast.ClassDef):
                    found |= class_kinds(value, scope)
                elif isinstance(value, ast.FunctionDef):
                    needed = len(value.args.posonlyargs + value.args.args) - len(value.args.defaults)
                    found |= UNKNOWN if needed > 0 and not asked["isCall"] else function_kinds(value, scope)
                elif value is None:
                    found |= UNKNOWN
                else:
                    found |= value_kinds(value, scope)
            under_way.discard(key)
            kinds_of[key] = frozenset(found) or UNKNOWN
            return kinds_of[key]

        def interface(path, name):
            """Nil where it is no application of another kind than WSGI, or can't be told."""
            scope = module_scope(path)
            if scope is None: return None
            try:
                found = kinds(scope, name)
            except RecursionError:
                return None
            others = sorted(one for one in found if one[0] in ("asgi", "own", "maybe"))
            if not others: return None
            kind, label, place, line = others[0]
            certain = len(others) == len(found) and all(one[0] != "maybe" for one in others)
            return {"file": place, "line": line, "name": name[:200], "label": label, "kind": kind, "certain": certain}

        # MARK: What it hides

        def hidden():
            found = []
            for path in sorted(files):
                parts, suffix = path.split("/"), next((one for one in sorted(suffixes, key=len, reverse=True) if path.endswith(one)), None)
                if suffix is None or len(parts) > 2: continue
                stem = parts[-1][:-len(suffix)]
                if len(parts) == 2 and stem != "__init__": continue
                name, shown = (parts[0], parts[0] + "/") if len(parts) == 2 else (stem, path)
                if name == "__init__" or not name.isidentifier(): continue
                if name in sys.builtin_module_names or _imp.is_frozen(name):
                    found.append({"file": shown, "module": name, "kind": "builtin"})
                elif name in sys.stdlib_module_names and not_in_library([name]) is None:
                    found.append({"file": shown, "module": name, "kind": "library"})
                elif name != "bin" and any(os.path.isdir(root + "/" + name) or any(os.path.isfile(root + "/" + name + one) for one in suffixes) for root in roots):
                    found.append({"file": shown, "module": name, "kind": "site"})
            return found
        """#
}

/// What the environment's own Python runs to look at the code, without running any of it.
enum ImportCheckScript {
    /// Follows what is imported for certain from the application's module on, then looks at the other files.
    static let text = #"""
        import _imp, ast, difflib, json, os, re, signal, sys, time
        from importlib.machinery import all_suffixes
        from importlib.util import find_spec
        signal.alarm(120)
        deadline = time.monotonic() + 60
        FILES, BYTES, LISTED = 5000, 4 << 20, 100
        with open(sys.argv[1], encoding="utf-8") as file:
            asked = json.load(file)
        files, site = dict(asked["files"]), asked["site"]
        suffixes = all_suffixes()
        folders = set()
        for path in files:
            while path.endswith(tuple(suffixes)) or path in folders:
                path = path.rpartition("/")[0]
                if not path or path in folders:
                    break
                folders.add(path)

        WIDE = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}

        def catches(kind):
            if kind is None:
                return True
            if isinstance(kind, ast.Tuple):
                return any(map(catches, kind.elts))
            name = kind.id if isinstance(kind, ast.Name) else kind.attr if isinstance(kind, ast.Attribute) else ""
            return name in WIDE

        def suppresses(item):
            call = item.context_expr
            if not isinstance(call, ast.Call):
                return False
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            return name == "suppress" and any(map(catches, call.args))

        def imports(tree, calls=None):
            """Each import statement, and whether it runs whenever the module does; with `calls`, those that do."""
            found, stack = [], [(tree, True)]
            while stack:
                node, sure = stack.pop()
                if calls is not None and sure and isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                    calls.append(node.value)
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    found.append((node, sure))
                    continue
                last = sure
                if isinstance(node, (ast.Try, getattr(ast, "TryStar", ast.Try))):
                    # A handler that raises in its turn helps nobody.
                    caught = [one for one in node.handlers if catches(one.type)]
                    sure = sure and all(isinstance(one.body[-1], ast.Raise) for one in caught)
                elif isinstance(node, (ast.With, ast.AsyncWith)):
                    sure = sure and not any(map(suppresses, node.items))
                elif not isinstance(node, (ast.Module, ast.ClassDef)):
                    sure = False
                states = ("body", sure), ("handlers", False), ("cases", False), ("orelse", sure), ("finalbody", last)
                for field, state in states:
                    inner = getattr(node, field, None)
                    if isinstance(inner, list):
                        stack += [(one, state) for one in inner]
            found.sort(key=lambda one: one[0].lineno)
            return found

        # Whoever uses one of these may make modules that no file shows.
        ODD = re.compile(rb"\.modules\b|\bmodules\[|import.*\bmodules\b|__path__|meta_path|path_hooks"
                         rb"|\bpkgutil\b|pkg_resources|apipkg")
        oddness = {}

        def is_odd(path):
            """Whether modules may lie below it that no file shows."""
            if path not in oddness:
                try:
                    with open(path, "rb") as file:
                        oddness[path] = not path.endswith(".py") or ODD.search(file.read(BYTES)) is not None
                except OSError:
                    oddness[path] = True
            return oddness[path]

        def absent(parts, root, is_file, is_folder):
            """None where it is there, or may be; else how many of its parts are, and the file without the next."""
            path, parent, odd_above = root, "", False
            for index, part in enumerate(parts):
                path += "/" + part
                packages = [path + "/__init__" + suffix for suffix in suffixes if is_file(path + "/__init__" + suffix)]
                modules = [path + suffix for suffix in suffixes if is_file(path + suffix)]
                if packages:
                    parent = packages[0]
                    odd_above = odd_above or is_odd(parent)
                elif modules:
                    is_there = index + 1 == len(parts) or odd_above or is_odd(modules[0])
                    return None if is_there else (index + 1, modules[0])
                elif not is_folder(path) or path == site + "/bin":
                    return None if odd_above else (index, parent)
            return None

        def runs_odd(line):
            """Whether a line of a .pth file that is run may make modules that no file shows."""
            # What setuptools writes for namespace packages says no more than their folders do.
            if "has_mfs" in line:
                return False
            if ODD.search(line.encode()) or "sys.path" in line or "addsitedir" in line:
                return True
            try:
                tree = compile(line, "", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return False  # then it does nothing, either
            named = set()
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    named.update(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    named.add(node.module or "")
                elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "__import__":
                    named.update(one.value for one in node.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str))
            # setuptools' own brings distutils alone.
            named.discard("_distutils_hack")
            for name in named:
                path = site
                for part in name.split("."):
                    path += "/" + part
                    if any(os.path.isfile(one) and is_odd(one) for one in (path + ".py", path + "/__init__.py")):
                        return True
            return False

        # The folders of the environment that modules are looked for in, whether others may be there that no file shows,
        # and what .pth files name that doesn't ship.
        roots, makes_modules, elsewhere = [site], False, []

        def follow_paths():
            global makes_modules
            names = sorted(os.listdir(site)) if os.path.isdir(site) else []
            for name in names:
                if not name.endswith(".pth"):
                    continue
                try:
                    with open(site + "/" + name, "rb") as file:
                        lines = file.read(BYTES).decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
                except OSError:
                    continue
                for number, line in enumerate(lines, 1):
                    line = line.rstrip()
                    if not line or line.startswith("#"):
                        continue
                    if line.startswith(("import ", "import\t")):
                        makes_modules = makes_modules or runs_odd(line)
                        continue
                    path = os.path.normpath(os.path.join(site, line))
                    if path != site and not path.startswith(site + "/"):
                        elsewhere.append(f"{name} line {number}: '{line[:200]}'")
                    elif os.path.isdir(path) and path not in roots:
                        roots.append(path)
                    elif os.path.isfile(path):
                        makes_modules = True  # an archive of modules

        follow_paths()

        def not_in_site(parts):
            nearest = None
            for root in roots:
                found = absent(parts, root, os.path.isfile, os.path.isdir)
                if found is None:
                    return None
                nearest = found if nearest is None else max(nearest, found)
            return nearest

        def is_open_in_site(parts):
            """A folder that anybody may add to."""
            return any(is_open(parts, root) for root in roots)

        def is_open(parts, path):
            for part in parts:
                path += "/" + part
                if any(os.path.isfile(path + inner + suffix) for inner in ("", "/__init__") for suffix in suffixes):
                    return False
                if not os.path.isdir(path) or path == site + "/bin":
                    return False
            return True

        standard = os.path.dirname(os.__file__)
        library = {path for path in asked["runtime"] if path.startswith(standard + "/")}
        if not library:  # another Python's list: this one's own has to do
            library = {os.path.join(root, name) for root, _, names in os.walk(standard) for name in names}
        library_folders = set()
        for path in library:
            while path not in library_folders and path != standard:
                path = os.path.dirname(path)
                library_folders.add(path)
        closed = set()

        def not_in_library(parts):
            for count in range(1, len(parts) + 1):
                if ".".join(parts[:count]) in closed:
                    return count - 1, ""
            found = absent(parts, standard, library.__contains__, library_folders.__contains__)
            dynamic = standard + "/lib-dynload"
            if found is None or absent(parts, dynamic, library.__contains__, library_folders.__contains__) is None:
                return None
            name = ".".join(parts)
            if name == "__main__" or name in sys.builtin_module_names or _imp.is_frozen(name):
                return None
            return (1, "") if parts[0] in sys.builtin_module_names else found

        def close_library():
            """Of the library, what can't be imported either for what it imports itself."""
            sources = [path for path in library if path.endswith(".py")]
            fresh = {name for name in sys.stdlib_module_names if not_in_library([name])}
            while fresh:
                closed.update(fresh)
                words = b"|".join(re.escape(name.rpartition(".")[2].encode()) for name in sorted(fresh))
                mention = re.compile(rb"^[ \t]*(?:import|from)\b.*\b(?:" + words + rb")\b", re.MULTILINE)
                fresh = set()
                for path in sources:
                    parts = path[len(standard) + 1:-3].split("/")
                    package = parts[:-1]
                    if parts[-1] == "__init__":
                        parts.pop()
                    name = ".".join(parts)
                    if name in closed:
                        continue
                    try:
                        with open(path, "rb") as file:
                            text = file.read(BYTES)
                        if not mention.search(text):
                            continue
                        tree = compile(text, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
                    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                        continue
                    for node, sure in imports(tree):
                        if not sure:
                            continue
                        if isinstance(node, ast.Import):
                            wanted = [alias.name for alias in node.names]
                        else:
                            base = package[:len(package) - node.level + 1] if node.level else []
                            whole = ".".join(base + (node.module.split(".") if node.module else []))
                            wanted = [whole] + [whole + "." + alias.name for alias in node.names]
                        if any(one == name or one.startswith(name + ".") for one in wanted):
                            wanted = [one for one in wanted if one in closed]
                        if any(one in closed or one.partition(".")[0] in closed for one in wanted):
                            fresh.add(name)

        close_library()

        def local(parts):
            """The files that importing it runs, and the place of the first part that isn't there."""
            runs, path = [], ""
            for index, part in enumerate(parts):
                path += ("/" if path else "") + part
                package = [path + "/__init__" + suffix for suffix in suffixes if path + "/__init__" + suffix in files]
                module = [path + suffix for suffix in suffixes if path + suffix in files]
                if package:
                    runs.append(package[0])
                elif module:
                    return runs + module[:1], None if index + 1 == len(parts) else index + 1
                elif path not in folders:
                    return runs, index
            return runs, None

        ON_DISK = {name for name in closed if "." not in name and find_spec(name) is not None}
        reached, queue = set(), []
        syntax, skipped, missing = [], [], []
        moves_path, odd, looked = False, set(), set()

        def follow(paths):
            for path in paths:
                if path not in reached and path.endswith(".py"):
                    reached.add(path)
                    queue.append(path)

        def want(parts, path, line, sure, optional=False):
            if not parts or not all(parts):
                return
            runs, place = local(parts)
            if sure:
                follow(runs)
            if place is None:
                return
            site_lacks = not_in_site(parts)
            if site_lacks is None:
                return
            library_lacks = None if runs else not_in_library(parts)
            if not runs and library_lacks is None:
                return
            if optional and not (place == 0 and ".".join(parts) in closed):
                return
            parent = ""
            if place > 0 or path == "mse.toml":
                parent = runs[-1] if runs else ""
                kind = "file" if parent and parent.rpartition("/")[2].partition(".")[0] != "__init__" else "local"
                depth = place + 1
            elif site_lacks[1]:
                kind, depth = "inside", site_lacks[0] + 1
            elif parts[0] in sys.stdlib_module_names or parts[0] == "test":
                kind, depth = "python", library_lacks[0] + 1
                # setuptools brings one of its own.
                if parts[0] == "distutils" and not_in_site(["setuptools"]) is None:
                    return
                # Asked for only on other systems.
                if not sure and parts[0] not in ON_DISK:
                    return
            else:
                kind = "environment"
                depth = 1 if parts[0] != "google" else 3 if parts[1:2] == ["cloud"] else 2
                depth = max(depth, site_lacks[0] + 1)
            sure = sure and not (makes_modules and kind in ("environment", "inside"))
            missing.append((path, line, ".".join(parts[:depth])[:200], kind, sure, parent))

        def serves(call, text):
            """Whether a call serves requests by itself, until it is told to end."""
            function = call.func
            if isinstance(function, ast.Name):
                return function.id in ("run_simple", "run_app") or function.id == "serve" and b"waitress" in text
            if not isinstance(function, ast.Attribute):
                return False
            if function.attr in ("serve_forever", "run_forever", "run_simple", "run_app"):
                return True
            owner = getattr(function.value, "id", "")
            if function.attr == "serve":
                return owner == "waitress"
            return function.attr == "run" and owner in ("app", "application", "uvicorn", "hypercorn", asked["variable"])

        serving = []

        def look(path, is_reached):
            global moves_path
            if len(looked) >= FILES or time.monotonic() > deadline:
                return False
            looked.add(path)
            try:
                if os.path.getsize(files[path]) > BYTES:
                    skipped.append(f"{path} has more than {BYTES >> 20} MiB")
                    return True
                with open(files[path], "rb") as file:
                    text = file.read(BYTES + 1)
                tree = compile(text, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
                if is_reached:
                    compile(tree, path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                if is_reached:
                    line = getattr(error, "lineno", None) or 1
                    syntax.append(f"{path} line {line}: {getattr(error, 'msg', None) or error}"[:500])
                return True
            except (RecursionError, MemoryError):
                skipped.append(f"{path} is nested too deeply")
                return True
            except OSError as error:
                (syntax if is_reached else skipped).append(f"{path}: can't read: {error.strerror}")
                return True
            if is_reached and (b"sys.path" in text or b"addsitedir" in text):
                moves_path = True
            if ODD.search(text):
                odd.add(path)
            package = path.split("/")[:-1]
            calls = [] if is_reached else None
            for node, sure in imports(tree, calls):
                sure = sure and is_reached
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        want(alias.name.split("."), path, node.lineno, sure)
                    continue
                base = []
                if node.level:
                    if node.level > len(package):
                        # Another folder on the path, or a name of its own, may be its package.
                        if sure and b"__package__" not in text:
                            name = "." * node.level + (node.module or "")
                            missing.append((path, node.lineno, name, "relative", sure, ""))
                        continue
                    base = package[:len(package) - node.level + 1]
                whole = base + (node.module.split(".") if node.module else [])
                # A folder that anybody may add to has nothing but modules.
                is_shared = whole in (["google"], ["google", "cloud"])
                is_open = not node.level and (is_open_in_site(whole) and local(whole)[1] == 0 or is_shared)
                if not is_open:
                    want(whole, path, node.lineno, sure)
                for alias in node.names:
                    if whole and alias.name != "*":
                        want(whole + [alias.name], path, node.lineno, sure, optional=not is_open)
            serving.extend(f"{path} line {call.lineno}: '{ast.unparse(call.func)[:80]}'" for call in calls or () if serves(call, text))
            return True

        def names(tree):
            """What a module binds when it is imported, what only when it is run, and whether other ways are seen."""
            bound, main, unsure = {}, set(), False

            def bind(name, rank, only_main):
                if only_main: main.add(name)
                else: bound[name] = max(rank, bound.get(name, 0))

            def is_main(test):
                return isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq) and any(
                    isinstance(side, ast.Name) and side.id == "__name__" for side in (test.left, test.comparators[0]))

            stack = [(tree, False)]
            while stack:
                node, only_main = stack.pop()
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    bind(node.name, 2, only_main)
                    unsure = unsure or node.name == "__getattr__"
                    stack += [(one, only_main) for one in node.decorator_list]
                    outer = node.bases if isinstance(node, ast.ClassDef) else (
                        node.args.defaults + [one for one in node.args.kw_defaults if one])
                    stack += [(one, only_main) for one in outer]
                    continue
                if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                    for inner in ast.walk(node):
                        if isinstance(inner, ast.NamedExpr): bind(inner.target.id, 1, only_main)
                    continue
                if isinstance(node, ast.If) and is_main(node.test):
                    stack += [(one, True) for one in node.body] + [(one, only_main) for one in node.orelse]
                    continue
                if isinstance(node, ast.AnnAssign) and node.value is None:
                    continue
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    for alias in node.names:
                        if alias.name == "*": unsure = True
                        else: bind(alias.asname or alias.name.partition(".")[0], 0, only_main)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    bind(node.id, 1, only_main)
                elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
                    bind(node.name, 0, only_main)
                elif isinstance(node, ast.MatchMapping) and node.rest:
                    bind(node.rest, 0, only_main)
                stack += [(one, only_main) for one in ast.iter_child_nodes(node)]
            for node in ast.walk(tree):
                if isinstance(node, ast.Global):
                    for name in node.names: bind(name, 1, False)
            # Taken away for good, as far as can be seen.
            for node in tree.body:
                if isinstance(node, ast.Delete):
                    for target in node.targets:
                        if isinstance(target, ast.Name): bound.pop(target.id, None)
            return bound, main, unsure

        TRICKS = (b"exec", b"eval", b"globals", b"locals", b"vars", b"setattr", b"__dict__", b"sys.modules",
                  b"__builtins__", b"__setattr__")

        def application_name(path, name):
            """Nil where it is there, or can't be told."""
            try:
                if os.path.getsize(files[path]) > BYTES:
                    return None
                with open(files[path], "rb") as file:
                    text = file.read(BYTES + 1)
                bound, main, unsure = names(compile(text, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True))
            except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
                return None
            if name in bound or name.startswith("__"):
                return None
            folder = path[:-len("__init__.py")] if path.endswith("/__init__.py") else None
            if folder and (folder + name in folders or any(folder + name + suffix in files for suffix in suffixes)):
                return None
            likely = [one for one in bound if bound[one] > 0 and not one.startswith("_")]
            close = difflib.get_close_matches(name, likely, 3, 0.5)
            USUAL = "app", "application", "create_app", "make_app"
            likely.sort(key=lambda one: (one not in close, one not in USUAL, -bound[one]))
            return {
                "file": path, "name": name[:200], "instead": [one[:200] for one in likely[:5]], "main": name in main,
                "certain": not unsure and not any(trick in text for trick in TRICKS),
            }

        """# + InterfaceScript.text + #"""

            application = asked["module"].split(".")
            want(application, "mse.toml", 0, True)
            complete, place = True, 0
            while place < len(queue) and complete:
                complete = look(queue[place], True)
                place += 1
            for path in sorted(files):
                if complete and path.endswith(".py") and path not in reached:
                    complete = look(path, False)
            if not complete:
                skipped.append(f"only {len(looked)} files were, for there are more, or it took too long")

            runs, place = local(application)
            variable = other = None
            if asked["variable"] and place is None and runs and runs[-1].endswith(".py"):
                path = runs[-1]
                if path.rpartition("/")[2] in (application[-1] + ".py", "__init__.py"):
                    variable = application_name(path, asked["variable"])
                    if asked["isWhole"] and variable is None: other = interface(path, asked["variable"])

            anywhere = {part for path in folders for part in path.split("/")} | {path.rpartition("/")[2].partition(".")[0] for path in files}
            refused, noted = {}, {}
            for path, line, module, kind, sure, parent in missing:
                if parent and (parent in odd or not parent.endswith(".py")) or moves_path and module.partition(".")[0] in anywhere:
                    continue
                entry = {"file": path, "line": line, "module": module[:200], "kind": kind}
                (refused if sure else noted).setdefault((module, path) if kind == "relative" else module, entry)
            answer = {
                "interface": other, "hidden": hidden()[:LISTED], "syntax": syntax[:LISTED], "skipped": skipped[:20],
                "elsewhere": elsewhere[:20], "serving": serving[:5], "variable": variable, "refused": list(refused.values())[:LISTED],
                "noted": [entry for module, entry in noted.items() if module not in refused][:LISTED],
            }
            sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode())
            """#
}

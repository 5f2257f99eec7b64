import CodeEncryption
import Files
import Foundation
import TestSupport
import Testing

@testable import PackageBuilding
@testable import PackageFormat
@testable import Processes

@Suite("What the code imports")
struct ImportCheckTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What an enclave has of the standard library, near enough.
    private static let runtime: [String] = {
        let unused = ["test", "idlelib", "ensurepip", "turtledemo", "__pycache__", "site-packages", "dist-packages"]
        let closed = ["nis.", "readline.", "_curses", "_dbm.", "_gdbm.", "_tkinter."]
        let standard = "/usr/lib/python3.11"
        return FileManager.default.subpaths(atPath: standard)!.filter { path in
            let parts = path.split(separator: "/").map(String.init)
            return !parts.contains { unused.contains($0) } && !closed.contains { parts.last!.hasPrefix($0) }
        }.map { standard + "/" + $0 }
    }()

    @Test(
        "what the enclave's Python, the environment or the code can't give is refused before the key is made",
        arguments: [
            "readline", "curses", "curses.textpad", "nis", "dbm.gnu", "dbm.ndbm", "tkinter", "tkinter.ttk", "turtle",
            "ensurepip",
            "test.support", "idlelib.run", "winreg", "msvcrt", "_winapi", "asyncio.windows_events", "email.nosuch",
            "json.decoder.x",
            "sys.x",
            "idna.nosuch", "idna.core.deep", "plain.sub", "helper.sub", "pkg.helper.sub",
        ]
    )
    func notInTheEnclave(module: String) {
        let code = ["helper.py": "", "pkg/__init__.py": "", "pkg/helper.py": ""]
        for line in ["import \(module)", "import \(module) as x", "from \(module) import x"] {
            let text = refusal(
                code.merging(["app.py": "import os\n\(line)\n"]) { $1 },
                site: ["idna/__init__.py", "idna/core.py", "plain.py"]
            )
            #expect(text.contains("app.py line 2: ") && !text.contains("requirements.txt"), "\(line): \(text)")
        }
    }

    @Test(
        """
        a module that imports one of those is refused where it is named from its package, or where its handler raises \
        again
        """
    )
    func passedOn() {
        #expect(refusal(["app.py": "from dbm import gnu\n"]).contains("app.py line 1: 'dbm.gnu'"))
        #expect(
            refusal(["app.py": "try:\n    import yaml\nexcept ImportError:\n    raise SystemExit('no')\n"]).contains(
                "line 2: 'yaml'"
            )
        )
    }

    @Test(
        "a relative import where there is no package is refused",
        arguments: ["from . import helper\n", "from .helper import x\n", "from .. import helper\n"]
    )
    func withoutPackage(code: String) {
        let text = refusal(["app.py": code, "helper.py": ""])
        #expect(text.contains("app.py line 1: the relative import") && text.contains("without the dots"), "\(text)")
    }

    @Test(
        "what can't be known, or is there, is taken without a word",
        arguments: [
            "import six.moves.urllib", "import native.x", "import grows.sub", "import grows.deep.sub",
            "import space.anything.z",
            "import dbm",
            "import shelve, pdb, code, cmd, subprocess, asyncio, multiprocessing.pool",
            "import os.path, xml.dom.minidom, unittest.mock",
            """
            import sys, zipimport, _frozen_importlib, importlib.metadata, collections.abc, _ssl, ctypes.util, sqlite3, \
            encodings.idna
            """,
            "from email import nosuch", "from idna import nosuch", "import made.sub", "import test.own, curses",
            "import __main__",
            "try:\n    import winreg\nexcept ImportError:\n    winreg = None", "import distutils.core",
        ]
    )
    func unknowable(line: String) throws {
        try folder.write("site/grows/__init__.py", "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n")
        try folder.write("site/grows/deep/__init__.py", "")
        try folder.write("site/six.py", "import sys\nsys.modules[__name__ + '.moves'] = object()\n")
        let notes = try check(
            [
                "app.py": line + "\n", "made.py": "import sys\nsys.modules['made.sub'] = 1\n", "test/__init__.py": "",
                "test/own.py": "",
                "curses.py": "",
            ],
            site: ["native.so", "space/anything/z.py", "idna/__init__.py", "setuptools/__init__.py"]
        )
        #expect(notes.isEmpty, "\(notes)")
    }

    @Test("a file that can't be read is told by its name", arguments: ["app", "part", "alone"])
    func unreadable(name: String) throws {
        try folder.write("p/mse_src/app.py", "import part\n")
        for name in ["part", "alone"] { try folder.write("p/mse_src/\(name).py", "") }
        let tree = try CodeTree(folder.path + "/p/mse_src", ignoring: IgnoreList())
        try Files.remove(folder.path + "/p/mse_src/\(name).py")
        let check = ImportCheck(
            interpreter: "/usr/bin/python3",
            project: folder.path + "/p",
            files: tree.files,
            site: folder.path + "/site",
            runtime: []
        )
        let text: String
        do {
            text = try check.notes(module: "app", variable: "", work: folder.path).joined()
        } catch {
            text = "\(error)"
        }
        #expect(
            text.contains("\(name).py: can't read: No such file or directory") && !text.contains("Traceback"),
            "\(text)"
        )
    }

    @Test(
        "what a .pth file adds to the path is looked in, and nothing else is believed because of it",
        arguments: [
            ("deep\n", "deep/modp.py", true), ("# deep\n", "deep/modp.py", false), ("deep", "deep/modp/x.py", true),
            ("\u{FEFF}deep\r\n", "deep/modp/__init__.py", true), ("nothing\ndeep/er  \n", "deep/er/modp.so", true),
            ("deep\n", "deep/other.py", false), ("deep\n", "other/modp.py", false), ("", "deep/modp.py", false),
            ("/usr/lib/python3/dist-packages\n../mse_src\n", "deep/modp.py", false),
        ]
    )
    func addedPaths(text: String, module: String, isThere: Bool) throws {
        try folder.write("site/added.pth", text)
        let code = ["app.py": "import modp\nimport json\n"]
        if isThere {
            #expect(try check(code, site: [module]).isEmpty)
        } else {
            #expect(refusal(code, site: [module]).contains("app.py line 1: 'modp' is not in the environment"))
        }
    }

    @Test("a path of a .pth file that leads out of the environment is told, for it doesn't ship")
    func pathsOutside() throws {
        try folder.write("site/a.pth", "x\n/usr/lib/python3/dist-packages\n")
        try folder.write("site/b.pth", "../mse_src\n")
        let notes = try check(["app.py": ""], site: ["x/y.py"])
        #expect(
            notes == [
                "a.pth line 2: '/usr/lib/python3/dist-packages' is outside of the environment, and doesn't ship",
                "b.pth line 1: '../mse_src' is outside of the environment, and doesn't ship",
            ]
        )
    }

    @Test(
        "where a line of a .pth file may make modules, what isn't seen is a note",
        arguments: [
            ("import sys; sys.modules['madeup'] = sys\n", true), ("import finder\n", true),
            ("import os; __import__('pack.finder').install()\n", true),
            ("import sys; sys.path.insert(0, '/elsewhere')\n", true), ("import site; site.addsitedir('x')\n", true),
            ("import plain\n", false), ("import os; var = 1\n", false), ("import this is no Python\n", false),
            ("import\tos; __import__('_distutils_hack').add_shim()\n", false),
            (
                "import sys, types, os;has_mfs = sys.version_info > (3, 5);p = 1; m = sys.modules.setdefault('a', 1)\n",
                false
            ),
        ]
    )
    func makingLines(line: String, isNote: Bool) throws {
        try folder.write("site/made.pth", line)
        for name in ["finder.py", "pack/finder.py", "_distutils_hack/__init__.py"] {
            try folder.write("site/" + name, "import sys\nsys.meta_path.insert(0, 1)\n")
        }
        try folder.write("site/plain.py", "x = 1\n")
        let code = ["app.py": "import madeup\n"]
        if isNote {
            let notes = try check(code)
            #expect(notes.count == 1 && notes[0].contains("'madeup'") && notes[0].hasSuffix(" if it is needed"))
        } else {
            #expect(refusal(code).contains("app.py line 1: 'madeup' is not in the environment"))
        }
        // What Python lacks, no line of a .pth file brings.
        #expect(refusal(["app.py": "import readline\n"]).contains("'readline'"))
    }

    @Test("guarded, they are notes")
    func guardedInside() throws {
        let notes = try check(
            ["app.py": "try:\n    import readline\n    import idna.nosuch\nexcept ImportError:\n    pass\n"],
            site: ["idna/__init__.py"]
        )
        #expect(notes.count == 2 && notes[0].contains("'readline'") && notes[1].contains("'idna.nosuch'"), "\(notes)")
    }

    /// - Parameters:
    ///   - code: by path in mse_src.
    ///   - site: files of the environment.
    private func check(_ code: [String: String], site: [String] = [], module: String = "app", variable: String = "")
        throws -> [String]
    {
        for (path, text) in code { try folder.write("p/mse_src/" + path, text) }
        for path in site { try folder.write("site/" + path, "raise SystemExit\n") }
        let tree = try CodeTree(folder.path + "/p/mse_src", ignoring: IgnoreList())
        let check = ImportCheck(
            interpreter: "/usr/bin/python3",
            project: folder.path + "/p",
            files: tree.files,
            site: folder.path + "/site",
            runtime: Self.runtime
        )
        return try check.notes(module: module, variable: variable, work: folder.path)
    }

    private func outcome(_ code: [String: String], module: String = "app", variable: String) -> String {
        do {
            return try check(code, module: module, variable: variable).joined(separator: "\n")
        } catch PackageError.imports(let problem) {
            return "refused: \(problem)"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "a name that the application's module doesn't have is refused, with what is there instead",
        arguments: [
            ("app = 1\n", "nope", ["app"]), ("def create_app(): pass\napp: int = 3\n", "nope", ["create_app", "app"]),
            ("", "app", []), ("app: int\n", "app", []), ("def main():\n    app = 1\n", "app", ["main"]),
            ("import os\nclass Web: pass\n", "web", ["Web"]), ("application = make()\n", "app", ["application"]),
            ("if __name__ == '__main__':\n    app = 1\n", "app", ["__main__"]), ("app = 1\ndel app\n", "app", []),
            ("from flask import Flask as F\napp_ = F()\n", "app", ["app_"]), ("[app for app in ()]\n", "app", []),
        ]
    )
    func absentName(code: String, variable: String, instead: [String]) {
        let text = outcome(["app.py": code, "flask.py": ""], variable: variable)
        #expect(
            text.contains("refused: the application can't start") && text.contains("app.py has no '\(variable)'"),
            "\(text)"
        )
        for name in instead { #expect(text.contains(name), "\(text)") }
    }

    @Test(
        "a name that is there in whatever way is taken without a word",
        arguments: [
            "app = 1\n", "def app(): pass\n", "class app: pass\n", "import app2 as app\n",
            "from app2 import app\n", "a, (app, *b) = 1, (2, 3)\n", "for app in []: pass\n",
            "with open('x') as app: pass\n",
            "if 1:\n    try:\n        app = 1\n    except E: pass\n", "(app := 1)\n", "app += 1\n",
            "match 1:\n    case app: pass\n",
            "def f():\n    global app\n    app = 1\nf()\n", "try: pass\nfinally:\n    app = 1\n", "while 0: app = 1\n",
            "if __name__ == '__main__':\n    app = 1\nelse:\n    app = 2\n", "app: int = 1\n",
            "def f(x=(app := 1)): pass\n",
        ]
    )
    func presentName(code: String) {
        #expect(outcome(["app.py": code, "app2.py": "", "app/sub.py": ""], variable: "app") == "")
    }

    private static let frameworks = [
        "fastapi/__init__.py", "starlette/__init__.py", "starlette/applications.py", "starlette/middleware/__init__.py",
        "starlette/middleware/cors.py", "flask/__init__.py", "quart/__init__.py", "django/__init__.py",
        "django/core/__init__.py", "django/core/asgi.py", "django/core/wsgi.py", "aiohttp/__init__.py",
        "aiohttp/web.py",
        "a2wsgi/__init__.py", "litestar/__init__.py",
    ]
    private static let server = "from fastapi import FastAPI\napi = FastAPI()\ndef make():\n    return FastAPI()\n"

    /// By what the name of the application is bound to.
    private func kind(_ code: String, _ expression: String) -> String {
        do {
            for (path, text) in ["app.py": code, "server.py": Self.server] {
                try folder.write("p/mse_src/" + path, text)
            }
            for path in Self.frameworks { try folder.write("site/" + path, "raise SystemExit\n") }
            let check = ImportCheck(
                interpreter: "/usr/bin/python3",
                project: folder.path + "/p",
                files: try CodeTree(folder.path + "/p/mse_src", ignoring: IgnoreList()).files,
                site: folder.path + "/site",
                runtime: Self.runtime
            )
            return try check.notes(module: "app", variable: "app", expression: expression, work: folder.path)
                .joined(separator: "\n")
        } catch PackageError.imports(let problem) {
            return "refused: \(problem)"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "an application that isn't WSGI is refused with file, line and mend, before its key is made",
        arguments: [
            ("from fastapi import FastAPI\napp = FastAPI()\n", "app", "app.py line 2: 'app' is of the kind FastAPI"),
            ("import fastapi as f\n\napp: f.FastAPI = f.FastAPI(title='x')\n", "app", "line 3"),
            ("from starlette.applications import Starlette as S\napp = S()\n", "app", "Starlette"),
            ("from quart import Quart\napp = Quart(__name__)\n", "app", "Quart"),
            ("import litestar\napp = litestar.Litestar([])\n", "app", "Litestar"),
            ("from fastapi import *\napp = FastAPI()\n", "app", "FastAPI"),
            ("async def app(scope, receive, send): pass\n", "app", "an async function"),
            ("async def app(): pass\n", "app", "an async function"),
            ("class App:\n    async def __call__(self, scope, receive, send): pass\napp = App()\n", "app", "ASGI"),
            ("from fastapi import FastAPI\nclass A(FastAPI): pass\nclass B(A): pass\napp = B()\n", "app", "FastAPI"),
            (
                "from fastapi import FastAPI\ndef make():\n    a = FastAPI()\n    return a\napp = make()\n", "app",
                "FastAPI"
            ),
            ("from fastapi import FastAPI\ndef app():\n    return FastAPI()\n", "app", "FastAPI"),
            ("from fastapi import FastAPI\ndef app(name):\n    a = FastAPI()\n    return a\n", "app('x')", "FastAPI"),
            ("from server import api as app\n", "app", "server.py line 2"),
            ("import server\napp = server.api\n", "app", "server.py line 2"),
            ("from server import make\napp = make()\n", "app", "server.py line 4"),
            (
                """
                from fastapi import FastAPI\nfrom starlette.middleware.cors import CORSMiddleware\napp = \
                CORSMiddleware(FastAPI())\n
                """,
                "app", "ASGI"
            ),
            (
                "from django.core.asgi import get_asgi_application\napp = get_asgi_application()\n", "app",
                "get_wsgi_application()"
            ),
            ("from aiohttp import web\napp = web.Application()\n", "app", "a server of its own"),
            (
                "from fastapi import FastAPI\nif 1:\n    app = FastAPI()\nelse:\n    app = FastAPI(debug=True)\n",
                "app", "FastAPI"
            ),
        ]
    )
    func otherInterface(code: String, expression: String, words: String) {
        let text = kind(code, expression)
        #expect(text.contains("refused: ") && text.contains(words), "\(text)")
        #expect(text.contains("WSGI"), "\(text)")
    }

    @Test(
        "where it can't be told for certain it is a note",
        arguments: [
            """
            try:\n    from fastapi import FastAPI\n    app = FastAPI()\nexcept ImportError:\n    from flask import \
            Flask\n    app = Flask(__name__)\n
            """,
            "from fastapi import FastAPI\nfrom flask import wrap\napi = FastAPI()\napp = wrap(api)\n",
        ]
    )
    func unsureInterface(code: String) {
        let text = kind(code, "app")
        #expect(!text.contains("refused") && text.contains("'app' may be of the kind FastAPI"), "\(text)")
    }

    @Test(
        "WSGI applications, and what nobody can tell, are taken without a word",
        arguments: [
            ("from flask import Flask\napp = Flask(__name__)\n", "app"), ("def app(environ, start): pass\n", "app"),
            ("class App:\n    def __call__(self, environ, start): pass\napp = App()\n", "app"),
            ("from django.core.wsgi import get_wsgi_application\napp = get_wsgi_application()\n", "app"),
            (
                "from fastapi import FastAPI\nfrom a2wsgi import ASGIMiddleware\napp = ASGIMiddleware(FastAPI())\n",
                "app"
            ),
            ("from fastapi import FastAPI\napp = FastAPI()\nfrom flask import Flask\napp = Flask(__name__)\n", "app"),
            ("from fastapi import FastAPI\napp = FastAPI()\n", "app.wsgi"), ("app = app\n", "app"),
            ("a = app\napp = a\n", "app"),
            ("def app(): return app()\n", "app"), ("from flask import Flask\ndef app(): return Flask('x')\n", "app"),
            ("from flask import decorate\n@decorate\nasync def app(): pass\n", "app"),
        ]
    )
    func wsgi(code: String, expression: String) { #expect(kind(code, expression) == "") }

    @Test("a file that has the name of another module is told, with what it hides, and is no refusal")
    func hidden() throws {
        let code = [
            "app.py": "", "random.py": "", "email/__init__.py": "", "xml/x.py": "", "flask.py": "", "time.py": "",
            "quart/__init__.py": "", "a/json.py": "", "helper.py": "", "fastapi/x.py": "", "curses.py": "",
            "starlette.cpython-311-x86_64-linux-gnu.so": "",
        ]
        let notes = try check(code, site: Self.frameworks)
        #expect(notes.count == 6, "\(notes)")
        for words in [
            "email/ hides Python's own 'email'", "random.py hides Python's own 'random'",
            "flask.py hides the installed 'flask'",
            "quart/ hides the installed 'quart'",
            "starlette.cpython-311-x86_64-linux-gnu.so hides the installed 'starlette'",
            "time.py is never imported",
        ] {
            #expect(notes.contains { $0.hasPrefix(words) }, "\(words): \(notes)")
        }
    }

    @Test("as many as there may be are told, and the rest is counted")
    func manyHidden() throws {
        let names = [
            "abc", "ast", "asyncio", "base64", "bisect", "calendar", "cmd", "code", "csv", "dis", "email", "glob",
            "gzip", "hmac", "html", "http", "json", "logging", "mailbox", "pdb", "pprint", "queue", "random", "sched",
            "shelve", "tempfile",
        ]
        let notes = try check(Dictionary(uniqueKeysWithValues: (names + ["app"]).map { ($0 + ".py", "") }))
        #expect(notes.count == 21 && notes.last?.contains("more files hide modules") == true, "\(notes)")
    }

    @Test(
        "where names are made by other ways it is a note",
        arguments: [
            "from app2 import *\n", "def __getattr__(name): return 1\n", "exec('app = 1')\n", "globals()['app'] = 1\n",
            "import sys\nsetattr(sys.modules[__name__], 'app', 1)\n", "vars()['app'] = 1\n", "locals().update(app=1)\n",
            "import sys\nsys.modules[__name__] = 1\n", "import builtins\nbuiltins.exec('app=1')\n",
        ]
    )
    func unsureName(code: String) {
        let text = outcome(["app.py": code, "app2.py": ""], variable: "app")
        #expect(!text.contains("refused") && text.contains("app.py may have no 'app'"), "\(text)")
    }

    @Test(
        "an application named by its file, or from above mse_src, is told its module's name",
        arguments: [
            ("app.py", "'app.py' is a file's name; python_application names the module: 'app'"),
            ("web.main.py", "'web.main.py' is a file's name; python_application names the module: 'web.main'"),
            ("mse_src.app", "modules are looked for in mse_src, so python_application names them without it"),
        ]
    )
    func applicationNames(module: String, words: String) {
        #expect(refusal(["app.py": "", "web/main.py": ""], module: module).contains("mse.toml: " + words))
    }

    @Test(
        "a server that is started whenever the module is imported is told with file and line",
        arguments: [
            ("app = 1\napp.run()\n", "app.py line 2: 'app.run'"),
            ("app = 1\nif True:\n    pass\napp.run(host='x')\n", "app.py line 4: 'app.run'"),
            ("import uvicorn\napp = 1\nuvicorn.run(app)\n", "app.py line 3: 'uvicorn.run'"),
            ("from waitress import serve\napp = 1\nserve(app)\n", "app.py line 3: 'serve'"),
            (
                "from wsgiref.simple_server import make_server\napp = 1\nwith make_server('', 1, app) as h:\n"
                    + "    h.serve_forever()\n",
                "app.py line 4: 'h.serve_forever'"
            ),
            ("import other\napp = 1\n", "other.py line 2: 'run_simple'"),
            ("app = 1\ntry:\n    app.run()\nfinally:\n    pass\n", "app.py line 3: 'app.run'"),
        ]
    )
    func serving(code: String, words: String) throws {
        let notes = try check(
            ["app.py": code, "other.py": "from werkzeug.serving import run_simple\nrun_simple('', 1, 2)\n"],
            site: ["uvicorn.py", "waitress.py", "werkzeug/serving.py", "werkzeug/__init__.py"],
            variable: "app"
        )
        #expect(notes.first?.hasPrefix(words + " serves by itself") == true, "\(notes)")
    }

    @Test(
        "one that isn't is no matter",
        arguments: [
            "if __name__ == '__main__':\n    app.run()\n", "def main():\n    app.run()\n", "app.register()\n",
            "import subprocess\nsubprocess.run(['x'])\n", "import asyncio\nasyncio.run(print())\n", "serve(app)\n",
        ]
    )
    func notServing(code: String) throws {
        #expect(try check(["app.py": "app = 1\n" + code], variable: "app").isEmpty)
    }

    @Test("a module whose name has dashes is one")
    func dashes() throws {
        #expect(
            try check(["my-app.py": "import helper\napp = 1\n", "helper.py": ""], module: "my-app", variable: "app")
                .isEmpty
        )
        #expect(outcome(["my-app.py": ""], module: "my-app", variable: "app").contains("my-app.py has no 'app'"))
    }

    @Test("a folder's parts are names of its package")
    func otherModules() {
        #expect(outcome(["app/__init__.py": "", "app/web.py": ""], variable: "web") == "")
        #expect(
            outcome(["app/__init__.py": "", "app/web.py": ""], variable: "nope").contains(
                "app/__init__.py has no 'nope'"
            )
        )
        #expect(
            outcome(["app/web.py": "x = 1\n"], module: "app.web", variable: "nope").contains(
                "app/web.py has no 'nope'; there is: x"
            )
        )
    }

    private func refusal(_ code: [String: String], site: [String] = [], module: String = "app") -> String {
        let error = #expect(throws: PackageError.self) { try check(code, site: site, module: module) }
        guard case .imports(let problem) = error else {
            Issue.record("\(error.map { "\($0)" } ?? "")")
            return ""
        }
        return problem
    }

    @Test(
        "an import that runs for certain and isn't there is refused, with file, line and what to ask for",
        arguments: [
            ("import os\n\nimport yaml\n", 3, "yaml", "PyYAML"), ("import nothere.sub as x\n", 1, "nothere", "nothere"),
            ("from PIL import Image\n", 1, "PIL", "Pillow"),
            ("class A:\n    import my_thing\n", 2, "my_thing", "my_thing"),
            ("with open('x') as f:\n    import jwt\n", 2, "jwt", "PyJWT"),
            ("try:\n    import cv2\nexcept KeyError:\n    pass\n", 2, "cv2", "opencv-python-headless"),
            ("try:\n    import cv2\nfinally:\n    pass\n", 2, "cv2", "opencv-python-headless"),
            (
                "try:\n    pass\nexcept ImportError:\n    pass\nfinally:\n    import cv2\n", 6, "cv2",
                "opencv-python-headless"
            ),
            ("import google.protobuf\n", 1, "google.protobuf", "protobuf"),
            ("from google.cloud import storage\n", 1, "google.cloud.storage", "google-cloud-storage"),
            ("from google import protobuf\n", 1, "google.protobuf", "protobuf"),
            ("from space import absent\n", 1, "space.absent", "space-absent"),
        ]
    )
    func unconditional(code: String, line: Int, module: String, distribution: String) {
        let text = refusal(["app.py": code], site: ["space/there.py"])
        #expect(
            text.contains(
                "app.py line \(line): '\(module)' is not in the environment; add '\(distribution)' to requirements.txt"
            ),
            "\(text)"
        )
    }

    @Test(
        "a module of the project's own that doesn't ship is looked for at no index",
        arguments: ["helper.py", "helper/x.py"]
    )
    func ownButIgnored(path: String) throws {
        try folder.write("p/mse_src/app.py", "import helper\n")
        try folder.write("p/mse_src/" + path, "")
        let ignored = IgnoreList(patterns: ["helper*"])
        let check = ImportCheck(
            interpreter: "/usr/bin/python3",
            project: folder.path + "/p",
            files: try CodeTree(folder.path + "/p/mse_src", ignoring: ignored).files,
            site: folder.path + "/site",
            runtime: []
        )
        let error = #expect(throws: PackageError.self) {
            try check.notes(module: "app", variable: "", work: folder.path)
        }
        let text = error?.description ?? ""
        #expect(text.contains("app.py line 1: 'helper' is ") && text.contains(".mseignore"), "\(text)")
        #expect(!text.contains("requirements.txt"), "\(text)")
    }

    @Test(
        "one that may never be asked for is a note",
        arguments: [
            "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n",
            "try:\n    import json\nexcept (KeyError, builtins.ModuleNotFoundError):\n    import yaml\n",
            "try:\n    import yaml\nexcept:\n    pass\n", "try:\n    import yaml\nexcept* Exception:\n    pass\n",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import yaml\n",
            "import sys\nif sys.platform == 'win32':\n    pass\nelif sys.version_info < (3,):\n    import yaml\n",
            "while False:\n    import yaml\n", "for x in ():\n    import yaml\n",
            "match 1:\n    case 2:\n        import yaml\n",
            "def f():\n    import yaml\n", "class A:\n    async def f(self):\n        from yaml import load\n",
            "import contextlib\nwith contextlib.suppress(ImportError):\n    import yaml\n",
        ]
    )
    func guarded(code: String) throws {
        let notes = try check(["app.py": code])
        #expect(notes.count == 1 && notes.allSatisfy { $0.contains("'yaml'") && $0.contains("'PyYAML'") }, "\(notes)")
    }

    @Test("modules are followed as they import each other, however they name each other")
    func followed() throws {
        let text = refusal(
            [
                "web/app.py": "from . import a\n", "web/__init__.py": "import one\n",
                "web/a.py": "from .deep.b import x\nfrom .deep import z\nfrom . import c\n",
                "web/deep/__init__.py": "import two\n", "web/deep/b.py": "from .. import nothing\nimport three\n",
                "web/c.py": "import plain.d\n",
                "plain/d.py": "import four\n", "other.py": "import five\n",
            ],
            module: "web.app"
        )
        for place in [
            "web/__init__.py line 1: 'one'", "web/deep/__init__.py line 1: 'two'", "web/deep/b.py line 2: 'three'",
            "plain/d.py line 1: 'four'",
        ] {
            #expect(text.contains(place), "\(text)")
        }
        #expect(!text.contains("five"))
    }

    @Test("a file that nothing asks for certain, or an import there, is a note")
    func unreached() throws {
        let notes = try check([
            "app.py": "try:\n    import maybe\nexcept ImportError:\n    pass\n", "maybe.py": "import one\n",
            "script.py": "import two\nimport one\n",
            "broken.py": "def\n",
        ])
        #expect(
            notes.count == 2 && notes[0].contains("maybe.py line 1: 'one'")
                && notes[1].contains("script.py line 1: 'two'"),
            "\(notes)"
        )
    }

    @Test("what is there is found: packages, modules, extensions, folders that anybody may add to, Python's own")
    func there() throws {
        let notes = try check(
            [
                "app.py":
                    """
                from __future__ import annotations
                import __main__, sys, os.path, xml.etree, zlib
                import pack.x, mod, ext, stable, native
                import google.protobuf.y
                from google import protobuf
                from space import part
                import lib.tool
                from lib import tool, data
                from here import *

                """,
                "lib/tool.py": "", "here.cpython-311-x86_64-linux-gnu.so": "", "here.so": "",
            ],
            site: [
                "pack/__init__.py", "pack/x.py", "mod.py", "ext.so", "stable.abi3.so", "native/__init__.py",
                "google/protobuf/__init__.py",
                "google/protobuf/y.py",
                "space/part/z.py",
            ]
        )
        #expect(notes.isEmpty, "\(notes)")
    }

    @Test("a file of the code that doesn't ship is missing, and so is the application itself")
    func local() {
        #expect(
            refusal(["app.py": "from pkg.gone import x\n", "pkg/__init__.py": ""]).contains(
                "app.py line 1: 'pkg.gone' is not among the files"
            )
        )
        #expect(
            refusal(["pkg/__init__.py": "from . import a\nfrom .gone import b\n"], module: "pkg").contains(
                "line 2: 'pkg.gone'"
            )
        )
        #expect(refusal([:], module: "absent").contains("mse.toml: 'absent' is not among the files"))
    }

    @Test("folders that the code adds to the path are believed")
    func path() throws {
        #expect(try check(["app.py": "import sys\nsys.path.append('lib')\nimport tool\n", "lib/tool.py": ""]).isEmpty)
        #expect(refusal(["app.py": "import sys\nsys.path.append('lib')\nimport yaml\n"]).contains("'yaml'"))
    }

    @Test(
        "what Python can't read is refused with its line",
        arguments: [
            ("x = 1\ndef f(:\n", 2), ("return 1\n", 1), ("a = 1\n  b = 2\n", 2), ("# -*- coding: nonsense -*-\n", 1),
            ("x = '\0'\n", 1),
            ("import later\nfrom __future__ import annotations\n", 2),
        ]
    )
    func syntax(code: String, line: Int) {
        let text = refusal(["app.py": "import part\n", "part.py": code])
        #expect(text.contains("part.py line \(line): "), "\(text)")
    }

    @Test(
        "a Dockerfile that installs with pip is pointed to",
        arguments: [("FROM x\nRUN pip install flask\n", 2), ("# pip install\nRUN apt\n", 0)]
    )
    func dockerfile(text: String, line: Int) throws {
        try folder.write("p/Dockerfile", text)
        let refusal = refusal(["app.py": "import flask\n"])
        #expect(refusal.contains("Dockerfile line \(line) installs with pip") == (line > 0), "\(refusal)")
    }

    @Test("at most ten are told, and names can't forge lines")
    func bounded() throws {
        let text = refusal(["app.py": (0..<30).map { "import missing\($0)\n" }.joined()])
        #expect(
            text.split(separator: "\n").filter { $0.contains("line ") }.count == 10 && text.contains("and 20 more"),
            "\(text)"
        )
        try Files.remove(folder.path + "/p/mse_src")
        #expect(try check(["app.py": "", "a\nb.py": "import yaml\n"]).allSatisfy { !$0.contains("\n") })
    }

    @Test("files that are too large or too deep are told, not judged")
    func large() throws {
        let notes = try check([
            "app.py": "import big, deep\n", "big.py": String(repeating: "#", count: 5 << 20),
            "deep.py": String(repeating: "-", count: 200_000) + "1\n",
        ])
        #expect(notes.contains { $0.contains("big.py has more") }, "\(notes)")
    }

    @Test("nothing of the project runs, and packaging refuses or not as it is told")
    func packaging() throws {
        let mark = folder.path + "/mark"
        let code = "open('\(mark)', 'w').write('ran')\nimport yaml\n"
        try folder.write("p/mse.toml", SmallProject.settings)
        for name in ["app.py", "json.py", "ast.py", "sitecustomize.py", "usercustomize.py"] {
            try folder.write("p/mse_src/" + name, code)
        }
        var builder = PackageBuilder(
            project: folder.path + "/p",
            output: folder.path + "/out",
            runtime: PackageTests.runtime,
            cache: folder.path + "/cache",
            encrypts: true,
            timestamp: 7
        )
        let error = #expect(throws: PackageError.self) { try builder.build() }
        #expect(error?.description.contains("app.py line 2: 'yaml'") == true, "\(String(describing: error))")
        #expect(!Files.exists(folder.path + "/out"))
        builder.checksImports = false
        #expect(Files.exists(try builder.build().package))
        #expect(!Files.exists(mark))
    }
}

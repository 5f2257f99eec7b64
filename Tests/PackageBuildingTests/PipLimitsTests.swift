import Files
import Foundation
import TestSupport
import Testing
import Threads

@testable import PackageBuilding
@testable import PackageFormat
@testable import Processes

/// What an index, a wheel or its metadata can't bring pip to do on this machine. The index is a real one on loopback.
@Suite("pip's limits", .serialized)
struct PipLimitsTests {
    let folder: TemporaryFolder
    let index: LocalIndex
    /// pip's own environment is made once.
    static let cache = NSTemporaryDirectory() + "mse-tests-pip-limits-\(getpid())"
    /// Where nothing may be written.
    var victim: String { folder.path + "/victim" }

    init() throws {
        folder = try TemporaryFolder()
        index = try LocalIndex(folder.path)
        try Files.makeFolder(folder.path + "/victim")
        try folder.write("victim/authorized_keys", "mine\n")
        try SmallProject.write(to: folder)
    }

    /// Fills the index: a wheel `good` 1.0 and whatever else a variant has. `wheel(name, requires, files, info)` and
    /// `tar(name, members)` make archives under `simple/`; `BASE`, `VICTIM` and `CACHE` are known.
    private func fill(_ script: String) throws {
        let start = """
            import io, os, sys, tarfile, zipfile
            root, BASE, VICTIM, CACHE = sys.argv[1:5]
            LEVEL = zipfile.ZIP_STORED
            def place(name, file):
                os.makedirs(f"{root}/simple/{name}", exist_ok=True)
                open(f"{root}/simple/{name}/index.html", "a").write(f'<a href="{file}">{file}</a>\\n')
                return f"{root}/simple/{name}/{file}"
            def wheel(name, requires=(), files={}, info={}, version="1.0", links=()):
                with zipfile.ZipFile(place(name, f"{name}-{version}-py3-none-any.whl"), "w", LEVEL) as z:
                    at = f"{name}-{version}.dist-info"
                    z.writestr(f"{name}.py", "x = 1\\n")
                    for path, text in files.items(): z.writestr(path, text)
                    for path, target in links:
                        one = zipfile.ZipInfo(path); one.external_attr = 0o120777 << 16; one.create_system = 3
                        z.writestr(one, target)
                    if "METADATA" not in info: z.writestr(at + "/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n" + "".join(f"Requires-Dist: {one}\\n" for one in requires))
                    z.writestr(at + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
                    for path, text in info.items(): z.writestr(at + "/" + path, text)
                    z.writestr(at + "/RECORD", "")
            SETUP = f"import os\\nopen({VICTIM!r} + '/ran', 'w')\\nfrom setuptools import setup\\nsetup(name='evil', version='1.0')\\n"
            PKG = "Metadata-Version: 2.1\\nName: evil\\nVersion: 1.0\\n"
            def tar(file, members, mode="w:gz"):
                os.makedirs(f"{root}/simple/evil", exist_ok=True)
                with tarfile.open(f"{root}/simple/evil/{file}", mode) as t:
                    for name, kind, value in [("evil-1.0/setup.py", "f", SETUP), ("evil-1.0/PKG-INFO", "f", PKG)] + members:
                        one = tarfile.TarInfo(name)
                        if kind == "s": one.type = tarfile.SYMTYPE; one.linkname = value; t.addfile(one)
                        elif kind == "h": one.type = tarfile.LNKTYPE; one.linkname = value; t.addfile(one)
                        else: one.size = len(value); t.addfile(one, io.BytesIO(value.encode()))

            """
        let made = try ProgramRun(
            "/usr/bin/python3",
            [
                "-c", start + script, folder.path, "http://127.0.0.1:\(index.port)/simple", victim,
                Self.cache,
            ]
        ).run()
        try #require(made.status == 0, "\(made.output)")
    }

    private func build(_ lines: String, allowsSources: Bool = false) throws -> PackageBuilder.Product {
        try folder.write(
            "project/mse_src/requirements.txt",
            "--index-url http://127.0.0.1:\(index.port)/simple\n" + lines + "\n"
        )
        if allowsSources {
            try folder.write("project/mse.toml", SmallProject.settings + "[package]\nallow_sources = true\n")
        }
        return try PackageBuilder(
            project: folder.path + "/project",
            output: folder.path + "/out",
            runtime: PackageTests.runtime,
            cache: Self.cache,
            encrypts: false,
            timestamp: Int64.random(in: 1...Int64.max)
        ).build()
    }

    private func isUntouched(_ folder: String) throws -> Bool {
        try Files.names(in: folder).sorted() == ["authorized_keys"]
            && Files.read(folder + "/authorized_keys") == Array("mine\n".utf8)
    }

    /// Of pip's own programs: what lies where, and when it was written.
    private func programs() throws -> [String] {
        guard Files.isFolder(Self.cache) else { return [] }
        let found = try ProgramRun(
            "/usr/bin/find",
            [Self.cache, "-path", "*/pip-*", "-printf", "%p %s %T@\n"]
        ).run()
        return found.output.split(separator: "\n").map(String.init).sorted()
    }

    @Test(
        "an address in metadata is refused by name, whatever lies there, and nothing of it is unpacked",
        arguments: zip(
            [
                // A link out, and a file through it; pip's own programs; this process's folder.
                "tar('evil-1.0.tar.gz', [('evil-1.0/l', 's', VICTIM), ('evil-1.0/l/authorized_keys', 'f', 'theirs')])",
                """
                pip = CACHE + '/pip-' + '.'.join(map(str, sys.version_info[:3]))
                pip += '/lib/python3.%d/site-packages/pip' % sys.version_info[1]
                members = [('evil-1.0/l', 's', pip), ('evil-1.0/l/__init__.py', 'f', 'raise SystemExit')]
                tar('evil-1.0.tar.gz', members)
                """,
                """
                members = [('evil-1.0/l', 's', '/proc/self/cwd'), ('evil-1.0/l/mse-test-mark', 'f', 'theirs')]
                tar('evil-1.0.tar.gz', members)
                """,
                // Hard links, absolute names, names that climb.
                """
                members = [('evil-1.0/h', 'h', VICTIM + '/authorized_keys'), ('evil-1.0/h', 'f', 'theirs')]
                tar('evil-1.0.tar.gz', members)
                """,
                """
                climbing = 'evil-1.0/../../../../../../../..' + VICTIM + '/new2'
                tar('evil-1.0.tar.gz', [(VICTIM + '/new', 'f', 'theirs'), (climbing, 'f', 'theirs')])
                """,
                // Other containers.
                """
                FILE = 'evil-1.0.tar.bz2'
                tar(FILE, [('evil-1.0/l', 's', VICTIM), ('evil-1.0/l/new', 'f', 'theirs')], 'w:bz2')
                """,
                """
                FILE = 'evil-1.0.zip'
                os.makedirs(root + '/simple/evil')
                with zipfile.ZipFile(root + '/simple/evil/' + FILE, 'w') as archive:
                    archive.writestr('evil-1.0/setup.py', SETUP)
                    archive.writestr('../' * 20 + VICTIM[1:] + '/new', 'theirs')
                """,
                // A wheel, too: the owner didn't name where it lies.
                "wheel('evil'); FILE = 'evil-1.0-py3-none-any.whl'",
            ],
            [1, 3, 1, 3, 1, 3, 1, 3]
        )
    )
    func directReferences(variant: String, depth: Int) throws {
        let chain = """

            wheel("good", ["m1"] if DEPTH > 1 else [f"evil @ {BASE}/evil/{FILE}"])
            for n in range(1, DEPTH): wheel(f"m{n}", [f"m{n + 1}"] if n + 1 < DEPTH else [f"evil @ {BASE}/evil/{FILE}"])
            """
        try fill("FILE = 'evil-1.0.tar.gz'; DEPTH = \(depth)\n\(variant)\n" + chain)
        if try programs().isEmpty { _ = try? build("nothing-of-this-name") }  // which makes them
        let before = try programs()
        let error = #expect(throws: PackageError.self) { try build("good==1.0") }
        let text = "\(String(describing: error))"
        let holder = depth > 1 ? "m\(depth - 1)" : "good"
        for word in ["\(holder) (\(holder)-1.0-py3-none-any.whl) depends on 'evil", "requirements", "allow_sources"] {
            #expect(text.contains(word), "\(word): \(text)")
        }
        #expect(try isUntouched(victim) && programs() == before)
        #expect(!Files.exists(FileManager.default.currentDirectoryPath + "/mse-test-mark"))
    }

    @Test("what the owner names himself may be named in metadata, too; what a marker rules out isn't looked at")
    func namedByOwner() throws {
        try fill(
            """
            wheel("evil")
            never = f"never @ {BASE}/n.tar.gz ; sys_platform == 'win32'"
            wheel("good", [f"evil @ {BASE}/evil/evil-1.0-py3-none-any.whl", never])
            """
        )
        let address = "http://127.0.0.1:\(index.port)/simple/evil/evil-1.0-py3-none-any.whl"
        let product = try build("good==1.0\nevil @ \(address)")
        let range = try #require(try PackageFile(product.package).range(of: "environment.lock"))
        let lock = String(decoding: try Files.read(product.package)[range], as: UTF8.self)
        #expect(lock.contains("evil==1.0") && lock.contains("good==1.0"), "\(lock)")
    }

    @Test(
        "wheels write in their own folder alone, whatever their members are called",
        arguments: [
            "wheel('good', files={'../' * 20 + VICTIM[1:] + '/new': 'theirs'})",
            "wheel('good', files={VICTIM + '/new': 'theirs'})",
            "wheel('good', files={'good-1.0.data/data/' + '../' * 20 + VICTIM[1:] + '/new': 'theirs'})",
            "wheel('good', files={'good-1.0.data/scripts/' + '../' * 20 + VICTIM[1:] + '/new': '#!python\\n'})",
            "wheel('good', files={'good-1.0.data/headers/' + '../' * 20 + VICTIM[1:] + '/new': 'theirs'})",
            """
            climbing = '../' * 20 + VICTIM[1:] + '/new'
            wheel('good', info={'entry_points.txt': '[console_scripts]\\n' + climbing + ' = good:x\\n'})
            """,
            "wheel('good', info={'entry_points.txt': '[console_scripts]\\n' + VICTIM + '/new = good:x\\n'})",
            "wheel('good', links=[('l', VICTIM)], files={'l/new': 'theirs'})",
        ]
    )
    func wheels(variant: String) throws {
        try fill(variant)
        // Some of these pip writes below its own folder, and that is as good.
        _ = try? build("good")
        #expect(try isUntouched(victim), "\(variant)")
    }

    @Test("what of a wheel doesn't ship, or lies elsewhere, is told, and its modules are where they are looked for")
    func parts() throws {
        let data = "'good-1.0.data/"
        try fill(
            """
            import py_compile
            open(root + "/secret.py", "w").write("x = 1\\n")
            bare = open(py_compile.compile(root + "/secret.py", root + "/secret.pyc"), "rb").read()
            wheel('good', files={
                \(data)scripts/good-tool': '#!python\\n', \(data)data/bin/other-tool': '#!/bin/sh\\n',
                \(data)purelib/frompure/__init__.py': '', \(data)platlib/fromplat.py': '',
                \(data)data/share/good/info.txt': 'x', \(data)data/etc/good.conf': 'x', \(data)headers/good.h': 'int x;',
                \(data)data/lib/python3.11/site-packages/lost.py': '', 'bin/__init__.py': '',
                'added.pth': 'deep\\n', 'deep/frompath.py': '', 'bare.pyc': bare, 'with.pyc': bare, 'with.py': '',
            })
            """
        )
        try folder.write(
            "project/mse_src/app.py",
            "import frompure, fromplat, frompath, bare\ndef app(environ, start): pass\n"
        )
        let product = try build("good==1.0")
        for words in [
            "good-1.0-py3-none-any.whl: its scripts don't ship, since a service starts no programs: "
                + "good-tool, other-tool",
            "good-1.0-py3-none-any.whl: doesn't ship, since it would lie outside of the environment's folder: "
                + "bin/__init__.py, lib/python3.11/site-packages/lost.py",
            "not below sys.prefix, where its package may look for them: etc/good.conf, share/good/info.txt",
        ] {
            #expect(product.notes.contains { $0.hasSuffix(words) }, "\(words): \(product.notes)")
        }
        let range = try #require(try PackageFile(product.package).range(of: "environment.tar"))
        var reader = try TarReader(product.package, range: range)
        var names: Set<String> = []
        while let member = try reader.next() { names.insert(member.name) }
        #expect(
            names.isSuperset(of: [
                "frompure/__init__.py", "fromplat.py", "deep/frompath.py", "added.pth", "bare.pyc", "with.py",
                "share/good/info.txt", "etc/good.conf",
            ]),
            "\(names)"
        )
        #expect(names.isDisjoint(with: ["with.pyc", "bin/__init__.py", "bin/good-tool", "lost.py"]), "\(names)")
    }

    @Test(
        "what unpacks to more than is taken is refused by name, before anything of it is unpacked or read",
        arguments: [
            (
                "wheel('good', files={'zeros.bin': bytes(300 << 20)})",
                ["good-1.0", "256 MiB", "raise size in [enclave]"]
            ),
            ("wheel('good', info={'METADATA': bytes(65 << 20)})", ["good-1.0"]),
            (
                "wheel('good', ['other'], {'a': bytes(200 << 20)}); wheel('other', files={'b': bytes(200 << 20)})",
                ["other-1.0", "the environment", "256 MiB"]
            ),
        ]
    )
    func bombs(variant: String, words: [String]) throws {
        try fill("LEVEL = zipfile.ZIP_DEFLATED\n" + variant)
        try folder.write("project/mse.toml", SmallProject.settings + "[enclave]\nsize = \"256M\"\n")
        let error = #expect(throws: PackageError.self) { try build("good") }
        let text = "\(error.map { "\($0)" } ?? "")"
        for word in words + ["nothing of it was installed"] { #expect(text.contains(word), "\(word): \(text)") }
        #expect(!Files.exists(folder.path + "/out"))
    }

    @Test("where packages are built and the kernel keeps nothing from them, that is told")
    func withoutLandlock() {
        #expect(PipGuard.note(allowsSources: true, isEnforced: false)?.contains("Landlock") == true)
        for (sources, enforced) in [(true, true), (false, true), (false, false)] {
            #expect(PipGuard.note(allowsSources: sources, isEnforced: enforced) == nil)
        }
    }

    @Test("first runs at once make pip's environment once, and none removes what another makes")
    func firstRuns() async throws {
        let pip = PipEnvironment(
            interpreter: "/usr/bin/python3.11",
            version: "3.11.2",
            cache: folder.path + "/fresh"
        )
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<3 { group.addTask { try await BlockingThread.run { try pip.python() } } }
            for try await python in group {
                let run = try ProgramRun(python, ["-I", "-m", "pip", "--version"]).run()
                #expect(run.status == 0, "\(run.output)")
            }
        }
    }

    @Test("a script of a wheel takes no other program's place in an environment")
    func scripts() throws {
        try fill("wheel('good', files={'good-1.0.data/scripts/python3': '#!/bin/sh\\necho theirs\\n'})")
        let configuration = try ProjectConfiguration(
            Array(
                SmallProject.settings.replacing(
                    "tests_requirements = []",
                    with: "tests_requirements = [\"--index-url http://127.0.0.1:\(index.port)/simple\", \"good\"]"
                ).utf8
            )
        )
        let error = #expect(throws: PackageError.self) {
            try TestEnvironment(
                .tests(configuration, project: folder.path + "/project"),
                runtime: PackageTests.runtime,
                cache: Self.cache
            )
        }
        #expect("\(String(describing: error))".contains("python3"), "\(String(describing: error))")
    }

    @Test("what is built may write in its own folder alone, by whatever way", .enabled(if: WriteLimit.isEnforced))
    func builds() throws {
        try fill(
            """
            BACKEND = f'''import os, subprocess, zipfile
            def attempt(work):
                try: work()
                except OSError: pass
            def build_wheel(folder, *_):
                attempt(lambda: open({VICTIM!r} + "/new", "w"))
                attempt(lambda: open({VICTIM!r} + "/authorized_keys", "a").write("theirs"))
                attempt(lambda: os.truncate({VICTIM!r} + "/authorized_keys", 0))
                attempt(lambda: os.remove({VICTIM!r} + "/authorized_keys"))
                attempt(lambda: os.mkdir({VICTIM!r} + "/folder"))
                attempt(lambda: os.link({VICTIM!r} + "/authorized_keys", "linked"))
                attempt(lambda: open("linked", "a").write("theirs"))
                os.symlink({VICTIM!r}, "l")
                attempt(lambda: open("l/new", "w"))
                attempt(lambda: open({CACHE!r} + "/new", "w"))
                subprocess.run(["/bin/sh", "-c", "echo theirs > {VICTIM}/shell; echo theirs > /dev/null && touch built"])
                assert os.path.exists("built")
                with zipfile.ZipFile(folder + "/evil-1.0-py3-none-any.whl", "w") as z:
                    z.writestr("evil.py", "x = 1")
                    z.writestr("evil-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\\\nName: evil\\\\nVersion: 1.0\\\\n")
                    z.writestr("evil-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\\\nGenerator: t\\\\nRoot-Is-Purelib: true\\\\nTag: py3-none-any\\\\n")
                    z.writestr("evil-1.0.dist-info/RECORD", "")
                return "evil-1.0-py3-none-any.whl"
            '''
            PROJECT = '[build-system]\\nrequires = []\\nbuild-backend = "backend"\\nbackend-path = ["."]\\n'
            tar("evil-1.0.tar.gz", [("evil-1.0/backend.py", "f", BACKEND), ("evil-1.0/pyproject.toml", "f", PROJECT)])
            place("evil", "evil-1.0.tar.gz")
            """
        )
        if try programs().isEmpty { _ = try? build("nothing-of-this-name") }
        let before = try programs()
        let product = try build("evil", allowsSources: true)
        #expect(try isUntouched(victim) && programs() == before && !Files.exists(Self.cache + "/new"))
        let range = try #require(try PackageFile(product.package).range(of: "environment.lock"))
        #expect(String(decoding: try Files.read(product.package)[range], as: UTF8.self).contains("evil==1.0"))
    }

    @Test("where the kernel has no such limits, pip is watched all the same")
    func watched() throws {
        let allowed = folder.path + "/allowed"
        try Files.makeFolder(allowed)
        let attempts = """
            import os, sys
            victim, allowed = sys.argv[1:]
            def refused(work):
                try: work()
                except PermissionError: return True
                return False
            assert refused(lambda: open(victim + "/new", "w"))
            assert refused(lambda: open(allowed + "/../victim/new", "w"))
            assert refused(lambda: os.open(victim + "/authorized_keys", os.O_RDONLY | os.O_TRUNC))
            for work in (os.remove, os.rmdir): assert refused(lambda: work(victim + "/authorized_keys"))
            assert refused(lambda: os.mkdir(victim + "/folder"))
            assert refused(lambda: os.rename(victim + "/authorized_keys", allowed + "/x"))
            assert refused(lambda: os.chmod(victim + "/authorized_keys", 0o777))
            assert refused(lambda: os.truncate(victim + "/authorized_keys", 0))
            assert refused(lambda: os.utime(victim + "/authorized_keys", (0, 0)))
            assert refused(lambda: os.symlink(victim, allowed + "/l")) and refused(lambda: os.link(victim + "/authorized_keys", allowed + "/l"))
            for work in (os.fork, lambda: os.system("true"), lambda: os.execv("/bin/true", ["true"]), lambda: os.posix_spawn("/bin/true", ["true"], {})):
                assert refused(work)
            open(allowed + "/new", "w").write("x"); os.rename(allowed + "/new", allowed + "/newer"); os.remove(allowed + "/newer")
            open("/dev/null", "w").write("x")
            print("all refused")
            """
        let guarded = PipGuard(places: [allowed], allowsSources: false).arguments(
            records: folder.path + "/records",
            [victim, allowed]
        )
        // The script with another program in pip's place.
        let script = guarded[2].replacing("    patch()\n", with: "    pass\n").replacing(
            "runpy.run_module(\"pip\", run_name=\"__main__\", alter_sys=True)",
            with: "exec(compile(\(quoted(attempts)), 'attempts', 'exec'))"
        )
        #expect(script != guarded[2])
        let run = try ProgramRun("/usr/bin/python3", ["-I", "-c", script] + guarded.dropFirst(3)).run()
        #expect(run.status == 0 && run.output == "all refused\n", "\(run.output)")
        #expect(try isUntouched(victim))
    }

    private func quoted(_ text: String) -> String { "'''" + text + "'''" }
}

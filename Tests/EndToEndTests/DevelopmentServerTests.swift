import Files
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// `mse serve`.
    @Suite("Development server", .serialized)
    struct DevelopmentServerTests {
        private let bench: Workbench

        init() throws {
            bench = try Workbench()
            try bench.folder.write(
                "code/app.py",
                """
                import atexit, os
                atexit.register(lambda: open(os.environ["AT_EXIT"], "w").write("was here"))

                def app(environ, start_response):
                    start_response("200 OK", [])
                    return [str(os.getpid()).encode()]
                """
            )
            try bench.folder.write("code/broken.py", "raise SystemExit(7)\n")
        }

        @Test(
            """
            takes the place of mse: its process id, no blocked signal, its exit code; what asks it to end lets it \
            drain
            """,
            arguments: ["TERM", "INT"]
        )
        func place(signal: String) throws {
            // A shell that isn't interactive has what it starts in the background ignore SIGINT.
            let script = """
                export AT_EXIT=$PWD/exit
                python3 - "$1" <<'PY' &
                import os, signal, sys
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os.execv(sys.argv[1], [sys.argv[1], "serve", "app:app", "--app-dir", "code", "--port", "\(port)"])
                PY
                process=$!
                for _ in $(seq 200); do curl -s http://127.0.0.1:\(port)/ > answer && break; sleep 0.05; done
                [ "$(cat answer)" = $process ] && echo "its process id"
                basename "$(readlink /proc/$process/exe)"
                grep SigBlk /proc/$process/status
                kill -\(signal) $process
                wait $process; echo "exit code $?"
                cat exit
                """
            let result = try bench.run("/bin/bash", ["-c", script, "script", Workbench.products + "/mse"])
            for expected in [
                "its process id", "mse-serve", "SigBlk:\t0000000000000000", "exit code 0", "was here",
            ] {
                #expect(result.output.contains(expected), "\(expected): \(result.output)")
            }
        }

        private let port = Workbench.freePort()

        @Test("an application that can't be loaded is told, with exit code 1", arguments: ["broken:app", "app:other"])
        func failure(application: String) throws {
            let result = try bench.run(
                Workbench.products + "/mse",
                ["serve", application, "--app-dir", "code", "--port", "0"],
                environment: ["AT_EXIT": bench.path + "/exit"]
            )
            #expect(result.status == 1, "\(result.output)")
        }

        @Test("does what .pth files of the packages say, as Python does at its start, behind the code's own folder")
        func addedPaths() throws {
            try bench.folder.write("site/deep/added.py", "x = 'added'")
            try bench.folder.write("site/deep/own.py", "x = 'theirs'")
            try bench.folder.write("site/added.pth", "deep\nimport sys; sys.modules['made'] = sys\n")
            try bench.folder.write("code/own.py", "x = 'mine'")
            try bench.folder.write("code/paths.py", "import added, made, own\nraise SystemExit(added.x + own.x)\n")
            let serve = ["serve", "paths:app", "--app-dir", "code", "--site-packages", "site", "--port", "0"]
            let result = try bench.run(Workbench.products + "/mse", serve)
            #expect(result.output.contains("addedmine"), "\(result.output)")
            try bench.folder.write("site/ends.pth", "import sys; sys.exit(9)\n")
            let ended = try bench.run(Workbench.products + "/mse", serve)
            #expect(
                ended.status == 1 && ended.output.contains("a .pth file of the environment ended the program: exit(9)"),
                "\(ended.output)"
            )
        }

        @Test("where it isn't installed, one message names it and the mend")
        func missing() throws {
            try Files.remove(bench.path + "/bin")
            try Files.makeFolder(bench.path + "/bin")
            _ = try bench.run("/bin/cp", [Workbench.products + "/mse", "bin/mse"])
            let result = try bench.run(bench.path + "/bin/mse", ["serve", "app:app", "--app-dir", "code"])
            #expect(
                result.status == 1
                    && result.output
                        == "mse: mse-serve: is not beside mse nor in libexec; build it with 'make build'\n",
                "\(result.output)"
            )
        }
    }
}

import Files
import Foundation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// What a service, or whoever has the disk, lays where others read.
    @Suite("Laid files", .serialized)
    struct LaidFilesTests {
        private static let app = """
            import json, os

            def app(environ, start_response):
                told = []
                if environ["PATH_INFO"] == "/lay":
                    for folder, _, names in os.walk("/instance/sealed"):
                        for name in names:
                            os.unlink(os.path.join(folder, name))
                            os.mkfifo(os.path.join(folder, name))
                            told.append(name)
                    os.mkfifo("/instance/sealed/application.log/9999999999999999-00000099.log")
                start_response("200 OK", [])
                return [json.dumps(told).encode()]
            """

        @Test("pipes in place of sealed state keep neither logs nor stop nor restart waiting")
        func pipes() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop", app: Self.app)
            let port = Workbench.freePort()
            try bench.spawn("shop", made.package, port: port)
            try bench.configure("shop", made)
            let told = try bench.curl("-k", "https://localhost:\(port)/lay").output
            #expect(told.contains("configuration.sealed") && told.contains("identity.sealed"), "\(told)")
            let start = ContinuousClock.now
            let logs = try bench.mse("logs", "shop", "--key", made.key, expecting: 2)
            #expect(logs.contains("is a pipe or socket, not a file"), "\(logs)")
            #expect(try bench.mse("list").contains("shop  running"))
            try bench.mse("stop", "shop")
            #expect(try bench.mse("restart", "shop", expecting: 1).contains("waits"))
            #expect(try bench.mse("logs", "shop").contains("agent.waitsAgain cause=unopened"))
            #expect(ContinuousClock.now - start < .seconds(60))
        }

        @Test(
            "what lies in the place of the report on HOME keeps no service from starting",
            arguments: ["fifo", "folder"]
        )
        func report(kind: String) throws {
            let bench = try Workbench()
            let made = try bench.package()
            try bench.spawn("hello-1", made.package, port: Workbench.freePort())
            let path = bench.path + "/home/services/hello-1/sealed/home.json"
            _ = try bench.run(
                "/bin/sh",
                ["-c", "if [ \(kind) = fifo ]; then mkfifo \(path); else mkdir \(path); fi; chmod a+rwx \(path)"]
            )
            try bench.configure("hello-1", made)
        }

        private static let layer = """
            import json, os, sys

            def app(environ, start_response):
                problem = ""
                os.chdir("/instance/sealed")
                try:
                    if environ["PATH_INFO"] == "/names":
                        for name in (b"\\xff", b"a\\n\\x1b[2J", b"\\xfe" * 255): os.mkdir(name)
                        os.mkdir(b"application.log/\\xff.log")
                        os.makedirs(b"home/\\xff")
                        os.symlink("/", "root")
                    if environ["PATH_INFO"] == "/deep":
                        for _ in range(6000):
                            os.mkdir("d" * 200); os.chdir("d" * 200)
                        open("end", "w").close()
                    if environ["PATH_INFO"] == "/closed":
                        os.makedirs("a/b/c"); open("a/b/c/d", "w").close()
                        for path in ("a/b/c", "a/b", "a"): os.chmod(path, 0)
                except OSError as error: problem = str(error)
                os.chdir("/memory")
                start_response("200 OK", [])
                return [("laid " + problem).encode()]
            """

        @Test(
            """
            names of any bytes, folders beyond the longest path and closed ones keep an instance neither from \
            restarting nor from going
            """
        )
        func hostileNames() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop", app: Self.layer)
            let port = Workbench.freePort()
            for path in ["names", "deep", "closed"] {
                try bench.spawn("shop", made.package, port: port)
                try bench.configure("shop", made)
                let told = try bench.curl("-k", "https://localhost:\(port)/\(path)").output
                #expect(told == "laid ", "\(told)")
                try bench.mse("stop", "shop")
                #expect(try bench.mse("restart", "shop").contains("it answers"))
                #expect(try bench.mse("logs", "shop", "--key", made.key).utf8.count < 100_000)
                #expect(try bench.mse("stop", "shop", "--remove").utf8.count < 1000)
                #expect(!Files.exists(bench.path + "/home/services/shop"))
            }
        }

        @Test("what can't be removed is named, and removing again goes on")
        func removedLater() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop", app: Self.layer)
            try bench.spawn("shop", made.package, port: Workbench.freePort())
            try bench.mse("stop", "shop")
            let inside = bench.path + "/home/services/shop/sealed/in/the/way"
            try Files.makeFolder(inside)
            guard try bench.run("/bin/mount", ["-t", "tmpfs", "tmpfs", inside]).status == 0 else { return }
            let refused = try bench.mse("stop", "shop", "--remove", expecting: 1)
            #expect(refused.contains("sealed") && refused.utf8.count < 1000, "\(refused)")
            #expect(try bench.mse("list").contains("shop  stopped"))
            // Where it was moved to.
            #expect(
                try bench.run(
                    "/bin/bash",
                    ["-c", "umount $(grep -F \(bench.path)/home/services /proc/mounts | cut -d' ' -f2)"]
                ).status == 0
            )
            try bench.mse("stop", "shop", "--remove")
            #expect(try bench.mse("list").isEmpty || !bench.mse("list").contains("shop"))
        }

        @Test(
            "an instance that can't be read is told in the list, and hides no other",
            arguments: [
                ("service.json", "{"), ("service.json", "[]"), ("launch.json", "x"), ("launch.json", ""),
                ("launch.json", nil),
            ]
        )
        func damaged(file: String, text: String?) throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(
                bench,
                "shop",
                app: "def app(e, s):\n    s('200 OK', [])\n    return []\n"
            )
            try bench.spawn("a", made.package, port: Workbench.freePort())
            try bench.spawn("b", made.package, port: Workbench.freePort())
            let path = "home/services/a/" + file
            if let text { try bench.folder.write(path, text) } else { try Files.remove(bench.path + "/" + path) }
            let list = try bench.mse("list")
            #expect(list.contains("a  damaged") && list.contains("b  waiting") && list.contains(file), "\(list)")
            let json = try bench.mse("list", "--json")
            #expect(json.contains("\"damaged\"") && json.contains("\"problem\""), "\(json)")
            #expect(try bench.mse("status", "a", expecting: 1).contains(file))
            try bench.mse("stop", "a", "--remove")
            #expect(try !bench.mse("list").contains("damaged"))
        }
    }
}

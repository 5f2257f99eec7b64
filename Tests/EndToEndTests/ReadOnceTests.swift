import Files
import Glibc
import TestSupport
import Testing

extension EndToEndTests {
    /// What is read twice may be another thing the second time: then what is used isn't what was judged.
    @Suite("Files of settings", .serialized)
    struct ReadOnceTests {
        @Test("each is read once a command: the project's, the user's, a policy")
        func once() throws {
            let bench = try Workbench()
            try bench.mse("scaffold", "hello")
            try bench.folder.write("hello/mse_src/requirements.txt", "")
            let app = "def app(environ, start):\n    start('200 OK', [])\n    return [b'OK']\n"
            try bench.folder.write("hello/mse_src/app.py", app)
            let project = bench.path + "/hello/mse.toml"
            let packaging = try FileOpenings.count(of: [project]) {
                try bench.mse("package", "--project", "hello", "--output", "out", "--encrypt")
            }
            #expect(packaging == [1])

            try bench.folder.write("config/mse/config.toml", "trusted_root = \"\(bench.root)\"\n")
            for part in ["", "/mse", "/mse/config.toml"] { chmod(bench.path + "/config" + part, 0o700) }
            try bench.folder.write("policy.toml", "[tcb]\n")
            let package = try bench.output(".tar")
            try bench.spawn("hello-1", package, port: Workbench.freePort())
            let paths = [bench.path + "/config/mse/config.toml", bench.path + "/policy.toml"]
            let judging = try FileOpenings.count(of: paths) {
                try bench.mse("verify", "hello-1", "--package", package, "--policy", "policy.toml")
            }
            #expect(judging == [1, 1])
            let releasing = try FileOpenings.count(of: paths) {
                try bench.configure("hello-1", (package, try bench.output(".key")), "--policy", "policy.toml")
            }
            #expect(releasing == [1, 1])
        }
    }
}

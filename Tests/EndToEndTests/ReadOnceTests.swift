import Files
import Glibc
import TestSupport
import Testing

extension EndToEndTests {
    /// What is read twice may be another thing the second time: then what is used isn't what was judged.
    @Suite("Files of settings", .serialized)
    struct ReadOnceTests {
        private static let opened = UInt32(IN_OPEN)

        /// How often each of these files was opened meanwhile.
        private static func openings(of paths: [String], _ body: () throws -> Void) throws -> [Int] {
            let events = inotify_init1(Int32(IN_NONBLOCK))
            defer { close(events) }
            // Closing is watched too: the kernel tells what happens twice in a row once.
            let kinds = opened | UInt32(IN_CLOSE_NOWRITE)
            let watches = paths.map { inotify_add_watch(events, $0, kinds) }
            #expect(watches.allSatisfy { $0 >= 0 })
            try body()
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = max(0, read(events, &buffer, buffer.count))
            var found = [Int32: Int]()
            var place = 0
            buffer.withUnsafeBytes { bytes in
                while place < count {
                    let event = bytes.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
                    if event.mask & opened != 0 { found[event.wd, default: 0] += 1 }
                    place += MemoryLayout<inotify_event>.size + Int(event.len)
                }
            }
            return watches.map { found[$0] ?? 0 }
        }

        @Test("each is read once a command: the project's, the user's, a policy")
        func once() throws {
            let bench = try Workbench()
            try bench.mse("scaffold", "hello")
            try bench.folder.write("hello/mse_src/requirements.txt", "")
            let app = "def app(environ, start):\n    start('200 OK', [])\n    return [b'OK']\n"
            try bench.folder.write("hello/mse_src/app.py", app)
            let project = bench.path + "/hello/mse.toml"
            let packaging = try Self.openings(of: [project]) {
                try bench.mse("package", "--project", "hello", "--output", "out", "--encrypt")
            }
            #expect(packaging == [1])

            try bench.folder.write("config/mse/config.toml", "trusted_root = \"\(bench.root)\"\n")
            for part in ["", "/mse", "/mse/config.toml"] { chmod(bench.path + "/config" + part, 0o700) }
            try bench.folder.write("policy.toml", "[tcb]\n")
            let package = try bench.output(".tar")
            try bench.spawn("hello-1", package, port: Workbench.freePort())
            let paths = [bench.path + "/config/mse/config.toml", bench.path + "/policy.toml"]
            let judging = try Self.openings(of: paths) {
                try bench.mse("verify", "hello-1", "--package", package, "--policy", "policy.toml")
            }
            #expect(judging == [1, 1])
            let releasing = try Self.openings(of: paths) {
                try bench.configure("hello-1", (package, try bench.output(".key")), "--policy", "policy.toml")
            }
            #expect(releasing == [1, 1])
        }
    }
}

import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

/// What runs is what was measured, and it reaches nothing else of the machine.
@Suite("Isolation", .serialized)
struct IsolationTests {
    private static let isRoot = getuid() == 0

    /// A scaffolded project with the attacks in it, packaged.
    private func attacker(_ bench: Workbench) throws -> (package: String, key: String) {
        try bench.mse("scaffold", "hello")
        let source = String(decoding: try bench.folder.read("hello/mse_src/app.py"), as: UTF8.self)
        let script = Workbench.project + "/Tests/EndToEndTests/Scripts/attacks.py"
        let attacks = String(decoding: try Files.read(script), as: UTF8.self)
        try bench.folder.write(
            "hello/mse_src/app.py",
            "from flask import request\nimport os\n" + source + "\n" + attacks
        )
        return try bench.package()
    }

    private func get(_ bench: Workbench, _ name: String, _ port: Int, _ path: String) throws -> String {
        try bench.curl("--cacert", "\(name).pem", "https://localhost:\(port)" + path).output
    }

    private func processes(_ bench: Workbench, _ name: String) throws -> [Int] {
        let node = try JSON.read(try bench.folder.read("home/services/\(name)/process.json"))
        return ["launcher", "agent"].compactMap {
            if case .number(let text)? = node[$0]?.value { Int(text) } else { nil }
        }
    }

    @Test(
        """
        a package reaches no file, no process and no privilege of the machine, and no quote; what a service needs \
        works
        """
    )
    func package() throws {
        let bench = try Workbench()
        let made = try attacker(bench)
        let ports = [Workbench.freePort(), Workbench.freePort()]
        try bench.start("victim", made, port: ports[0])
        try bench.start("attacker", made, port: ports[1])
        let home = bench.path + "/home"
        let node = Node.object([
            "read": Node(
                .array(
                    [
                        home + "/simulator/keys.json", home + "/simulator/root.pem",
                        home + "/services/victim/launch.json",
                        home + "/services/attacker/service.json", bench.path + "/" + made.key, "/etc/shadow",
                        "/etc/hostname",
                        "/proc/1/root" + home + "/simulator/root.pem", "/usr/bin/env",
                    ].map { Node($0) }
                )
            ),
            "list": Node(
                .array(
                    // What leads to the agent itself is there, with nothing beside it.
                    [home, home + "/services", "/root", "/sys", "/var", Workbench.project + "/Sources"]
                        .filter { !Files.isInside(Workbench.products, $0) }.map { Node($0) }
                )
            ),
            "write": Node(
                .array(
                    [
                        home + "/services/victim/launch.json", "/file", "/usr/lib/file", "/etc/hosts",
                        "/instance/launch.json",
                        "/instance/package.tar", "/instance/file", "/dev/file", bench.path + "/file",
                        try PackageFile(bench.path + "/" + made.package).record().settings.agent.path,
                    ].map { Node($0) }
                )
            ),
            "processes": Node(
                .array(
                    (try processes(bench, "victim") + processes(bench, "attacker") + [Int(getpid())]).map { Node($0) }
                )
            ),
            "loader": Node(try PackageFile(bench.path + "/" + made.package).record().settings.agent.loader),
        ])
        try bench.folder.write("places.json", JSON.canonical(node))
        let reached = try bench.curl(
            "--cacert",
            "attacker.pem",
            "--data-binary",
            "@places.json",
            "https://localhost:\(ports[1])/attack"
        )
        #expect(reached.output == "{}\n", "\(reached.output)")
        #expect(!Files.exists(bench.path + "/file") && !Files.exists("/file"))

        let works = try get(bench, "attacker", ports[1], "/works")
        for expected in ["\"threads\":8", "\"pair\":\"x\"", "\"process\":1"] {
            #expect(works.contains(expected), "\(works)")
        }
        if Files.exists("/etc/ssl/certs/ca-certificates.crt") {
            #expect(!works.contains("\"authorities\":0"), "\(works)")
        }
        for name in ["victim", "attacker"] { #expect(try bench.state(name) == "running") }
    }

    @Test("of the kernel a service sees itself, processor, memory and time; what other programs ask works, or says no")
    func kernel() throws {
        let bench = try Workbench()
        try bench.mse("scaffold", "hello")
        let source = String(decoding: try bench.folder.read("hello/mse_src/app.py"), as: UTF8.self)
        let script = Workbench.project + "/Tests/EndToEndTests/Scripts/kernel_files.py"
        try bench.folder.write(
            "hello/mse_src/app.py",
            source + "\n" + String(decoding: try Files.read(script), as: UTF8.self) + "\n\n"
                + String(
                    decoding: try Files.read(Workbench.project + "/Tests/EndToEndTests/Scripts/standard_parts.py"),
                    as: UTF8.self
                )
        )
        let requirements = String(decoding: try bench.folder.read("hello/mse_src/requirements.txt"), as: UTF8.self)
        try bench.folder.write("hello/mse_src/requirements.txt", requirements + "\npsutil==7.2.2\n")
        let port = Workbench.freePort()
        try bench.start("hello-1", try bench.package(), port: port)
        let text = try get(bench, "hello-1", port, "/kernel")
        #expect(try get(bench, "hello-1", port, "/standard").filter { !$0.isWhitespace } == #"{"failed":[]}"#)
        #expect(!Files.exists("/dev/shm/mse-standard-parts"), "what is shared by name is the service's own")
        let answer = try JSON.read(Array(text.utf8))
        let name = try bench.run("/bin/hostname", []).output.prefix { $0 != "\n" }
        let boot = String(decoding: try Files.read("/proc/sys/kernel/random/boot_id", limit: 100), as: UTF8.self)
            .prefix(36)
        // Wherever a service looks below /proc: neither this machine's name, nor its boot, nor where this project lies.
        for secret in [String(name), String(boot), bench.path, "services/hello-1"] where secret.utf8.count > 3 {
            #expect(!text.contains(secret), "\(secret)")
        }
        #expect(answer["name"]?.value == .string("localhost"), "\(text.prefix(300))")
        #expect(answer["processes"].map(JSON.canonical) == "[1]", "\(text.prefix(300))")
        #expect(answer["unexpected"]?.value == .array([]), "\(String(describing: answer["unexpected"]))")
        #expect(answer["failed"]?.value == .array([]), "\(String(describing: answer["failed"]))")
        #expect(answer["works"]?.value == .string("yes"), "\(String(describing: answer["works"]))")
    }

    @Test("runtime.json names every file that the running agent has mapped, and none of those that no service needs")
    func runtimeList() throws {
        let bench = try Workbench()
        let made = try attacker(bench)
        let port = Workbench.freePort()
        try bench.start("hello-1", made, port: port)
        let listed = Set(try PackageFile(bench.path + "/" + made.package).record().files.map(\.path))
        let mapped = Set(
            try get(bench, "hello-1", port, "/maps").split(separator: "\n").compactMap { line -> String? in
                guard let slash = line.firstIndex(of: "/") else { return nil }
                return String(line[slash...])
            }
        )
        let expected = [
            "libc.so", "libpython3", "libcrypto.so", "libssl.so", "libsodium.so", "libsqlite3.so", "libffi.so",
            "_speedups", "/ld-",
        ]
        for name in expected { #expect(mapped.contains { $0.contains(name) }, "\(name) isn't mapped") }
        let unlisted = mapped.filter { !$0.hasPrefix("/memory/") && !listed.contains($0) }
        #expect(unlisted.isEmpty, "\(unlisted.sorted())")
        for name in ["nis", "readline", "_curses", "_dbm", "libreadline", "libncurses", "libtinfo", "libnsl", "libdb"] {
            #expect(!listed.contains { Files.split($0).name.hasPrefix(name + ".") }, "\(name) is listed")
        }
    }

    @Test("whatever environment restart finds, the agent runs in a fixed one")
    func environment() throws {
        let bench = try Workbench()
        let made = try attacker(bench)
        let port = Workbench.freePort()
        try bench.start("hello-1", made, port: port)
        let before = try get(bench, "hello-1", port, "/works")
        try bench.folder.write(
            "evil.c",
            """
            #include <stdio.h>
            #include <string.h>
            __attribute__((constructor)) static void here(void) {
                char line[4096] = {0};
                FILE *file = fopen("/proc/self/cmdline", "r");
                size_t count = file ? fread(line, 1, sizeof line - 1, file) : 0;
                for (size_t i = 0; i < count; i++) if (line[i] == 0) line[i] = ' ';
                if (strstr(line, "launch") && !(file = fopen("\(bench.path)/marker", "w"))) return;
            }
            """
        )
        #expect(try bench.run("/usr/bin/env", ["clang", "-shared", "-fPIC", "-o", "evil.so", "evil.c"]).status == 0)
        // The agent alone is linked with it: were the folder searched, the agent would not start.
        let library = Files.split(try #require(Self.libraries(bench, made).first { $0.contains("libpython") })).name
        try bench.folder.write("libraries/" + library, "no library")
        try bench.folder.write("modules/flask.py", "raise SystemExit('not measured')\n")
        let found = [
            "LD_PRELOAD": bench.path + "/evil.so", "LD_LIBRARY_PATH": bench.path + "/libraries", "LD_AUDIT": "",
            "PYTHONPATH": bench.path + "/modules",
            "PYTHONHOME": bench.path, "PYTHONSTARTUP": "x", "MALLOC_PERTURB_": "1", "SSL_CERT_FILE": "/x",
            "OPENSSL_CONF": "/x",
            "GLIBC_TUNABLES": "glibc.malloc.check=3", "ASAN_OPTIONS": "x", "MSE_ANYTHING": "1", "TZ": "Asia/Tokyo",
            "TMPDIR": "/var/tmp",
        ]
        let result = try bench.run(Workbench.products + "/mse", ["restart", "hello-1"], environment: found)
        #expect(result.status == 0, "\(result.output)")
        try bench.wait(for: "hello-1", toBe: "running")
        #expect(!Files.exists(bench.path + "/marker"))
        #expect(try get(bench, "hello-1", port, "/works") == before)
        for name in found.keys
        where name.hasPrefix("LD_A") || name.hasPrefix("MALLOC") || name.hasPrefix("OPENSSL") || name == "TZ" {
            #expect(!before.contains("\"\(name)\""))
        }
    }

    private static func libraries(_ bench: Workbench, _ made: (package: String, key: String)) throws -> [String] {
        try PackageFile(bench.path + "/" + made.package).record().files.map(\.path).filter { $0.contains(".so") }
    }

    @Test("another agent or loader is refused by name; a library laid beside the agent isn't loaded")
    func programs() throws {
        let bench = try Workbench()
        // Programs that may be changed.
        try Files.remove(bench.path + "/bin")
        for name in ["mse", "mse-bootstrap", "simulated-loader"] {
            try Files.makeFolder(bench.path + "/bin")
            try FileManager.default.copyItem(
                atPath: Workbench.products + "/" + name,
                toPath: bench.path + "/bin/" + name
            )
        }
        func mse(_ arguments: String..., expecting code: Int32 = 0) throws -> String {
            let result = try bench.run(bench.path + "/bin/mse", arguments)
            #expect(result.status == code, "mse \(arguments.joined(separator: " ")):\n\(result.output)")
            return result.output
        }
        _ = try mse("scaffold", "hello")
        _ = try mse("package", "--project", "hello", "--output", "out", "--encrypt")
        let made = (package: try bench.output(".tar"), key: try bench.output(".key"))
        let port = Workbench.freePort()
        let spawn = [
            "spawn", "hello-1", "--package", made.package, "--san", "localhost", "--port", "\(port)", "--platform",
            "simulator",
        ]
        let spawned = try bench.run(bench.path + "/bin/mse", spawn)
        #expect(spawned.status == 0, "\(spawned.output)")
        _ = try mse("run", "hello-1", "--package", made.package, "--trusted-root", bench.root, "--key", made.key)
        for name in ["mse-bootstrap", "simulated-loader"] {
            let program = bench.path + "/bin/" + name
            try Files.write(try Files.read(program, limit: 1 << 30) + [0], to: program, mode: 0o755)
            let refused = try mse("restart", "hello-1", expecting: 1)
            #expect(refused.contains(name) && refused.contains("others on this machine"), "\(refused)")
            #expect(try bench.state("hello-1") == "running", "what can't be started again isn't ended")
            let second = try bench.run(
                bench.path + "/bin/mse",
                [
                    "spawn", "other", "--package", made.package, "--san", "localhost", "--port", "\(port)",
                    "--platform", "simulator",
                ]
            )
            #expect(second.status == 1 && second.output.contains(name), "\(second.output)")
            // Whoever passes by what looks beforehand is refused by the processor.
            _ = try mse("stop", "hello-1")
            let launched = try mse("launch", "hello-1", expecting: 1)
            #expect(launched.contains(name) && launched.contains("not the file that was measured"), "\(launched)")
            try Files.remove(program)
            try FileManager.default.copyItem(atPath: Workbench.products + "/" + name, toPath: program)
            _ = try mse("restart", "hello-1")
        }
        // $ORIGIN stands in the agent's RUNPATH, and the agent alone is linked with this one.
        let library = Files.split(try #require(Self.libraries(bench, made).first { $0.contains("libpython") })).name
        try bench.folder.write("bin/" + library, "no library")
        _ = try mse("restart", "hello-1")
        try bench.wait(for: "hello-1", toBe: "running")
        #expect(try bench.state("hello-1") == "running")
        try bench.mse("stop", "hello-1", "--remove")
    }

    @Test(
        "a module laid beside the standard library isn't seen, and one that was changed is refused",
        .enabled(if: isRoot)
    )
    func modules() throws {
        let bench = try Workbench()
        let made = try attacker(bench)
        let port = Workbench.freePort()
        try bench.start("hello-1", made, port: port)
        let library = try #require(
            try PackageFile(bench.path + "/" + made.package).record().files.map(\.path).first {
                $0.hasSuffix("/json/__init__.py")
            }
        )
        let folder = Files.split(Files.split(library).folder).folder
        // In a mount namespace of its own: the machine's library is nobody's to change.
        func restart(_ change: String) throws -> ProgramRun.Result {
            let script = """
                set -e
                rm -rf copy; cp -a \(folder) copy; mount --bind copy \(folder)
                \(change)
                exec \(Workbench.products)/mse restart hello-1
                """
            return try bench.run("/usr/bin/unshare", ["-m", "/bin/bash", "-c", script])
        }
        let laid = try restart(
            """
            echo 'raise SystemExit(1)' | tee copy/flask.py copy/sitecustomize2.py copy/mine.py > \
            copy/lib-dynload/mine2.py
            """
        )
        #expect(laid.status == 0, "\(laid.output)")
        try bench.wait(for: "hello-1", toBe: "running")
        #expect(try get(bench, "hello-1", port, "/modules/flask").hasPrefix("/memory/site/"))
        #expect(try get(bench, "hello-1", port, "/modules/mine").contains("Internal Server Error"))
        let changed = try restart("echo '# not measured' >> copy/json/__init__.py")
        #expect(changed.status == 1 && changed.output.contains("json/__init__.py"), "\(changed.output)")
        let gone = try restart("rm copy/json/__init__.py")
        #expect(gone.status == 1 && gone.output.contains("json/__init__.py"), "\(gone.output)")
    }

    @Test("an archive that was not measured, another TLS mode and another attestation folder are refused by the agent")
    func lyingProcessor() throws {
        let bench = try Workbench()
        let made = try bench.package()
        let port = Workbench.freePort()
        try bench.spawn("hello-1", made.package, port: port)
        let launch = try bench.folder.read("home/services/hello-1/launch.json")
        try bench.folder.write("launch.json", launch)
        try bench.mse("stop", "hello-1", "--remove")
        var record = try PackageFile(bench.path + "/" + made.package).record()
        try bench.folder.write("whole.json", JSON.canonical(record.node))
        let app = try #require(record.files.first { $0.path == "app.tar" })
        let environment = try #require(record.files.first { $0.path == "environment.tar" })
        record.files.removeAll { $0.path == "environment.tar" }
        try bench.folder.write("no-environment.json", JSON.canonical(record.node))
        record.files = [environment] + record.files.filter { $0 != app }
        try bench.folder.write("no-code.json", JSON.canonical(record.node))
        record = try PackageFile(bench.path + "/" + made.package).record()
        record.settings.agent.platform = .sgx
        try bench.folder.write("other-platform.json", JSON.canonical(record.node))
        func agent(_ record: String, _ arguments: String...) throws -> String {
            try bench.run(
                "/usr/bin/python3",
                [
                    Workbench.project + "/Tests/EndToEndTests/Scripts/processor.py", record,
                    Workbench.products + "/mse-bootstrap", "--platform", "simulator", "--package",
                    made.package, "--launch", "launch.json", "--memory", "memory",
                ] + arguments
            ).output
        }
        let refusals = [
            try agent("no-environment.json"), try agent("no-code.json"), try agent("whole.json", "--no-ssl"),
            try agent("whole.json", "--certificate", "hello-1.pem"),
            try agent("whole.json", "--attestation-folder", "dev"), try agent("other-platform.json"),
        ]
        for output in refusals {
            #expect(output.contains("agent.failed at=unmeasured") && output.contains("exit code 1"), "\(output)")
        }
    }

    @Test(
        "where the kernel allows less, spawn says what is missing, and the service runs all the same",
        .enabled(if: isRoot && EndToEndTests.LifeTests.canBecomeNobody)
    )
    func less() throws {
        let bench = try Workbench()
        let made = try bench.package()
        try bench.folder.write("user/.keep", "")
        for name in ["", "/user"] { chown(bench.path + name, 65534, 65534) }
        for name in [made.package, made.key] {
            try bench.folder.write("user/" + Files.split(name).name, try bench.folder.read(name))
        }
        let inner = """
            set -e
            cd \(bench.path)/user
            export MSE_HOME=$PWD/home HOME=$PWD
            mse=\(Workbench.products)/mse
            $mse simulator init
            $mse spawn n1 --package *.tar --san localhost --port \(Workbench.freePort()) --platform simulator
            $mse run n1 --package *.tar --trusted-root home/simulator/root.pem --key *.key
            $mse restart n1
            mkdir -p home/services/n1/sealed/a/b/c home/services/n1/sealed/d
            touch home/services/n1/sealed/a/b/c/f home/services/n1/sealed/d/f
            cd home/services/n1/sealed; chmod 000 a/b/c a/b a; chmod 500 d; cd -
            $mse stop n1 --remove
            test ! -e home/services/n1
            """
        try bench.folder.write("inner.sh", inner)
        // Whoever's root was changed gets no user namespace: as in most containers.
        let outer = """
            mkdir -p \(bench.path)/root && mount --rbind / \(bench.path)/root && exec chroot \(bench.path)/root \
            setpriv --reuid 65534 --regid 65534 --clear-groups /bin/bash \(bench.path)/inner.sh
            """
        let result = try bench.run("/usr/bin/unshare", ["-m", "/bin/bash", "-c", outer])
        #expect(result.status == 0 && result.output.contains("is configured and answers"), "\(result.output)")
        for words in ["without files of its own", "without processes of its own", "without a user of its own"] {
            #expect(result.output.contains(words), "\(result.output)")
        }
        #expect(!result.output.contains("without a filter"))
    }
}

import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// What survives a restart, and for whom.
    @Suite("Sealed state of services", .serialized)
    struct SealedStateTests {
        /// The epoch of HOME, as `run` printed it.
        private func epoch(_ output: String) throws -> String {
            let word = output.split(whereSeparator: \.isWhitespace).map(String.init).last { Hex.bytes($0)?.count == 32 }
            return try #require(word)
        }

        private func note(_ bench: Workbench, _ port: Int, _ text: String? = nil) throws -> String {
            let url = "https://localhost:\(port)/note"
            if let text { return try bench.curl("-k", "--data-binary", text, url).output }
            return try bench.curl("-k", url).output
        }

        /// An instance that sealed a note, and is stopped.
        private func stopped(_ bench: Workbench) throws -> (
            made: (package: String, key: String), port: Int, epoch: String
        ) {
            let made = try ReleaseTests.project(bench, "shop")
            let port = Workbench.freePort()
            try bench.spawn("shop", made.package, port: port)
            let first = try epoch(bench.configure("shop", made))
            #expect(try note(bench, port, "kept") == "kept")
            try bench.mse("stop", "shop")
            return (made, port, first)
        }

        @Test("what one instance sealed is nothing to another, not even one of the same package")
        func otherInstance() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop")
            let port = Workbench.freePort(), other = Workbench.freePort()
            try bench.spawn("staging", made.package, port: port)
            let stagingEpoch = try epoch(bench.configure("staging", made))
            #expect(try note(bench, port, "the operator's data") == "the operator's data")
            try bench.mse("stop", "staging")
            #expect(Files.exists(bench.path + "/home/services/staging/sealed/home/\(stagingEpoch)/home.sealed"))
            try bench.spawn("production", made.package, port: other)
            // While it waits nothing of it is sealed; the operator lays staging's there.
            let sealed = bench.path + "/home/services/production/sealed"
            #expect(try Files.names(in: sealed).filter { $0.hasSuffix(".sealed") }.isEmpty)
            try bench.mse("stop", "production")
            try Files.remove(sealed)
            try FileManager.default.copyItem(atPath: bench.path + "/home/services/staging/sealed", toPath: sealed)
            try bench.mse("restart", "production", expecting: 1)
            #expect(try bench.state("production") == "waiting")
            let refused = try bench.configure("production", made, "--continue", stagingEpoch, expecting: 1)
            #expect(refused.contains("continue_epoch") || refused.contains("could not be kept"), "\(refused)")
            #expect(try bench.state("production") == "waiting")
            // One file for another isn't taken either.
            try bench.configure("production", made)
            #expect(try note(bench, other) == "nothing")
            try bench.mse("stop", "production")
            try Files.write(try Files.read(sealed + "/identity.sealed"), to: sealed + "/configuration.sealed")
            try bench.mse("restart", "production", expecting: 1)
            #expect(try bench.state("production") == "waiting")
        }

        @Test(
            """
            one odd file keeps nothing else of HOME from being kept: its owner is told which it is, once, the operator \
            how many
            """,
            arguments: ["fifo", "link", "socket", "unreadable"]
        )
        func unsealable(kind: String) throws {
            let bench = try Workbench()
            let make = [
                "fifo": "os.mkfifo(path)", "link": "os.symlink('/etc/passwd', path)",
                "socket": "os.mknod(path, stat.S_IFSOCK | 0o600)",
                "unreadable": "os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0))",
            ]
            let app = """
                import os, stat
                path, kept = os.environ["HOME"] + "/odd-hunter2", os.environ["HOME"] + "/deep/kept"
                before = open(kept).read() if os.path.exists(kept) else ""
                if not os.path.lexists(path): \(make[kind]!)
                os.makedirs(os.path.dirname(kept), exist_ok=True)
                with open(kept, "w") as file: file.write(before + "x")
                def app(environ, start):
                    start("200 OK", [])
                    return [before.encode()]
                """
            let made = try ReleaseTests.project(bench, "shop", app: app)
            let port = Workbench.freePort()
            try bench.spawn("shop", made.package, port: port)
            try bench.configure("shop", made)
            try bench.mse("stop", "shop")
            try bench.mse("restart", "shop")
            #expect(try bench.curl("-k", "https://localhost:\(port)/").output == "x")
            try bench.mse("stop", "shop")
            let events = try bench.mse("logs", "shop")
            #expect(events.contains("home.leftOut count=1") && !events.contains("odd-hunter2"), "\(events)")
            #expect(!events.contains("home.notSaved"), "\(events)")
            let log = try bench.mse("logs", "shop", "--key", made.key)
            #expect(log.split(separator: "\n").count { $0.contains("odd-hunter2") } == 2, "\(log)")
        }

        @Test("links that the operator lays in the sealed folder lead the agent nowhere, into its own memory least")
        func links() throws {
            let bench = try Workbench()
            let app = """
                import os
                home = os.environ["HOME"]
                for number in range(30):
                    with open(f"{home}/0-orders-{number:02}.log", "w") as file: file.write("order")
                def app(environ, start):
                    print("said", flush=True)
                    start("200 OK", [])
                    return [str(len(os.listdir(home))).encode()]
                """
            let made = try ReleaseTests.project(bench, "shop", app: app)
            let port = Workbench.freePort()
            try bench.spawn("shop", made.package, port: port)
            try bench.configure("shop", made)
            let sealed = bench.path + "/home/services/shop/sealed/"
            func count() throws -> String {
                for _ in 0..<5 { _ = try bench.curl("-k", "https://localhost:\(port)/") }
                return try bench.curl("-k", "https://localhost:\(port)/").output
            }
            for target in ["/memory/home", "/memory/code", "/memory", "home"] {
                #expect(rename(sealed + "application.log", sealed + "moved") == 0)
                #expect(symlink(target, sealed + "application.log") == 0)
                #expect(try count() == "30", "\(target)")
                let log = try bench.mse("logs", "shop", "--key", made.key, expecting: 2)
                #expect(log.contains("is a symbolic link"), "\(log)")
                try Files.remove(sealed + "application.log")
                #expect(rename(sealed + "moved", sealed + "application.log") == 0)
            }
            try bench.mse("stop", "shop")
            try bench.mse("restart", "shop")
            let homes = try Files.names(in: sealed + "home")
            let epoch = try #require(homes.first)
            try Files.remove(sealed + "home/" + epoch)
            #expect(symlink("/memory/tmp", sealed + "home/" + epoch) == 0)
            // Its files are written anew with each start, so there is something to seal.
            let stop = try bench.mse("stop", "shop", expecting: 1)
            #expect(!stop.contains("is stopped"), "\(stop)")
            try Files.remove(sealed + "home/" + epoch)
            try bench.mse("stop", "shop")
            try bench.mse("restart", "shop")
            #expect(try count() == "30")
        }

        @Test("sealed state that is damaged is told as that, with its file and what to do, and is nobody's fault")
        func damaged() throws {
            let bench = try Workbench()
            let (_, port, first) = try stopped(bench)
            let sealed = "home/services/shop/sealed/"
            let home = sealed + "home/\(first)/home.sealed"
            let whole = try bench.folder.read(home)
            let other = Array(whole[..<8]) + [UInt8](repeating: 7, count: 32) + whole[40...]
            let flipped = whole.enumerated().map { $0.offset == whole.count / 2 ? $0.element ^ 1 : $0.element }
            for bytes in [Array(whole.dropLast(10)), Array(whole.prefix(20)), [], flipped, other] {
                try bench.folder.write(home, bytes)
                let output = try bench.mse("restart", "shop", expecting: 1)
                for text in [output, try bench.run(Workbench.products + "/mse", ["status", "shop"]).output] {
                    #expect(
                        text.contains("its sealed state is damaged: services/shop/sealed/home/\(first)/home.sealed"),
                        "\(text)"
                    )
                    #expect(
                        text.contains("put a copy of it back") && !text.contains("its application failed"),
                        "\(text)"
                    )
                }
                let events = try bench.mse("logs", "shop")
                #expect(events.contains("state.damaged file=home.\(first)"), "\(events)")
                #expect(!events.contains("application.startFailed"), "\(events)")
            }
            try bench.folder.write(home, whole)
            try bench.mse("restart", "shop")
            #expect(try note(bench, port) == "kept")
            try bench.mse("stop", "shop")
            for name in ["identity", "configuration"] {
                let bytes = try bench.folder.read(sealed + name + ".sealed")
                try bench.folder.write(sealed + name + ".sealed", Array(bytes.dropLast()))
                let output = try bench.mse("restart", "shop", expecting: 1)
                #expect(
                    output.contains("it waits for its owner") && output.contains("sealed/\(name).sealed was cut"),
                    "\(output)"
                )
                let status = try bench.run(Workbench.products + "/mse", ["status", "shop"]).output
                #expect(status.contains("sealed/\(name).sealed was cut"), "\(status)")
                try bench.mse("stop", "shop")
                try bench.folder.write(sealed + name + ".sealed", bytes)
            }
            try Files.remove(bench.path + "/" + home)
            try bench.mse("restart", "shop")
            #expect(try note(bench, port) == "nothing")
        }

        @Test("another launch record waits for its owner, who may continue HOME; nothing is lost meanwhile")
        func otherRecord() throws {
            let bench = try Workbench()
            let (made, port, first) = try stopped(bench)
            let path = "home/services/shop/launch.json"
            let record = String(decoding: try bench.folder.read(path), as: UTF8.self)
            let members = try JSON.read(Array(record.utf8))
            guard case .string(let end)? = members["notAfter"]?.value else {
                Issue.record("no end")
                return
            }
            let later = (try #require(Timestamp(end)) + .seconds(86400)).description
            for change in [
                { (text: String) in text.replacing(end, with: later) },
                { $0.replacing("\"localhost\"", with: "\"localhost\",\"evil.example\"") },
                { $0.replacing("\"configurationTimeout\":0", with: "\"configurationTimeout\":86400") },
            ] {
                let altered = change(record)
                #expect(altered != record)
                try bench.folder.write(path, altered)
                try bench.mse("restart", "shop", expecting: 1)
                #expect(try bench.state("shop") == "waiting", "\(altered)")
                try bench.mse("stop", "shop")
            }
            // The accepted record again: it is back without anybody.
            try bench.folder.write(path, record)
            try bench.mse("restart", "shop")
            try bench.wait(for: "shop", toBe: "running")
            #expect(try note(bench, port) == "kept")
            try bench.mse("stop", "shop")
            // Another one, released anew: HOME is continued where its owner says so, and is untouched where not.
            try bench.folder.write(path, record.replacing(end, with: later))
            try bench.mse("restart", "shop", expecting: 1)
            let wrong = try bench.configure(
                "shop",
                made,
                "--continue",
                String(repeating: "ab", count: 32),
                expecting: 1
            )
            #expect(wrong.contains("--continue the epoch"), "\(wrong)")
            let answer = try bench.configure("shop", made)
            #expect(try epoch(answer) != first)
            // Whoever forgot to continue it learns that it is there, and how he gets it.
            #expect(answer.contains("HOME is empty") && answer.contains("--continue \(first)"), "\(answer)")
            #expect(try note(bench, port) == "nothing")
            let prolonged = try bench.mse("restart", "shop", "--renew", "--days", "7")
            #expect(prolonged.contains("it waits for its owner's 'mse run'"), "\(prolonged)")
            #expect(try epoch(bench.configure("shop", made, "--continue", first)) == first)
            #expect(try note(bench, port) == "kept")
        }

        private static let canMount = (try? ProgramRun("/usr/bin/unshare", ["-m", "true"]).run().status) == 0

        @Test("a full disk keeps the service running, and nothing of HOME is lost unasked", .enabled(if: canMount))
        func fullDisk() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop")
            let script = """
                set -eu
                mse=$1 package=$2 key=$3 port=$4
                mkdir disk; mount -t tmpfs -o size=64m,mode=700 tmpfs disk
                cp -r home/simulator disk/
                export MSE_HOME=$PWD/disk
                root=disk/simulator/root.pem
                $mse spawn shop --package "$package" --san localhost --port "$port" --platform simulator
                $mse run shop --package "$package" --trusted-root $root --key "$key" >/dev/null
                url=https://localhost:$port
                curl -ksS --data-binary kept $url/note; echo
                $mse stop shop
                $mse restart shop
                for _ in $(seq 100); do $mse status shop --json | grep -q '"running"' && break; sleep 0.1; done
                curl -ksS --data-binary 20000000 $url/big; echo
                head -c 100m /dev/zero > disk/fill || true
                status=0; $mse stop shop || status=$?
                echo "stop: $status"
                curl -ksS $url/note; echo
                status=0; $mse restart shop || status=$?
                echo "restart: $status"
                $mse status shop --json
                $mse status shop | grep "^homeError.*there is no room"
                $mse list 2>&1 | grep "shop: HOME isn't saved: there is no room"
                rm disk/fill
                $mse stop shop && echo "now it stops"
                $mse status shop | grep "^homeSavedAt *20"
                $mse status shop | grep "^homeError *-" && echo told
                $mse restart shop
                for _ in $(seq 100); do $mse status shop --json | grep -q '"running"' && break; sleep 0.1; done
                curl -ksS --data-binary changed $url/note; echo
                head -c 100m /dev/zero > disk/fill || true
                $mse stop shop --discard
                $mse status shop --json || true
                rm disk/fill
                $mse stop shop --remove
                """
            let result = try bench.run(
                "/usr/bin/unshare",
                [
                    "-m", "/bin/bash", "-c", script, "full", Workbench.products + "/mse", made.package, made.key,
                    "\(Workbench.freePort())",
                ]
            )
            let output = result.output
            #expect(result.status == 0, "\(output)")
            #expect(
                output.contains("stop: 1") && output.contains("restart: 1") && output.contains("now it stops"),
                "\(output)"
            )
            #expect(
                output.contains("\ntold\n") && output.contains("\"homeError\": \"there is no room to seal HOME\""),
                "\(output)"
            )
            #expect(output.contains("no room to seal HOME") && output.contains("--discard"), "\(output)")
            #expect(output.contains("kept\nmse: ") || output.contains("stop: 1\nkept"), "\(output)")
            #expect(output.contains("is lost"), "\(output)")
        }

        @Test(
            """
            at a plain SIGTERM on a full disk the agent tries until its grace ends, then exits with 1; the last save \
            is whole
            """,
            .enabled(if: canMount)
        )
        func terminated() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop", settings: "[server]\ngrace = 2\n")
            let script = """
                set -eu
                mse=$1 package=$2 key=$3 port=$4
                mkdir disk; mount -t tmpfs -o size=64m,mode=700 tmpfs disk
                cp -r home/simulator disk/
                export MSE_HOME=$PWD/disk
                $mse spawn shop --package "$package" --san localhost --port "$port" --platform simulator
                $mse run shop --package "$package" --trusted-root disk/simulator/root.pem --key "$key" >/dev/null
                url=https://localhost:$port
                curl -ksS --data-binary first $url/note; echo
                $mse stop shop; $mse restart shop
                for _ in $(seq 100); do $mse status shop --json | grep -q '"running"' && break; sleep 0.1; done
                curl -ksS --data-binary second $url/note; echo
                head -c 100m /dev/zero > disk/fill || true
                kill -TERM "$($mse status shop --json | sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p')"
                for _ in $(seq 600); do grep -q "[0-9]" disk/services/shop/exit && break; sleep 0.1; done
                echo "exit code $(cat disk/services/shop/exit)"
                rm disk/fill
                $mse restart shop
                for _ in $(seq 100); do $mse status shop --json | grep -q '"running"' && break; sleep 0.1; done
                curl -ksS $url/note; echo
                $mse stop shop --remove
                """
            let result = try bench.run(
                "/usr/bin/unshare",
                [
                    "-m", "/bin/bash", "-c", script, "full", Workbench.products + "/mse", made.package, made.key,
                    "\(Workbench.freePort())",
                ]
            )
            #expect(result.status == 0 && result.output.contains("exit code 1"), "\(result.output)")
            #expect(result.output.contains("exit code 1\n") && result.output.contains("first"), "\(result.output)")
        }
    }
}

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
        private func run(
            _ bench: Workbench,
            _ name: String,
            _ made: (package: String, key: String),
            _ more: String...,
            expecting: Int32 = 0
        )
            throws -> String
        {
            let result = try bench.run(
                Workbench.products + "/mse",
                ["run", name, "--package", made.package, "--trusted-root", bench.root, "--key", made.key] + more
            )
            #expect(result.status == expecting, "\(result.output)")
            return result.output
        }

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

        private func waitFor(_ bench: Workbench, _ name: String, _ state: String) throws {
            for _ in 0..<100 where try bench.state(name) != state { usleep(100_000) }
            #expect(try bench.state(name) == state)
        }

        @Test("what one instance sealed is nothing to another, not even one of the same package")
        func otherInstance() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop")
            let port = Workbench.freePort(), other = Workbench.freePort()
            try bench.spawn("staging", made.package, port: port)
            let stagingEpoch = try epoch(run(bench, "staging", made))
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
            let refused = try run(bench, "production", made, "--continue", stagingEpoch, expecting: 1)
            #expect(refused.contains("continue_epoch") || refused.contains("could not be kept"), "\(refused)")
            #expect(try bench.state("production") == "waiting")
            // One file for another isn't taken either.
            _ = try run(bench, "production", made)
            #expect(try note(bench, other) == "nothing")
            try bench.mse("stop", "production")
            try Files.write(try Files.read(sealed + "/identity.sealed"), to: sealed + "/configuration.sealed")
            try bench.mse("restart", "production", expecting: 1)
            #expect(try bench.state("production") == "waiting")
        }

        @Test(
            "its owner is told which file keeps HOME from being sealed, once, and the operator isn't",
            arguments: ["fifo", "link"]
        )
        func unsealable(kind: String) throws {
            let bench = try Workbench()
            let make = kind == "fifo" ? "os.mkfifo(path)" : "os.symlink('/etc/passwd', path)"
            let app = """
                import os
                path = os.environ["HOME"] + "/odd-hunter2"
                \(make)
                def app(environ, start):
                    start("200 OK", [])
                    return [b"OK"]
                """
            let made = try ReleaseTests.project(bench, "shop", app: app)
            let port = Workbench.freePort()
            try bench.spawn("shop", made.package, port: port)
            let options = ["--package", made.package, "--trusted-root", bench.root, "--key", made.key]
            #expect(try bench.run(Workbench.products + "/mse", ["run", "shop"] + options).status == 0)
            for _ in 0..<2 {
                let refused = try bench.run(Workbench.products + "/mse", ["stop", "shop"])
                #expect(
                    refused.status == 1 && refused.output.contains("its owner reads in the log"),
                    "\(refused.output)"
                )
                #expect(!refused.output.contains("odd-hunter2"))
            }
            let log = try bench.mse("logs", "shop", "--key", made.key)
            #expect(log.split(separator: "\n").count { $0.contains("odd-hunter2") } == 1, "\(log)")
            try bench.mse("stop", "shop", "--discard")
        }

        @Test("another launch record waits for its owner, who may continue HOME; nothing is lost meanwhile")
        func otherRecord() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop")
            let port = Workbench.freePort()
            try bench.spawn("shop", made.package, port: port)
            let first = try epoch(run(bench, "shop", made))
            #expect(try note(bench, port, "kept") == "kept")
            try bench.mse("stop", "shop")
            let path = "home/services/shop/launch.json"
            let record = String(decoding: try bench.folder.read(path), as: UTF8.self)
            let members = try JSON.read(Array(record.utf8))
            guard case .string(let end)? = members["notAfter"]?.value else {
                Issue.record("no end")
                return
            }
            let later = CalendarTimeText.later(end)
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
            try waitFor(bench, "shop", "running")
            #expect(try note(bench, port) == "kept")
            try bench.mse("stop", "shop")
            // Another one, released anew: HOME is continued where its owner says so, and is untouched where not.
            try bench.folder.write(path, record.replacing(end, with: later))
            try bench.mse("restart", "shop", expecting: 1)
            let wrong = try run(bench, "shop", made, "--continue", String(repeating: "ab", count: 32), expecting: 1)
            #expect(wrong.contains("continue_epoch"), "\(wrong)")
            let second = try epoch(run(bench, "shop", made))
            #expect(second != first)
            #expect(try note(bench, port) == "nothing")
            try bench.mse("stop", "shop")
            try bench.folder.write(path, record)
            try bench.mse("restart", "shop", expecting: 1)
            #expect(try epoch(run(bench, "shop", made, "--continue", first)) == first)
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
            "at a plain SIGTERM on a full disk the agent tries until its grace ends, then exits with 1; the last save is whole",
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

/// Times of launch records.
enum CalendarTimeText {
    /// A day later.
    static func later(_ text: String) -> String {
        let formatter = ISO8601DateFormatter()
        return formatter.date(from: text).map { formatter.string(from: $0.addingTimeInterval(86400)) } ?? text
    }
}

import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Files of another kind than an option wants.
    @Suite("Named files", .serialized)
    struct NamedFileTests {
        private let bench: Workbench

        init() throws { bench = try Workbench() }

        /// On one line, which has all of these words.
        private func expectRefused(_ command: [String], with words: [String]) throws {
            let result = try bench.run(Workbench.products + "/mse", command)
            #expect(result.status == 1, "\(command): \(result.output)")
            for word in words { #expect(result.output.contains(word), "\(command): \(word): \(result.output)") }
            #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
        }

        @Test("a file of the wrong kind is told with what was expected, what it looks like, and the mend")
        func kinds() throws {
            let made = try bench.package()
            let root = bench.root
            try bench.folder.write("secrets.json", "{\"a\": 1}\n")
            chmod(bench.path + "/secrets.json", 0o600)
            try bench.folder.write("text", "some words that mean nothing\n")
            try bench.folder.write("wide", Array("{\"a\": 1}\n".utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
            try bench.folder.write("digits.key", String(repeating: "ab", count: 32) + "\n")
            let run = ["run", "https://127.0.0.1:1", "--package", made.package]
            let spawn = ["spawn", "a", "--san", "localhost", "--port", "5555", "--platform", "simulator", "--package"]
            let key = "a key file of 32 raw bytes expected", pem = "a PEM certificate", raw = "32 bytes of no form"
            let cases: [(command: [String], words: [String])] = [
                (run + ["--secrets", root], ["--secrets", "secrets as JSON expected", pem, "name"]),
                (run + ["--secrets", "text"], ["secrets as JSON expected", "text of something else"]),
                (run + ["--secrets", made.key], ["secrets as JSON expected", raw]),
                (run + ["--secrets", "wide"], ["secrets as JSON expected", "UTF-16 without a byte order mark"]),
                (run + ["--key", made.package], ["--key", key, "tar archive", ".key file that 'mse package' made"]),
                (run + ["--key", root], [key, pem]), (run + ["--key", "digits.key"], [key, "65 bytes"]),
                (run + ["--key", "out"], [key, "folder"]), (run + ["--key", "none"], ["No such file", key]),
                (
                    run + ["--sealed-secrets", "secrets.json"],
                    ["--sealed-secrets", "a sealed box expected", "JSON", "mse seal"]
                ),
                (run + ["--private-key", root], ["--private-key", "PEM", pem]),
                (run + ["--private-key", made.key], ["--private-key", raw]),
                (
                    ["run", "https://127.0.0.1:1", "--package", made.key],
                    ["--package", "a package expected", raw, "mse package"]
                ),
                (["run", "https://127.0.0.1:1", "--package", "out"], ["a package expected", "folder"]),
                (["verify", root, "--package", "secrets.json"], ["a package expected", "JSON"]),
                (
                    ["verify", root, "--policy", made.key],
                    ["--policy", "a policy in TOML or JSON expected", "docs/policy.md"]
                ),
                (["verify", root, "--policy", "secrets.json"], ["--policy secrets.json", "'a'", "docs/policy.md"]),
                (["verify", root, "--policy", "wide"], ["a policy in TOML or JSON expected", "UTF-16"]),
                (["verify", root, "--trusted-root", made.key], ["--trusted-root", raw, "PEM or DER"]),
                (["verify", root, "--expected", root], ["64", "96 hex digits", pem]),
                (
                    ["verify", made.key],
                    [raw, "a quote, a certificate that carries one, or an evidence file is expected"]
                ),
                (["verify", made.package], ["tar archive", "a quote, a certificate"]),
                (["verify", "wide"], ["UTF-16", "a quote"]),
                (spawn + [made.key], ["--package", "a package expected", raw]),
                (["measure", "text"], ["a package or a manifest of Gramine expected", "text of something else"]),
                (["test", "https://127.0.0.1:1", "--package", root], ["a package expected", pem]),
                (["seal", "--input", "text", "--unverified-key", root], ["32 bytes", pem, "--receiver"]),
                (["seal", "--input", "text", "--receiver", made.key], [raw, "a certificate that carries one"]),
                (
                    ["unseal", "--input", "text", "--private-key", root],
                    ["--private-key", "X25519 key of 32 raw bytes", pem]
                ),
                (
                    ["unseal", "--input", "secrets.json", "--private-key", made.key],
                    ["--input", "a sealed box expected", "JSON"]
                ),
                (["code", "encrypt", "hello/mse_src", "enc", "--key", made.package], [key, "tar archive"]),
                (["code", "decrypt", "hello/mse_src", "dec", "--key", root], [key, pem]),
                (["code", "decrypt", "text", "dec", "--key", made.key], ["a folder expected, found a file"]),
                (["code", "encrypt", "text", "enc", "--key", made.key], ["a folder expected, found a file"]),
                (["package", "--project", "hello", "--output", "out2", "--encrypt", "--key", root], [key, pem]),
                (["localtest", "--project", "hello", "--secrets", "text"], ["secrets as JSON expected"]),
                (
                    ["serve", "app:app", "--certificate", made.key, "--private-key", root],
                    ["--certificate", "a certificate chain, PEM,", raw]
                ),
                (
                    ["serve", "app:app", "--certificate", "text", "--private-key", root],
                    ["--certificate", "text of something else"]
                ),
                (
                    ["serve", "app:app", "--certificate", "none", "--private-key", root],
                    ["--certificate none", "No such file"]
                ),
                (
                    ["serve", "app:app", "--certificate", root, "--private-key", root],
                    ["--private-key", "PEM", pem, "openssl pkey"]
                ),
                (["serve", "app:app", "--certificate", root, "--private-key", "out"], ["--private-key", "folder"]),
                (["serve", "app:app", "--certificate", root, "--private-key", made.key], ["--private-key", raw]),
                (["logs", "text", "--key", root], ["--key", key, pem]),
                (["logs", "text", "--key", "out"], [key, "folder"]),
                (["logs", "text", "--key", "none"], ["--key none", "No such file"]),
                (["logs", "text", "--key", made.package], [key, "tar archive"]),
                (["collateral", "check", made.key], [raw, "an evidence file"]),
                (
                    ["collateral", "fetch", "--fmspc", "00906ed50000", "--collateral-ca", made.key],
                    [raw, "PEM or DER"]
                ),
            ]
            for one in cases { try expectRefused(one.command, with: one.words) }
            #expect(try Files.names(in: bench.path).filter { ["enc", "dec", "out2"].contains($0) }.isEmpty)
        }

        @Test("a folder in a file's place is told in one form, with what is expected there and the mend")
        func folders() throws {
            let made = try bench.package()
            try Files.makeFolder(bench.path + "/folder")
            let root = bench.root
            let run = ["run", "https://127.0.0.1:1", "--package", made.package]
            let cases: [(command: [String], words: [String])] = [
                (["verify", "folder"], ["folder: is a folder; a quote, a certificate", "evidence.json"]),
                (["quote", "verify", "folder"], ["folder: is a folder; a quote, a certificate"]),
                (["quote", "show", "folder"], ["folder: is a folder; a quote, a certificate"]),
                (["collateral", "fetch", "folder"], ["folder: is a folder; a quote, a certificate"]),
                (["seal", "--input", root, "--receiver", "folder"], ["folder: is a folder; a quote"]),
                (["seal", "--input", "folder", "--receiver", root], ["--input folder: is a folder"]),
                (["seal", "--input", root, "--unverified-key", "folder"], ["--unverified-key folder: is a folder"]),
                (
                    ["unseal", "--input", "folder", "--private-key", made.key],
                    ["--input folder: is a folder; a sealed box"]
                ),
                (["unseal", "--input", root, "--private-key", "folder"], ["--private-key folder: is a folder"]),
                (["measure", "folder"], ["folder: is a folder; a package"]),
                (["verify", root, "--package", "folder"], ["--package folder: is a folder"]),
                (
                    ["verify", root, "--policy", "folder"],
                    ["--policy folder: is a folder; a policy", "docs/policy.md"]
                ),
                (["verify", root, "--expected", "folder"], ["--expected folder: is a folder; MRENCLAVE"]),
                (["verify", root, "--trusted-root", "folder"], ["--trusted-root folder: is a folder; a root"]),
                (["verify", root, "--collateral-ca", "folder"], ["--collateral-ca folder: is a folder"]),
                (run + ["--key", "folder"], ["--key folder: is a folder"]),
                (run + ["--key", made.key, "--secrets", "folder"], ["--secrets folder: is a folder"]),
                (run + ["--key", made.key, "--sealed-secrets", "folder"], ["--sealed-secrets folder: is a folder"]),
                (run + ["--key", made.key, "--private-key", "folder"], ["--private-key folder: is a folder"]),
                (["collateral", "check", "folder"], ["folder"]),
            ]
            for one in cases { try expectRefused(one.command, with: one.words) }
        }

        @Test("values that no option can have are usage errors, told before anything is read")
        func values() throws {
            let spawn = ["spawn", "a", "--package", "none", "--port", "5555", "--platform", "simulator", "--san"]
            let named = ["--package", "none", "--san", "localhost", "--port", "5555", "--platform", "simulator"]
            let cases: [(command: [String], word: String)] = [
                (["run", "a", "--package", "none", "--continue", "00"], "64 hex digits"),
                (["run", "a", "--package", "none", "--continue", "x"], "64 hex digits"),
                (["seal", "--input", "none", "--unverified-key", "00"], "found 2 hex digits"),
                (
                    ["seal", "--input", "none", "--unverified-key", String(repeating: "ab", count: 33)],
                    "found 66 hex digits"
                ),
                (spawn + ["a b"], "a DNS name or an address"), (spawn + ["999.1.1.1"], "a DNS name or an address"),
                (spawn + ["1.2.3"], "a DNS name or an address"), (spawn + ["[::1"], "a DNS name or an address"),
                (spawn + ["localhost", "--subject", "x"], "CN=service"),
                (spawn + ["localhost", "--subject", "CN="], "CN=service"),
                (["spawn", "UPPER"] + named, "1 to 63"), (["spawn", "a_b"] + named, "1 to 63"),
                (["spawn", String(repeating: "a", count: 64)] + named, "1 to 63"),
            ]
            for one in cases {
                let result = try bench.run(Workbench.products + "/mse", one.command)
                #expect(result.status == 64 && result.output.contains(one.word), "\(one.command): \(result.output)")
            }
        }

        @Test("an address of IPv6 is shown in brackets, kept once, and called by what is shown")
        func brackets() throws {
            let made = try bench.package()
            let port = Workbench.freePort()
            let spawned = try bench.mse(
                "spawn",
                "six",
                "--package",
                made.package,
                "--san",
                "::1",
                "--san",
                "[::1]",
                "--san",
                "0:0:0:0:0:0:0:1",
                "--host",
                "::1",
                "--port",
                "\(port)",
                "--platform",
                "simulator"
            )
            #expect(spawned.contains("https://[::1]:\(port) "), "\(spawned)")
            let status = try bench.mse("status", "six", "--json")
            #expect(status.contains("\"url\": \"https://[::1]:\(port)\""), "\(status)")
            let sans = try JSON.read(Array(status.utf8))["sans"].map { JSON.line($0) }
            #expect(sans == "[\"::1\"]", "\(sans ?? "")")
            let collateral = ["--trusted-root", bench.root, "--package", made.package]
            try bench.mse("evidence", "six", "--output", "six")
            for command in [
                ["verify", "six"] + collateral,
                ["verify", "https://[::1]:\(port)", "--collateral", "six/evidence.json"] + collateral,
            ] {
                let result = try bench.run(Workbench.products + "/mse", command)
                #expect(result.status == 0 && result.output.contains("https://[::1]:\(port)"), "\(result.output)")
            }
        }

        @Test(
            """
            what would be written over itself, or hold nothing, is refused; a key is asked for before anybody is \
            called
            """
        )
        func doings() throws {
            let made = try bench.package()
            try bench.folder.write("secret", "the only copy")
            let link = try bench.run("/bin/ln", ["-s", "secret", "link"])
            #expect(link.status == 0)
            let key = String(repeating: "09", count: 32)
            for (input, output) in [
                ("secret", "secret"), ("secret", "./secret"), ("secret", "link"), ("link", "secret"),
            ] {
                let result = try bench.run(
                    Workbench.products + "/mse",
                    ["seal", "--input", input, "--unverified-key", key, "--output", output]
                )
                #expect(
                    result.status == 1 && result.output.contains("--output \(output): is the input itself"),
                    "\(result.output)"
                )
                let unsealed = try bench.run(
                    Workbench.products + "/mse",
                    ["unseal", "--input", input, "--private-key", made.key, "--output", output]
                )
                #expect(unsealed.status == 1 && unsealed.output.contains("is the box itself"), "\(unsealed.output)")
            }
            #expect(try bench.folder.read("secret") == Array("the only copy".utf8))
            let empty = try bench.mse("code", "decrypt", "hello/mse_src", "plain", "--key", made.key, expecting: 1)
            #expect(empty.contains("no encrypted files") && !Files.exists(bench.path + "/plain"), "\(empty)")
            let keyless = try bench.mse("run", "https://127.0.0.1:1", "--package", made.package, expecting: 1)
            #expect(keyless.contains("name it with --key"), "\(keyless)")
        }

        @Test(
            """
            the refusal for want of a reference value shows what names one; collateral that can't be had, how to name \
            it
            """
        )
        func mends() throws {
            let made = try bench.package()
            let port = Workbench.freePort()
            try bench.spawn("a", made.package, port: port)
            try bench.mse("evidence", "a", "--output", "out")
            for command in [["verify", "out/evidence.json"], ["quote", "verify", "out/evidence.json"]] {
                let refused = try bench.run(Workbench.products + "/mse", command)
                #expect(refused.status == 2 && refused.output.contains("measurement.missing"), "\(refused.output)")
                for word in ["--expected HEX", "--package FILE", "--policy FILE"] {
                    #expect(refused.output.contains(word), "\(refused.output)")
                }
            }
            try bench.folder.write(
                "qcnl.conf",
                "{\"pccs_url\": \"https://127.0.0.1:1/sgx/certification/v4/\", \"retry_times\": 0}"
            )
            let script =
                """
                openssl s_client -connect localhost:\(port) -showcerts </dev/null > handshake 2>&1; bin/mse verify \
                handshake
                """
            let handshake = try bench.run(
                "/bin/bash",
                ["-c", script],
                environment: ["QCNL_CONF_PATH": bench.path + "/qcnl.conf"]
            )
            #expect(
                handshake.status == 1
                    && handshake.output.contains("mse simulator serve") && handshake.output.contains("--collateral"),
                "\(handshake.output)"
            )
        }

        @Test(
            "what gunicorn takes and what scripts do: factories with literal arguments, exit and quit",
            arguments: [
                ("create_app(\"x\")", true), ("create_app(name='x', debug=True)", true), ("create_app(*[])", false),
            ]
        )
        func factories(call: String, isTaken: Bool) throws {
            try bench.mse("scaffold", "hello")
            try bench.folder.write(
                "hello/mse_src/app.py",
                """
                from flask import Flask
                def create_app(name="", debug=False):
                    app = Flask(__name__)
                    assert callable(exit) and callable(quit)
                    app.get("/health", endpoint="health")(lambda: "OK")
                    app.get("/")(lambda: f"{name} {debug}")
                    return app
                """
            )
            try bench.folder.write(
                "hello/tests/test_app.py",
                "def test(client, url):\n    assert client.get(f'{url}/', timeout=10).text in ('x False', 'x True')\n"
            )
            let toml = String(decoding: try bench.folder.read("hello/mse.toml"), as: UTF8.self)
            let quoted = call.replacing("\"", with: "\\\"")
            try bench.folder.write("hello/mse.toml", toml.replacing("\"app:app\"", with: "\"app:\(quoted)\""))
            let result = try bench.run(Workbench.products + "/mse", ["localtest", "--project", "hello"])
            #expect((result.status == 0) == isTaken, "\(result.output)")
            let packaged = try bench.run(
                Workbench.products + "/mse",
                ["package", "--project", "hello", "--output", "out", "--encrypt"]
            )
            #expect((packaged.status == 0) == isTaken, "\(packaged.output)")
        }
    }
}

import Files
import Foundation
import Notation
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Values of options and arguments that can't mean anything.
    @Suite("Arguments", .serialized)
    struct ArgumentTests {
        private let bench: Workbench

        init() throws { bench = try Workbench() }

        private struct Case: Sendable {
            let command: [String]
            /// The option, or the argument's name in brackets; its value stands where `command` has `?`.
            let option: String
            let values: [String]
            let expected: String
        }

        private static let names = [
            "Hello", "a_b", "a/b", "../x", "a b", String(repeating: "a", count: 64), "ä", "a\nb",
        ]
        private static let addresses = [
            "https://", "https://a b", "https://localhost:0", "https://localhost:99999", "https://[::1",
            "https://user:word@localhost", "https://localhost#part", "ftp://localhost", "file:///x", "a://", "://",
        ]
        /// Those of services, which have nothing but a host and a port.
        private static let origins =
            addresses + ["http://localhost:7443", "https://localhost/x", "https://localhost?a", "HTTPS://localhost"]
        private static let hosts = ["a b", "256.1.1.1", "*", "a..b", "host:80"]
        private static let spawn = [
            "spawn", "a", "--package", "p", "--platform", "simulator", "--port", "5", "--san", "localhost",
        ]
        private static let key = String(repeating: "09", count: 32)
        private static let label = String(repeating: String(repeating: "x", count: 60) + ".", count: 4)
        private static let instance = "an instance's name, 1 to 63"

        private static let cases: [Case] = [
            Case(
                command: ["scaffold", "?"],
                option: "<name>",
                values: ["Hello", "a b", "-", "_x", "ä"],
                expected: "a name of a–z"
            ),
            Case(
                command: ["scaffold", "x", "--template", "?"],
                option: "--template",
                values: ["django", "Flask"],
                expected: "flask expected"
            ),
            Case(
                command: ["serve", "?"],
                option: "<application>",
                values: ["app", "app:", ":app", "a:b:c", "a b:c", "1:x"],
                expected: "module:variable"
            ),
            Case(
                command: ["serve", "a:b", "--host", "?"],
                option: "--host",
                values: hosts,
                expected: "an address or name"
            ),
            Case(
                command: ["serve", "a:b", "--interface", "?"],
                option: "--interface",
                values: ["asgi", "WSGI"],
                expected: "auto or wsgi"
            ),
            Case(command: spawn + ["--host", "?"], option: "--host", values: hosts, expected: "an address or name"),
            Case(
                command: spawn + ["--subject", "?"],
                option: "--subject",
                values: ["x", "=", "CN"],
                expected: "CN=service"
            ),
            Case(command: ["spawn", "?"] + spawn.dropFirst(2), option: "<name>", values: names, expected: "1 to 63"),
            Case(
                command: spawn + ["--san", "?"],
                option: "--san",
                values: ["a b", "256.1.1.1"],
                expected: "a DNS name or an address"
            ),
            Case(
                command: ["spawn", "a", "--package", "p", "--port", "5", "--san", "x", "--platform", "?"],
                option: "--platform",
                values: ["SGX", "x"],
                expected: "simulator"
            ),
            Case(command: ["status", "?"], option: "<name>", values: names, expected: instance),
            Case(command: ["stop", "?"], option: "<name>", values: names, expected: instance),
            Case(command: ["restart", "?"], option: "<name>", values: names, expected: instance),
            Case(command: ["evidence", "?", "--output", "o"], option: "<name>", values: names, expected: instance),
            Case(command: ["logs", "?"], option: "<target>", values: names, expected: instance),
            Case(
                command: ["run", "?", "--package", "p"],
                option: "<target>",
                values: names + origins,
                expected: "https://localhost:7443"
            ),
            Case(
                command: ["test", "?", "--package", "p"],
                option: "<name>",
                values: names + origins,
                expected: "https://localhost:7443"
            ),
            Case(command: ["verify", "?"], option: "<target>", values: origins, expected: "https://localhost:7443"),
            Case(
                command: ["seal", "--input", "i", "--receiver", "?"],
                option: "--receiver",
                values: origins,
                expected: "https://localhost:7443"
            ),
            Case(
                command: ["seal", "--input", "i", "--unverified-key", "?"],
                option: "--unverified-key",
                values: [
                    "abcd", "nowhere", "0x" + String(repeating: "09", count: 32), String(repeating: "0g", count: 32),
                    String(repeating: "09", count: 33), "09 ",
                ],
                expected: "64 hex digits"
            ),
            Case(
                command: ["seal", "--input", "i", "--unverified-key", "?"],
                option: "--unverified-key",
                // Points of small order: everybody opens what is sealed to these.
                values: [
                    String(repeating: "00", count: 32), "01" + String(repeating: "00", count: 31),
                    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                ],
                expected: "that somebody has the secret key of"
            ),
            Case(
                command: ["verify", "x", "--collateral", "?"],
                option: "--collateral",
                values: addresses + ["http://x:0"],
                expected: "https://localhost:8081"
            ),
            Case(
                command: ["verify", "x", "--expected", "?"],
                option: "--expected",
                values: ["abcd", "xyz", String(repeating: "a", count: 63), "0x"],
                expected: "64 or MRTD as 96 hex digits"
            ),
            Case(
                command: ["quote", "verify", "x", "--expected", "?"],
                option: "--expected",
                values: ["abcd"],
                expected: "64 or MRTD as 96 hex digits"
            ),
            Case(
                command: ["run", "a", "--package", "p", "--continue", "?"],
                option: "--continue",
                values: ["abcd", "x"],
                expected: "64 hex digits"
            ),
            Case(
                command: ["collateral", "fetch", "--fmspc", "?"],
                option: "--fmspc",
                values: ["abcd", "00906ED5000", "00906ED5000000", "x", "00906ED5000Z"],
                expected: "12 hex digits"
            ),
            Case(
                command: ["collateral", "fetch", "--fmspc", "00906ED50000", "--ca", "?"],
                option: "--ca",
                values: ["Platform", "intel"],
                expected: "platform or processor"
            ),
            Case(
                command: ["collateral", "fetch", "--fmspc", "00906ED50000", "--tee", "?"],
                option: "--tee",
                values: ["SGX", "sev"],
                expected: "sgx or tdx"
            ),
            Case(
                command: ["collateral", "fetch", "--fmspc", "00906ED50000", "--update", "?"],
                option: "--update",
                values: ["late", "1e3"],
                expected: "standard, early"
            ),
            Case(
                command: ["collateral", "fetch", "q", "--collateral", "?"],
                option: "--collateral",
                values: addresses,
                expected: "https://localhost:8081"
            ),
        ]

        /// What makes a file: no name that only a folder can have.
        private static let outputFiles: [(command: [String], option: String)] = [
            (["verify", "x", "--certificate-out", "?"], "--certificate-out"),
            (["seal", "--input", "i", "--receiver", "r", "--output", "?"], "--output"),
            (["unseal", "--input", "i", "--private-key", "k", "--output", "?"], "--output"),
            (["code", "encrypt", "d", "o", "--key", "?"], "--key"),
        ]

        /// What makes files: `-` is no name for one.
        private static let outputs: [(command: [String], option: String)] = [
            (["verify", "x", "--certificate-out", "?"], "--certificate-out"),
            (["package", "--project", "p", "--output", "?"], "--output"),
            (["evidence", "a", "--output", "?"], "--output"),
            (["collateral", "fetch", "q", "--output", "?"], "--output"),
            (["seal", "--input", "i", "--receiver", "r", "--output", "?"], "--output"),
            (["unseal", "--input", "i", "--private-key", "k", "--output", "?"], "--output"),
            (["code", "encrypt", "d", "?", "--key", "k"], "<output>"),
            (["code", "decrypt", "d", "?", "--key", "k"], "<output>"),
            (["code", "encrypt", "d", "o", "--key", "?"], "--key"),
        ]

        private func refusal(_ command: [String], _ value: String, _ option: String, _ expected: String) throws {
            let result = try bench.run(Workbench.products + "/mse", command.map { $0 == "?" ? value : $0 })
            let line = result.output.split(separator: "\n").first ?? ""
            let shown = value.replacing("\n", with: "\\u{a}")
            #expect(
                result.status == 64 && line.hasPrefix("Error:") && line.contains("'\(shown)'") && line.contains(option)
                    && line.contains(expected),
                "\(command) \(value): \(result.status) \(result.output)"
            )
        }

        @Test("a value that can't mean anything is a usage error that names option, expected and found")
        func values() throws {
            for one in Self.cases {
                for value in one.values { try refusal(one.command, value, one.option, one.expected) }
            }
        }

        @Test("no file is made under the name '-'")
        func standardOutput() throws {
            for (command, option) in Self.outputs {
                try refusal(command, "-", option, "nothing is written to standard output")
            }
            #expect(!Files.exists(bench.path + "/-"))
            for (command, option) in Self.outputFiles {
                for value in ["out/", "/", ".", "out/..", "out/."] {
                    try refusal(command, value, option, "this is a folder's")
                }
            }
        }

        @Test(
            "a command that isn't there is a usage error, help or not, and the nearest is named",
            arguments: [
                (["nosuchverb"], ""), (["nosuchverb", "--help"], ""), (["nosuchverb", "-h"], ""), (["help", "no"], ""),
                (["--help", "nosuchverb"], ""), (["verfy", "--help"], "verify"), (["statsu"], "status"),
                (["simulator", "lunch"], ""), (["simulator", "int", "--help"], "init"),
                (["quote", "shwo", "x", "--help"], "show"), (["code", "Encrypt", "--help"], "encrypt"),
                (["a\nb", "--help"], ""), (["\u{1B}[2J", "--help"], ""),
            ]
        )
        func commands(command: [String], nearest: String) throws {
            for more in [[], ["--json"]] {
                let result = try bench.run(Workbench.products + "/mse", command + more)
                #expect(result.status == 64 && result.output.contains("is no command of"), "\(result.output)")
                #expect(!result.output.unicodeScalars.contains("\u{1B}"))
                #expect(nearest.isEmpty || result.output.contains("did you mean '\(nearest)'?"), "\(result.output)")
                #expect(!result.output.contains("'launch'"))
            }
        }

        @Test(
            "help of what is there is a success",
            arguments: [["--help"], ["help"], ["help", "quote"], ["quote", "-h"]]
        )
        func help(command: [String]) throws {
            #expect(try bench.mse(command).contains("USAGE"))
        }

        @Test("options that exclude or need each other are a usage error")
        func together() throws {
            for (command, words) in [
                (["collateral", "fetch"], "--fmspc"),
                (["collateral", "fetch", "q", "--fmspc", "00906ED50000"], "--fmspc"),
                (["serve", "a:b", "--certificate", "c"], "--private-key"),
                (["serve", "a:b", "--private-key", "c"], "--certificate"),
                (["seal", "--input", "i"], "--receiver"),
                (["verify", "x", "--certificate-out", "p", "--at", "2026-01-31T12:00:00Z"], "--at"),
                (["collateral", "fetch", "q", "--ca", "platform"], "--fmspc"),
                (["collateral", "fetch", "q", "--tee", "tdx"], "--fmspc"),
                (["seal", "--input", "i", "--unverified-key", Self.key, "--package", "p"], "judged by nobody"),
                (["seal", "--input", "i", "--unverified-key", Self.key, "--policy", "p"], "judged by nobody"),
                (["seal", "--input", "i", "--unverified-key", Self.key, "--trusted-root", "p"], "judged by nobody"),
                (["seal", "--input", "i", "--unverified-key", Self.key, "--collateral", "p"], "judged by nobody"),
                (Self.spawn + (1...16).flatMap { ["--san", "host-\($0)"] }, "1 to 16 names"),
                (
                    Self.spawn + ["--host", Self.label + "h"]
                        + (1...15).flatMap { ["--san", Self.label + "h\(10_000_000 + $0)"] }, "at most 4096"
                ),
            ] {
                let result = try bench.run(Workbench.products + "/mse", command)
                #expect(result.status == 64 && result.output.contains(words), "\(command): \(result.output)")
            }
        }

        @Test("every option of every verb is in these tables, or takes files, flags, numbers or times")
        func complete() throws {
            let elsewhere: Set<String> = [
                // Files and folders.
                "--project", "--package", "--key", "--secrets", "--sealed-secrets", "--private-key", "--policy",
                "--trusted-root", "--collateral-ca", "--input", "--certificate", "--app-dir", "--site-packages",
                "--libpal", "--pkglibdir", "--chroot", "--manifest", "--depfile", "--sigfile", "--digest-out",
                "--signature-in", "--passphrase-file",
                // In GramineCommandTests; the rest of these takes any text.
                "--date", "--with", "--output-format", "--string", "--define", "--passphrase",
                // Numbers and times, in NumberTests.
                "--port", "--days", "--timeout", "--threads", "--grace", "--tail", "--wait", "--at", "--since",
            ]
            let named = Set(Self.cases.map(\.option) + Self.outputs.map(\.option)).union(elsewhere)
            for verb in [
                ["scaffold"], ["serve"], ["localtest"], ["package"], ["code", "encrypt"], ["code", "decrypt"],
                ["measure"], ["manifest", "render"], ["sign"], ["sigstruct", "show"], ["sigstruct", "verify"],
                ["spawn"], ["evidence"], ["verify"], ["seal"], ["unseal"], ["run"], ["test"], ["status"], ["list"],
                ["logs"], ["stop"], ["restart"], ["quote", "show"], ["quote", "verify"], ["collateral", "fetch"],
                ["collateral", "show"], ["collateral", "check"], ["simulator", "init"], ["simulator", "root"],
                ["simulator", "serve"], ["simulator", "recover"], ["simulator", "revoke"], ["simulator", "expire"],
            ] {
                let help = try bench.run(Workbench.products + "/mse", verb + ["--help"]).output
                for line in help.split(separator: "\n") where line.hasPrefix("  --") || line.hasPrefix("  -") {
                    let words = line.split(separator: " ")
                    guard let place = words.firstIndex(where: { $0.hasPrefix("--") }), place + 1 < words.count,
                        words[place + 1].hasPrefix("<")
                    else { continue }
                    #expect(named.contains(String(words[place])), "\(verb) \(line)")
                }
            }
        }

        @Test("a private file that others can read is told, with the mend, and nothing is refused for it")
        func privateFiles() throws {
            try bench.mse("scaffold", "hello")
            let first = try bench.mse("code", "encrypt", "hello/mse_src", "one", "--key", "code.key")
            #expect(!first.contains("WARNING"), "\(first)")
            for (mode, isOpen) in [
                (0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o644, true), (0o620, true),
            ] {
                chmod(bench.path + "/code.key", mode_t(mode))
                let said = try bench.mse("code", "decrypt", "one", "back-\(mode)", "--key", "code.key")
                let words = "WARNING: code.key is private, and its mode 0\(String(mode, radix: 8)) opens it to others"
                #expect(said.contains(words) == isOpen && said.contains("chmod 600 code.key") == isOpen, "\(said)")
            }
            // The mend is typed as it stands, whatever the name.
            for name in ["it's $HOME", "-rf", "a\tb", "`id`"] {
                _ = try bench.run("/bin/cp", ["--", "code.key", "./" + name])
                chmod(bench.path + "/" + name, 0o644)
                let said = try bench.mse("logs", "none", "--key=" + name, expecting: 1)
                let command = said.split(separator: "\n").compactMap { $0.split(separator: "mend it with: ").last }
                    .first
                _ = try bench.run("/bin/bash", ["-c", String(try #require(command))])
                #expect(FileAccess(bench.path + "/" + name)?.mode == 0o600, "\(said)")
            }
            for (text, isPrivate) in [
                ("\"hunter2\"", true), ("1234", true), ("-1.5e3\n", true), ("\u{FEFF}\"x\"", true), ("[1]", true),
                ("true", true), ("words", false), ("\"x\" y", false),
            ] {
                try bench.folder.write("value", text)
                let said = try bench.run(
                    Workbench.products + "/mse",
                    ["run", "https://127.0.0.1:1", "--package", "none", "--secrets", "value"]
                ).output
                #expect(said.contains("WARNING: value is private") == isPrivate, "\(text): \(said)")
            }
            // Only root can give a file away.
            if geteuid() == 0 {
                chmod(bench.path + "/code.key", 0o600)
                chown(bench.path + "/code.key", 12345, 12345)
                let said = try bench.mse("logs", "none", "--key", "code.key", expecting: 1)
                #expect(said.contains("belongs to another user (id 12345)"), "\(said)")
                #expect(said.contains("install -m 600 code.key COPY"), "\(said)")
            }
            try bench.folder.write("secrets.json", "{}")
            chmod(bench.path + "/secrets.json", 0o644)
            for command in [
                ["run", "https://127.0.0.1:1", "--package", "none", "--secrets", "secrets.json"],
                ["run", "https://127.0.0.1:1", "--package", "none", "--private-key", "secrets.json"],
                ["test", "https://127.0.0.1:1", "--package", "none", "--sealed-secrets", "secrets.json"],
                ["unseal", "--input", "none", "--private-key", "secrets.json"],
                ["seal", "--input", "secrets.json", "--receiver", "none"],
                ["localtest", "--project", "none", "--secrets", "secrets.json"],
                ["logs", "none", "--key", "secrets.json"],
            ] {
                let result = try bench.run(Workbench.products + "/mse", command)
                #expect(
                    result.status == 1 && result.output.contains("WARNING: secrets.json is private, and its mode 0644"),
                    "\(command): \(result.output)"
                )
            }
        }

        @Test("errors have a stable code by kind")
        func codes() throws {
            try bench.folder.write("text", "words\n")
            try bench.folder.write("project/mse.toml", "[env]\n")
            for (command, code) in [
                (["status", "none"], "service.unknown"), (["status", "Bad"], "usage"), (["measure", "none"], "file"),
                (["measure", "text"], "file.kind"), (["verify", "none"], "target.unknown"),
                (["verify", "https://127.0.0.1:1"], "network.notListening"), (["verify", "text"], "evidence"),
                (["quote", "show", "none"], "file.notFound"), (["quote", "show", "text"], "evidence"),
                (["verify", "text", "--collateral", "none"], "notFound"),
                (["collateral", "check", "none"], "collateral.malformed"),
                (["run", "text", "--package", "none"], "target.file"), (["seal"], "usage"),
                (["run", "a", "--package", "none"], "target.unknown"),
                (["verify", "text", "--policy", "text"], "policy"),
                (["verify", "text", "--expected", "text"], "file.kind"), (["verify", "project"], "file"),
                (["verify", "text", "--trusted-root", "text"], "file.kind"),
                (
                    ["collateral", "fetch", "--fmspc", "00906ED50000", "--collateral", "http://127.0.0.1:1"],
                    "collateral.unreachable"
                ),
            ] {
                let result = try bench.run(Workbench.products + "/mse", command + ["--json"])
                let node = try? JSON.read(Array(result.output.utf8))
                #expect(node?["error"]?["code"]?.value == .string(code), "\(command): \(result.output)")
            }
        }
    }
}

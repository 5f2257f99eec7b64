import DCAP
import Files
import Foundation
import Notation
import PackageFormat
import Processes
import SGXQuote
import StrictX509
import TestSupport
import Testing

@testable import FakePKI

/// `quote` and `collateral` as people type them.
@Suite("Quotes and collateral on the command line", .serialized)
struct JudgingCommandTests {
    private let bench: Workbench
    private let made: Scenario.Made
    private static let at = Scenario.now.description, measurement = String(repeating: "ab", count: 32)

    /// The FMSPC of every simulated processor.
    private static let simulated = "53494d000001"

    init() throws {
        bench = try Workbench()
        let scenario = Scenario()
        made = try scenario.make()
        try bench.folder.write("quote.bin", made.bytes)
        try bench.folder.write("root.pem", scenario.root.pem)
        try bench.folder.write("root.der", scenario.root.der)
        for (name, bytes) in [
            ("root_ca.crl.der", made.collateral.rootCRL), ("pck.crl.der", made.collateral.pckCRL),
            ("tcb_info.json", made.collateral.tcbInfo),
            ("qe_identity.json", made.collateral.qeIdentity), ("tcb_info_chain.pem", made.collateral.tcbInfoChain),
            ("qe_identity_chain.pem", made.collateral.qeIdentityChain),
        ] { try bench.folder.write("collateral/" + name, bytes) }
    }

    private func verify(_ file: String, _ more: String..., expecting code: Int32) throws -> Node {
        let words = ["quote", "verify", file, "--collateral", "collateral", "--at", Self.at, "--json"] + more
        let result = try bench.run(Workbench.products + "/mse", words)
        #expect(result.status == code, "\(words.joined(separator: " ")):\n\(result.output)")
        return (try? JSON.read(Array(result.output.utf8))) ?? Node(.null)
    }

    private func codes(_ verdict: Node) -> Set<String> {
        guard case .array(let reasons)? = verdict["reasons"]?.value else { return ["?"] }
        return Set(reasons.compactMap { if case .string(let code)? = $0["code"]?.value { code } else { nil } })
    }

    @Test("a quote in any form is the same quote: raw, hexadecimal, base64, in a certificate, on standard input")
    func forms() throws {
        let whole = try bench.mse("quote", "show", "quote.bin", "--json")
        let hex = Hex.text(made.bytes)
        try bench.folder.write("quote.hex", hex.uppercased() + "\n")
        try bench.folder.write(
            "lines.hex",
            stride(from: 0, to: hex.count, by: 64).map { String(hex.dropFirst($0).prefix(64)) }.joined(separator: "\n")
        )
        try bench.folder.write("quote.b64", Base64.text(made.bytes) + "\n")
        let name: [(ObjectIdentifier, String)] = [(DistinguishedName.commonName, "x")]
        let certificate = FakeCertificate(
            serial: [1],
            issuer: name,
            notBefore: Scenario.now - .seconds(1),
            notAfter: Scenario.now + .seconds(1),
            subject: name,
            key: Scenario.strangerKey,
            extensions: [.init(identifier: ObjectIdentifier(arcs: 1, 2, 840, 113741, 1337, 6), value: made.bytes)],
            issuerKey: Scenario.strangerKey
        )
        try bench.folder.write("certificate.pem", certificate.pem)
        let der = certificate.der
        try bench.folder.write("certificate.der", der)
        try bench.folder.write("certificate.b64", Base64.text(der) + "\n")
        try bench.folder.write("certificate.url", Base64.text(der, .url, padded: false))
        try bench.folder.write("certificate.hex", Hex.text(der) + "\n")
        let certificates = [
            "certificate.pem", "certificate.der", "certificate.b64", "certificate.url", "certificate.hex",
        ]
        for file in ["quote.hex", "lines.hex", "quote.b64"] + certificates {
            #expect(try bench.mse("quote", "show", file, "--json") == whole, "\(file)")
        }
        // Its key isn't the quote's: refused, but for that.
        try bench.folder.write("input", "x")
        for file in certificates {
            for command in [
                ["verify", file], ["quote", "verify", file], ["seal", "--input", "input", "--receiver", file],
            ] {
                let result = try bench.run(
                    Workbench.products + "/mse",
                    command + [
                        "--collateral", "collateral", "--trusted-root", "root.pem", "--expected", Self.measurement,
                    ]
                )
                #expect(result.status == 2 && result.output.hasPrefix("REFUSED"), "\(command): \(result.output)")
            }
        }
        let piped = try bench.run("/bin/sh", ["-c", "bin/mse quote show - --json < quote.bin"])
        #expect(piped.status == 0 && piped.output == whole)
        let text = try bench.mse("quote", "show", "quote.bin")
        for field in ["mrenclave", "fmspc", "components", "attestationKey", "INIT MODE64BIT", "2.5.29.15, critical"] {
            #expect(text.contains(field), "\(field)")
        }
    }

    @Test("accepted with a reference value under the root that is named, PEM or DER; refused without either")
    func verdicts() throws {
        for root in ["root.pem", "root.der"] {
            let verdict = try verify("quote.bin", "--trusted-root", root, "--expected", Self.measurement, expecting: 0)
            #expect(
                verdict["accepted"]?.value == .boolean(true) && verdict["tcb"]?["status"]?.value == .string("UpToDate")
            )
            #expect(verdict["trustedRoot"]?.value == .string("Test SGX Root CA"))
            #expect(verdict["collateral"]?["source"]?.value == .string("collateral"))
        }
        #expect(codes(try verify("quote.bin", "--trusted-root", "root.pem", expecting: 2)) == ["measurement.missing"])
        let intel = try verify("quote.bin", "--expected", Self.measurement, expecting: 2)
        #expect(
            codes(intel).isSuperset(of: ["certificate.root", "certificate.name", "crl.signature"])
                && intel["genuine"]?.value == .boolean(false)
        )
        try bench.folder.write("expected", Self.measurement + "\n")
        _ = try verify("quote.bin", "--trusted-root", "root.pem", "--expected", "expected", expecting: 0)
        for text in [
            "\u{FEFF}\(Self.measurement)\r\n", "0x\(Self.measurement)\r\n",
            "\u{FEFF}0X\(Self.measurement.uppercased())",
        ] {
            try bench.folder.write("expected", text)
            _ = try verify("quote.bin", "--trusted-root", "root.pem", "--expected", "expected", expecting: 0)
        }
        _ = try verify("quote.bin", "--trusted-root", "root.pem", "--expected", "0x" + Self.measurement, expecting: 0)
        // What `measure --json` says, and `package` writes beside a package.
        for (text, code) in [
            (
                "{\"mrenclave\": \"\(Self.measurement)\", \"enclaveSize\": 1, \"maxThreads\": 1, \"trustedFiles\": []}",
                0
            ),
            ("{\"mrenclave\": \"\(Self.measurement)\"}", 1), ("{}", 1), ("{", 1),
        ] as [(String, Int32)] {
            try bench.folder.write("reference.json", text)
            let output = try verify(
                "quote.bin",
                "--trusted-root",
                "root.pem",
                "--expected",
                "reference.json",
                expecting: code
            )
            guard code != 0, case .string(let message)? = output["error"]?["message"]?.value else { continue }
            #expect(message.hasPrefix("--expected reference.json: line 1"), "\(message)")
        }
    }

    @Test("a quote without a chain of its own takes it from a folder, whatever else is asked first")
    func outsideChain() throws {
        var scenario = Scenario()
        let chain = scenario.pckChain
        scenario.contents.certificationKind = .ppidClear
        scenario.contents.certificationData = [UInt8](repeating: 0, count: 36)
        try bench.folder.write("bare.bin", scenario.make().bytes)
        try bench.folder.write("collateral/pck_chain.pem", chain)
        let words = ["--trusted-root", "root.pem", "--expected", Self.measurement, "--at", Self.at]
        for collateral in [
            ["--collateral", "collateral"], ["--collateral", "https://127.0.0.1:1", "--collateral", "collateral"],
        ] {
            let result = try bench.run(
                Workbench.products + "/mse",
                ["quote", "verify", "bare.bin"] + words + collateral
            )
            #expect(result.status == 0, "\(result.output)")
        }
        let result = try bench.run(
            Workbench.products + "/mse",
            ["quote", "verify", "bare.bin", "--collateral", "https://127.0.0.1:1"] + words
        )
        #expect(result.status == 1 && result.output.contains("no readable PCK certificate"), "\(result.output)")
    }

    @Test("a human verdict fits one screen, the answer first, however much is wrong")
    func screen() throws {
        let result = try bench.run(
            Workbench.products + "/mse",
            ["quote", "verify", "quote.bin", "--collateral", "collateral", "--at", "2040-01-01T00:00:00Z"]
        )
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(result.status == 2 && lines[0].hasPrefix("REFUSED  quote.bin") && lines.count <= 25, "\(result.output)")
        for question in ["genuine      no", "up to date   no", "mine         no"] {
            #expect(result.output.contains(question))
        }
        #expect(result.output.contains("--json lists all"))
    }

    @Test("bad input is one message and exit code 1; bad usage is 64")
    func badInput() throws {
        try bench.folder.write("empty", "")
        try bench.folder.write("short", Array(made.bytes.prefix(500)))
        try bench.folder.write("text", "no quote at all\n")
        try bench.folder.write("policy.toml", "[tcb]\nacept = []\n")
        for words in [
            ["quote", "show", "nowhere"], ["quote", "show", "empty"], ["quote", "show", "short"],
            ["quote", "show", "text"],
            ["quote", "verify", "quote.bin", "--collateral", "nowhere"],
            ["quote", "verify", "quote.bin", "--collateral", "home"],
            ["quote", "verify", "quote.bin", "--collateral", "collateral", "--policy", "policy.toml"],
            ["quote", "verify", "quote.bin", "--collateral", "collateral", "--trusted-root", "text"],
            ["collateral", "check", "nowhere"],
        ] {
            let result = try bench.run(Workbench.products + "/mse", words)
            let lines = result.output.split(separator: "\n")
            #expect(
                result.status == 1 && lines.count == 1 && lines.first?.hasPrefix("mse: ") == true,
                "\(words): \(result.output)"
            )
        }
        for words in [
            ["quote", "verify"], ["collateral", "fetch", "--colour"],
            ["quote", "verify", "quote.bin", "--collateral", "collateral", "--expected", "abcd"],
            ["collateral", "fetch"], ["collateral", "fetch", "--fmspc", "00"],
            ["collateral", "fetch", "--fmspc", "00906ED50000", "--ca", "other"],
            ["collateral", "fetch", "quote.bin", "--update", "sometimes"],
        ] {
            #expect(try bench.run(Workbench.products + "/mse", words).status == 64, "\(words)")
        }
    }

    /// A program in the background that ends with the body.
    private func withProgram<Value>(_ command: String, _ body: () throws -> Value) throws -> Value {
        let started = try bench.run("/bin/sh", ["-c", "\(command) >/dev/null 2>&1 & echo $!"])
        let process = try #require(
            pid_t(started.output.trimmingCharacters(in: .whitespacesAndNewlines)),
            "\(started.output)"
        )
        defer { kill(process, SIGKILL) }
        return try body()
    }

    private func waits(_ seconds: Double = 20, until isDone: () -> Bool) {
        let end = Date(timeIntervalSinceNow: seconds)
        while !isDone(), Date() < end { Thread.sleep(forTimeInterval: 0.05) }
    }

    @Test("the simulated processor's collateral is fetched, kept, shown, checked and used while its service is down")
    func simulated() throws {
        let port = Workbench.freePort()
        let address = "http://127.0.0.1:\(port)"
        let fmspc = Self.simulated
        try withProgram("bin/mse simulator serve --port \(port)") {
            waits {
                (try? bench.run(
                    "/usr/bin/curl",
                    ["-sf", "-o", "/dev/null", address + "/sgx/certification/v4/rootcacrl"]
                ).status) == 0
            }
            let shown = try bench.mse(
                "collateral",
                "fetch",
                "--fmspc",
                fmspc,
                "--collateral",
                address,
                "--trusted-root",
                bench.root,
                "--output",
                "fetched"
            )
            #expect(shown.contains("TCB info") && shown.contains("evaluation 20") && shown.contains("from \(address)"))
            try bench.mse("collateral", "fetch", "--fmspc", fmspc, "--collateral", address, "--update", "20")
            let other = try bench.mse(
                "collateral",
                "fetch",
                "--fmspc",
                fmspc,
                "--collateral",
                address,
                "--update",
                "19",
                expecting: 1
            )
            #expect(other.contains("404"))
            #expect(
                try bench.mse("collateral", "fetch", "--fmspc", "ffffffffffff", "--collateral", address, expecting: 1)
                    .contains("404")
            )
        }
        // Whoever asks in the same second has the answer that came in it.
        usleep(1_100_000)
        let cached = try bench.mse(
            "collateral",
            "fetch",
            "--fmspc",
            fmspc,
            "--collateral",
            address,
            "--trusted-root",
            bench.root
        )
        #expect(cached.contains("(cached)") && cached.contains("using the cache's copy"), "\(cached)")
        #expect(try bench.mse("collateral", "show").contains("from \(address)"))
        #expect(try bench.mse("collateral", "check", "fetched", "--trusted-root", bench.root).contains("CONSISTENT"))
        #expect(try bench.mse("collateral", "check", "fetched", expecting: 2).contains("certificate.root"))
        #expect(try bench.mse("collateral", "show", "fetched", "--json").contains("\"fmspc\": \"\(fmspc)\""))
        // What was changed in a folder is found.
        var bytes = try Files.read(bench.path + "/fetched/tcb_info.json")
        bytes[200] ^= 1
        try Files.write(bytes, to: bench.path + "/fetched/tcb_info.json")
        #expect(
            try bench.mse("collateral", "check", "fetched", "--trusted-root", bench.root, expecting: 2).contains(
                "document."
            )
        )
    }

    /// A collateral service over TLS with a certificate of its own, `tls.pem`.
    private func withService<Value>(_ folder: String = "collateral", _ body: (_ address: String) throws -> Value) throws
        -> Value
    {
        try makeCertificate()
        return try withService(folder, shows: "tls.pem", body)
    }

    private func makeCertificate() throws {
        let openssl = try bench.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=localhost",
                "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "tls.key", "-out", "tls.pem",
            ]
        )
        try #require(openssl.status == 0, "\(openssl.output)")
    }

    /// - Parameter certificate: whose key is `tls.key`.
    private func withService<Value>(
        _ folder: String,
        shows certificate: String,
        _ body: (_ address: String) throws -> Value
    ) throws
        -> Value
    {
        try Files.remove(bench.path + "/port")
        let script = Workbench.project + "/Tests/EndToEndTests/Scripts/https_pcs.py"
        return try withProgram("/usr/bin/python3 \(script) \(folder) \(certificate) tls.key port") {
            waits { Files.exists(bench.path + "/port") && (try? bench.folder.read("port").isEmpty) == false }
            return try body("https://127.0.0.1:" + String(decoding: try bench.folder.read("port"), as: UTF8.self))
        }
    }

    @Test("a service with a certificate of its own is believed only with --collateral-ca")
    func selfSigned() throws {
        let judging = [
            "quote", "verify", "quote.bin", "--at", Self.at, "--trusted-root", "root.pem", "--expected",
            Self.measurement,
        ]
        try withService { address in
            let words = judging + ["--collateral", address]
            let refused = try bench.run(Workbench.products + "/mse", words)
            #expect(refused.status == 1 && refused.output.contains("--collateral-ca"), "\(refused.output)")
            _ = try bench.run("/usr/bin/openssl", ["x509", "-in", "tls.pem", "-outform", "DER", "-out", "tls.der"])
            for file in ["tls.pem", "tls.der"] {
                let accepted = try bench.run(Workbench.products + "/mse", words + ["--collateral-ca", file])
                #expect(accepted.status == 0, "\(accepted.output)")
            }
        }
        // The next source is asked when the first one can't deliver.
        let second = try bench.run(
            Workbench.products + "/mse",
            judging + ["--collateral", "https://127.0.0.1:1", "--collateral", "collateral"]
        )
        #expect(second.status == 0 && second.output.contains("instead"), "\(second.output)")
    }

    @Test(
        """
        exactly the certificate that is named is enough, whatever it says of itself; what it vouches for has its name \
        compared
        """
    )
    func named() throws {
        let script = """
            set -e
            openssl ecparam -name prime256v1 -genkey -noout -out tls.key
            openssl ecparam -name prime256v1 -genkey -noout -out ca.key
            openssl req -x509 -new -key tls.key -days 2 -subj /CN=pccs -out authority.pem
            openssl req -x509 -new -key tls.key -days 2 -subj /CN=pccs -addext basicConstraints=critical,CA:FALSE \
                -addext subjectAltName=DNS:elsewhere.test -out leaf.pem
            openssl req -new -key tls.key -subj /CN=pccs -out a.csr
            openssl x509 -req -in a.csr -signkey tls.key -days 2 -out old.pem
            openssl req -x509 -new -key ca.key -days 2 -subj /CN=ca -out ca.pem
            openssl x509 -req -in a.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out issued.pem
            printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' > ext
            openssl x509 -req -in a.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out right.pem
            openssl req -x509 -new -key ca.key -days 2 -subj /CN=pccs -out impostor.pem
            for name in authority leaf old issued; do
                cat ca.pem $name.pem > both-$name.pem
                cat impostor.pem ca.pem > none-$name.pem
            done
            """
        let prepared = try bench.run("/bin/bash", ["-c", script])
        try #require(prepared.status == 0, "\(prepared.output)")
        func fetch(_ address: String, _ authority: String) throws -> ProgramRun.Result {
            try Files.remove(bench.path + "/home/collateral")
            return try bench.run(
                Workbench.products + "/mse",
                [
                    "quote", "verify", "quote.bin", "--at", Self.at, "--trusted-root", "root.pem", "--expected",
                    Self.measurement,
                ]
                    + ["--collateral", address, "--collateral-ca", authority]
            )
        }
        for name in ["authority", "leaf", "old", "issued"] {
            try withService("collateral", shows: "\(name).pem") { address in
                for file in ["\(name).pem", "both-\(name).pem"] {
                    let accepted = try fetch(address, file)
                    #expect(accepted.status == 0, "\(file): \(accepted.output)")
                }
                // Of another key with the same name, and of an authority for another name.
                for file in ["impostor.pem", "ca.pem", "none-\(name).pem"] {
                    let refused = try fetch(address, file)
                    #expect(
                        refused.status == 1 && refused.output.contains("isn't trusted"),
                        "\(name) \(file): \(refused.output)"
                    )
                }
            }
        }
        try withService("collateral", shows: "right.pem") { address in
            for (file, code) in [("ca.pem", 0), ("right.pem", 0), ("impostor.pem", 1)] as [(String, Int32)] {
                let result = try fetch(address, file)
                #expect(result.status == code, "\(file): \(result.output)")
            }
            // What was fetched is kept; a wrong option is told nevertheless.
            _ = try fetch(address, "ca.pem")
            let words = [
                "quote", "verify", "quote.bin", "--at", Self.at, "--trusted-root", "root.pem", "--expected",
                Self.measurement,
            ]
            for source in [address, "collateral"] {
                for (authority, word) in [
                    ("none.pem", "No such file"), ("tls.key", "private key"), ("quote.bin", "unknown kind"),
                    (".", "folder"),
                ] {
                    let result = try bench.run(
                        Workbench.products + "/mse",
                        words + ["--collateral", source, "--collateral-ca", authority]
                    )
                    #expect(
                        result.status == 1 && result.output.contains("--collateral-ca \(authority)")
                            && result.output.contains(word),
                        "\(source) \(authority): \(result.output)"
                    )
                }
            }
            let missing = try bench.run(
                Workbench.products + "/mse",
                words + ["--collateral", "collateral", "--collateral", "none"]
            )
            #expect(missing.status == 1 && missing.output.contains("'none' is neither"), "\(missing.output)")
        }
    }

    @Test("of many processes at once one asks, and all have the answer")
    func processes() throws {
        let simulator = Workbench.freePort()
        try withProgram("bin/mse simulator serve --port \(simulator)") {
            let address = "http://127.0.0.1:\(simulator)"
            waits {
                (try? bench.run(
                    "/usr/bin/curl",
                    ["-sf", "-o", "/dev/null", address + "/sgx/certification/v4/rootcacrl"]
                ).status) == 0
            }
            try bench.mse(
                "collateral",
                "fetch",
                "--fmspc",
                Self.simulated,
                "--collateral",
                address,
                "--output",
                "current"
            )
        }
        try withService("current") { address in
            let fetch =
                """
                bin/mse collateral fetch --fmspc \(Self.simulated) --collateral \(address) --collateral-ca tls.pem \
                --trusted-root \(bench.root) --json
                """
            let result = try bench.run(
                "/bin/sh",
                ["-c", "for i in 1 2 3 4 5 6 7 8; do \(fetch) > fetched.$i 2>&1 & done; wait; cat port.log"]
            )
            #expect(result.output.split(separator: "\n").count == 4, "\(result.output)")
            for number in 1...8 {
                let text = String(decoding: try bench.folder.read("fetched.\(number)"), as: UTF8.self)
                #expect(text.contains("\"fmspc\": \"\(Self.simulated)\""), "\(text)")
            }
        }
    }

    @Test("every real case of the vectors through the command line", .needsSharedVectors)
    func vectors() throws {
        let vectors = SharedVectors.path("dcap/vectors")
        guard case .array(let cases) = try JSON.read(try Files.read(vectors + "/cases.json"), depthLimit: 32).value
        else { return }
        #expect(cases.count >= 38)
        for item in cases {
            func text(_ node: Node?) -> String { if case .string(let text)? = node?.value { text } else { "" } }
            let measurement = text(item["subject"]?["mrenclave"]) + text(item["subject"]?["mrtd"])
            let words = [
                "quote", "verify", "\(vectors)/\(text(item["quote"]))", "--collateral",
                "\(vectors)/\(text(item["collateral"]))", "--at",
                text(item["at"]), "--expected", measurement, "--json",
            ]
            let permissive = try bench.run(
                Workbench.products + "/mse",
                words + ["--policy", vectors + "/permissive.toml"]
            )
            let verdict = try JSON.read(Array(permissive.output.utf8))
            #expect(
                verdict["genuine"]?.value == .boolean(true) && text(verdict["tcb"]?["status"]) == text(item["status"]),
                "\(text(item["name"]))"
            )
            #expect(
                permissive.status == (item["status"]?.value == .null ? 2 : 0),
                "\(text(item["name"])): \(permissive.output)"
            )
            let strict = try bench.run(Workbench.products + "/mse", words)
            #expect(
                strict.status == (item["acceptedByDefault"]?.value == .boolean(true) ? 0 : 2),
                "\(text(item["name"])): \(strict.output)"
            )
            for (name, value) in [
                "mrenclave", "mrsigner", "mrtd", "reportData", "fmspc", "mrseam", "tdAttributes", "xfam", "teeTcbSvn",
            ]
            .map({ ($0, item["subject"]?[$0]) }) {
                if let value {
                    #expect(verdict["subject"]?[name]?.value == value.value, "\(text(item["name"])): \(name)")
                }
            }
        }
    }
}

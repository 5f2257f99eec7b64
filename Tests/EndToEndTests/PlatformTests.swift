import Files
import Gramine
import Notation
import PackageFormat
import PackageMeasurement
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// What a package is for is measured, and it runs on nothing else.
    @Suite("Platforms", .serialized)
    struct PlatformTests {
        private static let alter = """
            import io, json, sys, tarfile
            source, target, altered, addition = sys.argv[1:]
            with tarfile.open(source) as old, tarfile.open(target, "w") as new:
                for member in old:
                    data = old.extractfile(member).read()
                    if member.name == altered == "runtime.json":
                        data = json.dumps(json.loads(data) | json.loads(addition)).encode()
                    elif member.name == altered:
                        data += addition.encode()
                    info = tarfile.TarInfo(member.name)
                    info.size = len(data)
                    new.addfile(info, io.BytesIO(data))
            """

        @Test("another platform than the package's is refused with one message, and nothing is left")
        func others() throws {
            let bench = try Workbench()
            let made = try bench.package()
            let altered = try bench.python(
                Self.alter,
                [made.package, "sgx.tar", "runtime.json", #"{"platform": "sgx"}"#]
            )
            #expect(altered.status == 0, "\(altered.output)")
            func spawn(_ package: String, _ platform: String, expecting code: Int32 = 1) throws -> String {
                let port = "\(Workbench.freePort())"
                let output = try bench.mse(
                    "spawn",
                    "a",
                    "--package",
                    package,
                    "--san",
                    "localhost",
                    "--port",
                    port,
                    "--platform",
                    platform,
                    expecting: code
                )
                #expect(!Files.exists(bench.path + "/home/services/a"))
                return output
            }
            let toSGX = try spawn(made.package, "sgx")
            #expect(toSGX.contains("packaged for simulator") && toSGX.contains("--platform sgx"), "\(toSGX)")
            let toSimulator = try spawn("sgx.tar", "simulator")
            #expect(toSimulator.contains("packaged for sgx") && toSimulator.contains("--platform simulator"))
            #expect(toSGX.split(separator: "\n").count == 1 && toSimulator.split(separator: "\n").count == 1)
            #expect(try spawn("sgx.tar", "sgx").contains("SGX needs Gramine's manifest"))
            _ = try spawn(made.package, "sev", expecting: 64)
            let measured = try bench.mse("measure", made.package)
            #expect(measured.contains("platform     simulated: this is no value of a real enclave"), "\(measured)")
            // Gramine's library OS isn't among its files.
            #expect(throws: PackageError.self) { try PackageFile(bench.path + "/sgx.tar").enclave() }
            try bench.start("a", made, port: Workbench.freePort())
            let verdict = try JSON.read(
                Array(
                    try bench.mse(
                        "verify",
                        "a",
                        "--package",
                        made.package,
                        "--trusted-root",
                        bench.root,
                        "--json"
                    ).utf8
                )
            )
            #expect(verdict["settings"]?["platform"]?.value == .string("simulator"))
        }

        @Test("what the owner chose and lint objects to is told by measure, and refused where it is strict")
        func objections() throws {
            let bench = try Workbench()
            let made = try bench.package()
            #expect(!(try bench.mse("measure", made.package, "--strict")).contains("-enclave: "))
            let altered = try bench.python(
                Self.alter,
                [made.package, "debug.tar", "mse.toml", "\n[enclave]\ndebug = true\n"]
            )
            #expect(altered.status == 0, "\(altered.output)")
            let told = try bench.mse("measure", "debug.tar")
            #expect(told.contains("debug.tar: E debug-enclave: ") && told.contains("MRENCLAVE"), "\(told)")
            let refused = try bench.mse("measure", "debug.tar", "--strict", expecting: 1)
            #expect(refused.contains("E debug-enclave: ") && !refused.contains("MRENCLAVE"), "\(refused)")
            let compared = try bench.mse("measure", "--diff", made.package, "debug.tar")
            #expect(compared.contains("debug.tar: E debug-enclave: ") && compared.contains("debug"), "\(compared)")
        }

        @Test("an operator's folders are others than the owner's, and the value is the one that the package says")
        func otherPlaces() throws {
            let bench = try Workbench()
            let made = try bench.package()
            let enclave = try PackageFile(bench.path + "/" + made.package).enclave()
            let value = Hex.text(enclave.measurement)
            #expect(try bench.mse("measure", made.package).contains("MRENCLAVE    \(value)"))
            // What of a real package Gramine's users would object to is no more than the decision record has.
            let page = try Files.read(Workbench.project + "/docs/decisions/0016-the-services-manifest.md")
            for finding in enclave.findings {
                #expect(String(decoding: page, as: UTF8.self).contains("| `\(finding.rule.rawValue)` | "), "\(finding)")
            }
            let operators = bench.path + "/an/operator/who is elsewhere"
            try bench.folder.write("an/operator/who is elsewhere/package.tar", try bench.folder.read(made.package))
            func operate(_ arguments: String...) throws -> String {
                let result = try bench.run(
                    Workbench.products + "/mse",
                    arguments,
                    environment: ["MSE_HOME": operators + "/home"]
                )
                #expect(result.status == 0, "\(arguments): \(result.output)")
                return result.output
            }
            let port = "\(Workbench.freePort())"
            _ = try operate("simulator", "init")
            _ = try operate(
                "spawn",
                "elsewhere-7",
                "--package",
                operators + "/package.tar",
                "--san",
                "localhost",
                "--port",
                port,
                "--platform",
                "simulator"
            )
            let status = try operate("status", "elsewhere-7", "--json")
            #expect(status.contains(value), "\(status)")
            _ = try operate("evidence", "elsewhere-7", "--output", bench.path + "/evidence")
            _ = try operate("stop", "elsewhere-7", "--remove")
            let file = try #require(Files.names(in: bench.path + "/evidence").first { $0.hasSuffix(".json") })
            try bench.mse(
                "verify",
                "evidence/" + file,
                "--package",
                made.package,
                "--trusted-root",
                operators + "/home/simulator/root.pem"
            )
        }

        @Test("a package for a platform that nothing is built for isn't made")
        func packaging() throws {
            let bench = try Workbench()
            try bench.mse("scaffold", "hello")
            let package = ["package", "--project", "hello", "--output", "out", "--encrypt", "--platform"]
            let refused = try bench.run(Workbench.products + "/mse", package + ["sgx"])
            #expect(refused.status == 1 && refused.output.contains("SGX needs Gramine's manifest"))
            #expect(try bench.run(Workbench.products + "/mse", package + ["tdx"]).status == 64)
            #expect(!Files.exists(bench.path + "/out"))
        }

        @Test(
            "the agent takes no descriptor and no variable for a processor",
            arguments: ["", "exec 3</dev/null;", "exec 3<>other;", "export MSE_SIMULATED_PROCESSOR=1;"]
        )
        func noProcessor(before: String) throws {
            let bench = try Workbench()
            try bench.folder.write("other", "")
            let script = """
                mkdir memory code; \(before)
                exec "$1" app:app --app-dir code --id 533a2b83-4bc5-4a9c-955e-208c530bfd15 --ratls 1893456000 \
                    --port \(Workbench.freePort()) --memory memory $2 --attestation-folder nowhere
                """
            for platform in ["--platform simulator", ""] {
                let result = try bench.run(
                    "/bin/bash",
                    ["-c", script, "script", Workbench.products + "/mse-bootstrap", platform]
                )
                #expect(
                    result.status == 1 && result.output.contains("agent.failed at=platform")
                        && result.output.contains("this is no enclave"),
                    "\(platform): \(result.output)"
                )
                #expect(result.output.contains("descriptor 3") == !platform.isEmpty, "\(result.output)")
                try Files.remove(bench.path + "/memory")
                try Files.remove(bench.path + "/code")
            }
        }
    }
}

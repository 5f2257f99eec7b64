import Files
import Foundation
import Notation
import PackageFormat
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    @Suite("Pins", .serialized)
    struct PinTests {
        private let bench: Workbench
        private let made: (package: String, key: String)

        init() throws {
            bench = try Workbench()
            made = try bench.package()
            try bench.spawn("a", made.package, port: Workbench.freePort())
            try bench.mse("evidence", "a", "--output", "out")
        }

        /// - Parameter isTrusted: without the simulator's root it is refused.
        private func verify(_ target: String, _ pin: String, isTrusted: Bool = true, _ more: String...) throws
            -> ProgramRun.Result
        {
            let root = isTrusted ? ["--trusted-root", bench.root] : []
            return try bench.run(
                Workbench.products + "/mse",
                ["verify", target, "--package", made.package, "--certificate-out", pin] + root + more
            )
        }

        private func bytes(_ name: String) -> [UInt8]? { try? Files.read(bench.path + "/" + name) }

        @Test(
            "an accepted pin has its verdict beside it; a refusal moves the earlier one away, and says so",
            arguments: ["a", "out/evidence.json"]
        )
        func lifecycle(target: String) throws {
            // Refused first: nothing appears.
            #expect(try verify(target, "pin.pem", isTrusted: false).status == 2)
            #expect(bytes("pin.pem") == nil && bytes("pin.pem.verdict.json") == nil && bytes("pin.pem.refused") == nil)
            let accepted = try verify(target, "pin.pem")
            #expect(accepted.status == 0 && accepted.output.contains("is in pin.pem"), "\(accepted.output)")
            let pin = try #require(bytes("pin.pem"))
            let verdict = try JSON.read(try #require(bytes("pin.pem.verdict.json")))
            #expect(verdict["accepted"]?.value == .boolean(true))
            // Again over itself.
            #expect(try verify(target, "pin.pem").status == 0)
            let refused = try verify(target, "pin.pem", isTrusted: false)
            #expect(refused.status == 2 && refused.output.contains("pin.pem.refused"), "\(refused.output)")
            #expect(bytes("pin.pem") == nil && bytes("pin.pem.refused") == pin)
            #expect(bytes("pin.pem.verdict.json") == nil && bytes("pin.pem.refused.verdict.json") != nil)
            // A second refused pin takes the place of the first, in JSON it is told too.
            #expect(try verify(target, "pin.pem").status == 0)
            let document = try JSON.read(Array(try verify(target, "pin.pem", isTrusted: false, "--json").output.utf8))
            #expect(
                document["pin"]?["refused"]?.value == .string("pin.pem.refused")
                    && document["pin"]?["written"]?.value == .boolean(false)
            )
            #expect(bytes("pin.pem") == nil && bytes("pin.pem.refused") == pin)
            let written = try JSON.read(Array(try verify(target, "pin.pem", "--json").output.utf8))
            #expect(
                written["pin"]?["path"]?.value == .string("pin.pem")
                    && written["pin"]?["written"]?.value == .boolean(true)
            )
            #expect(try !Files.names(in: bench.path).contains { $0.hasPrefix(".pin") })
        }

        @Test("a refusal touches nothing that isn't a pin of ours")
        func untouched() throws {
            #expect(try verify("out/evidence.json", "pin.pem").status == 0)
            let pin = try #require(bytes("pin.pem"))
            // A certificate that no verify put there.
            try bench.folder.write("foreign.pem", pin)
            let result = try verify("out/evidence.json", "foreign.pem", isTrusted: false)
            #expect(
                result.status == 2 && result.output.contains("it stays") && bytes("foreign.pem") == pin,
                "\(result.output)"
            )
            #expect(bytes("foreign.pem.refused") == nil)
            // What lies where the earlier pin would go.
            let key = [UInt8](repeating: 7, count: 32)
            try bench.folder.write("pin.pem.refused", key)
            #expect(try verify("out/evidence.json", "pin.pem", isTrusted: false).output.contains("pin.pem.refused-2"))
            #expect(bytes("pin.pem.refused") == key && bytes("pin.pem.refused-2") == pin && bytes("pin.pem") == nil)
            // Who isn't reached is not refused.
            #expect(try verify("out/evidence.json", "pin.pem").status == 0)
            #expect(try verify("https://127.0.0.1:1", "pin.pem").status == 1)
            #expect(bytes("pin.pem") == pin)
        }

        @Test("a target that is no certificate is an error before anybody is called, and stays as it is")
        func targets() throws {
            #expect(try verify("out/evidence.json", "pin.pem").status == 0)
            let pin = String(decoding: try #require(bytes("pin.pem")), as: UTF8.self)
            let files: [(name: String, content: [UInt8])] = [
                ("code.key", [UInt8](repeating: 7, count: 32)), ("empty", []), ("text", Array("hello\n".utf8)),
                ("both.pem", Array((pin + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").utf8)),
                ("bundle.pem", Array((pin + pin).utf8)), ("large", [UInt8](repeating: 0x20, count: 1 << 20)),
            ]
            for file in files { try bench.folder.write(file.name, file.content) }
            try bench.folder.write("folder/inner", "")
            try bench.folder.write("verdict.pem.verdict.json/inner", "")
            for (link, target) in [("link", "pin.pem"), ("dangling", "nowhere"), ("loop", "loop")] {
                try FileManager.default.createSymbolicLink(atPath: bench.path + "/" + link, withDestinationPath: target)
            }
            #expect(mkfifo(bench.path + "/pipe", 0o600) == 0)
            let targets =
                files.map(\.name) + [
                    "folder", "link", "dangling", "loop", "pipe", "/dev/null", "/dev/full",
                    "nowhere/pin.pem",
                    "text/pin.pem",
                    "verdict.pem", "/proc/pin.pem", "out/../folder", String(repeating: "x", count: 300),
                ]
            for target in targets {
                for isTrusted in [true, false] {
                    // Port 1 answers nobody: that it isn't reached would be the other error.
                    let result = try verify("https://127.0.0.1:1", target, isTrusted: isTrusted)
                    #expect(
                        result.status == 1 && !result.output.contains("127.0.0.1:1")
                            && result.output.split(separator: "\n").count == 1,
                        "'\(target)': \(result.output)"
                    )
                }
            }
            // What ends like a folder's name can be no file's.
            #expect(try verify("https://127.0.0.1:1", "folder/").status == 64)
            for file in files { #expect(bytes(file.name) == file.content, "\(file.name)") }
            #expect(bytes("pin.pem") == Array(pin.utf8) && bytes("folder/inner") == [])
        }

        @Test("a quote without a certificate leaves nothing to pin")
        func quote() throws {
            let raw = try bench.python(
                """
                from cryptography import x509
                c = x509.load_pem_x509_certificate(open("out/ratls.pem", "rb").read())
                evidence = x509.ObjectIdentifier("1.2.840.113741.1337.6")
                open("quote.bin", "wb").write(c.extensions.get_extension_for_oid(evidence).value.value)
                """
            )
            #expect(raw.status == 0, "\(raw.output)")
            let result = try verify("quote.bin", "pin.pem", isTrusted: true, "--collateral", "out/evidence.json")
            #expect(result.status == 1 && result.output.contains("nothing to pin"), "\(result.output)")
            #expect(bytes("pin.pem") == nil && bytes("pin.pem.verdict.json") == nil)
        }
    }
}

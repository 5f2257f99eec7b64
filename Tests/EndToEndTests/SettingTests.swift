import Files
import Foundation
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// What variables and files of settings say, and what messages say of them.
    @Suite("Settings", .serialized)
    struct SettingTests {
        private let bench: Workbench

        init() throws { bench = try Workbench() }

        /// Asks for collateral as whoever names no source.
        private func fetch(_ environment: [String: String?] = [:]) throws -> ProgramRun.Result {
            let command = ["collateral", "fetch", "--fmspc", "00906ED50000"]
            return try bench.run(Workbench.products + "/mse", command, environment: environment)
        }

        @Test(
            "what MSE_COLLATERAL says is told as its",
            arguments: [
                ("https://localhost:0", "port from 1 to 65535"), ("https://a b", "an address"),
                ("https://user:word@localhost", "an address"),
                ("nowhere", "neither an address nor a folder nor a file"),
                ("http://127.0.0.1:1", "asked because of MSE_COLLATERAL"), ("text", "text of something else"),
                ("empty", "asked because of MSE_COLLATERAL"),
            ]
        )
        func variable(value: String, words: String) throws {
            try bench.folder.write("text", "words of no kind\n")
            try Files.makeFolder(bench.path + "/empty")
            let result = try fetch(["MSE_COLLATERAL": value])
            #expect(
                result.status == 1 && result.output.contains("MSE_COLLATERAL") && result.output.contains(words),
                "\(result.output)"
            )
        }

        @Test(
            "what config.toml says is told as its, with name and file",
            arguments: [
                ("collateral = \"https://localhost:99999\"", "collateral in "),
                ("collateral = [\"nowhere\"]", "collateral in "),
                ("collateral = \"http://127.0.0.1:1\"", "asked because of collateral in "),
                ("collateral_ca = \"nowhere\"", "collateral_ca in "), ("collateral_ca = \"text\"", "collateral_ca in "),
                ("colateral = \"x\"", "did you mean 'collateral'"), ("collateral = 1", "config.toml"),
            ]
        )
        func file(text: String, words: String) throws {
            try bench.folder.write("text", "words of no kind\n")
            try bench.folder.write("config/mse/config.toml", text + "\n")
            // Intel's own service isn't asked by a test.
            let result = try fetch(["QCNL_CONF_PATH": try qcnl("{\"pccs_url\": \"http://127.0.0.1:1\"}")])
            #expect(
                result.status == 1 && result.output.contains(words) && result.output.contains("mse/config.toml"),
                "\(result.output)"
            )
        }

        private func qcnl(_ text: String) throws -> String {
            try bench.folder.write("qcnl.conf", text)
            return bench.path + "/qcnl.conf"
        }

        @Test(
            "what the file says that QCNL_CONF_PATH names is told with both",
            arguments: [
                "{", "{\"pccs_url\": 1}", "{}", "PCCS_URL=http://127.0.0.1:1", "{\"pccs_url\": \"http://127.0.0.1:1\"}",
            ]
        )
        func provider(text: String) throws {
            let path = try qcnl(text)
            let result = try fetch(["QCNL_CONF_PATH": path])
            #expect(result.status == 1 && result.output.contains("QCNL_CONF_PATH \(path)"), "\(result.output)")
        }

        @Test("a file of settings that isn't there is told with what names it")
        func absent() throws {
            let result = try fetch(["QCNL_CONF_PATH": "/nowhere"])
            #expect(result.status == 1 && result.output.contains("QCNL_CONF_PATH /nowhere"), "\(result.output)")
        }

        @Test("a root that config.toml names is told as its", arguments: ["nowhere", "text", "config"])
        func root(value: String) throws {
            try bench.folder.write("text", "words of no kind\n")
            try bench.folder.write("config/mse/config.toml", "trusted_root = \"\(value)\"\n")
            let result = try bench.run(Workbench.products + "/mse", ["verify", "text"])
            #expect(
                result.status == 1
                    && result.output.hasPrefix("mse: trusted_root in \(bench.path)/config/mse/config.toml"),
                "\(result.output)"
            )
        }

        @Test("a folder for the state that can't be one is told with the variable that names it")
        func home() throws {
            try bench.folder.write("text", "words of no kind\n")
            for (variables, words) in [
                (["MSE_HOME": "text"], "MSE_HOME \(bench.path)/text: "),
                (["MSE_HOME": nil, "XDG_DATA_HOME": "\(bench.path)/text"], "XDG_DATA_HOME \(bench.path)/text/mse: "),
            ] as [([String: String?], String)] {
                let result = try bench.run(Workbench.products + "/mse", ["list"], environment: variables)
                #expect(result.status == 1 && result.output.hasPrefix("mse: " + words), "\(result.output)")
            }
            try Files.makeFolder(bench.path + "/it's open", mode: 0o777)
            let open = try bench.run(Workbench.products + "/mse", ["list"], environment: ["MSE_HOME": "it's open"])
            #expect(open.status == 1)
            #expect(open.output.contains(#"chmod 700 '\#(bench.path)/it'\''s open'"#), "\(open.output)")
        }
    }
}

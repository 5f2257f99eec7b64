import CodePackage
import Files
import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// What a service, or whoever has the disk, lays where others read.
    @Suite("Laid files", .serialized)
    struct LaidFilesTests {
        private static let app = """
            import json, os

            def app(environ, start_response):
                told = []
                if environ["PATH_INFO"] == "/lay":
                    for folder, _, names in os.walk("/instance/sealed"):
                        for name in names:
                            os.unlink(os.path.join(folder, name))
                            os.mkfifo(os.path.join(folder, name))
                            told.append(name)
                    os.mkfifo("/instance/sealed/application.log/9999999999999999-00000099.log")
                start_response("200 OK", [])
                return [json.dumps(told).encode()]
            """

        @Test("pipes in place of sealed state keep neither logs nor stop nor restart waiting")
        func pipes() throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop", app: Self.app)
            let port = Workbench.freePort()
            try ReleaseTests.spawn(bench, "shop", made.package, port: port)
            try bench.mse("run", "shop", "--package", made.package, "--trusted-root", bench.root, "--key", made.key)
            let told = try bench.curl("-k", "https://localhost:\(port)/lay").output
            #expect(told.contains("configuration.sealed") && told.contains("identity.sealed"), "\(told)")
            let start = ContinuousClock.now
            let logs = try bench.mse("logs", "shop", "--key", made.key, expecting: 2)
            #expect(logs.contains("is a pipe or socket, not a file"), "\(logs)")
            #expect(try bench.mse("list").contains("shop  running"))
            try bench.mse("stop", "shop")
            #expect(try bench.mse("restart", "shop").contains("waits"))
            #expect(try bench.mse("logs", "shop").contains("agent.waitsAgain cause=unopened"))
            #expect(ContinuousClock.now - start < .seconds(60))
        }

        @Test(
            "an instance that can't be read is told in the list, and hides no other",
            arguments: [("service.json", "{"), ("service.json", "[]"), ("launch.json", "x"), ("launch.json", ""), ("launch.json", nil)])
        func damaged(file: String, text: String?) throws {
            let bench = try Workbench()
            let made = try ReleaseTests.project(bench, "shop", app: "def app(e, s):\n    s('200 OK', [])\n    return []\n")
            try ReleaseTests.spawn(bench, "a", made.package, port: Workbench.freePort())
            try ReleaseTests.spawn(bench, "b", made.package, port: Workbench.freePort())
            let path = "home/services/a/" + file
            if let text { try bench.folder.write(path, text) } else { try Files.remove(bench.path + "/" + path) }
            let list = try bench.mse("list")
            #expect(list.contains("a  damaged") && list.contains("b  waiting") && list.contains(file), "\(list)")
            let json = try bench.mse("list", "--json")
            #expect(json.contains("\"damaged\"") && json.contains("\"problem\""), "\(json)")
            #expect(try bench.mse("status", "a", expecting: 1).contains(file))
            try bench.mse("stop", "a", "--remove")
            #expect(try !bench.mse("list").contains("damaged"))
        }
    }
}

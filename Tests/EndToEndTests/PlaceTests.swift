import Files
import Foundation
import Processes
import TestSupport
import Testing

extension EndToEndTests {
    /// Where results go, and who may read and write them.
    @Suite("Places of results", .serialized)
    struct PlaceTests {
        private let bench: Workbench

        init() throws { bench = try Workbench() }

        private func entries() throws -> [String] {
            try bench.run("/usr/bin/find", [".", "-path", "./home", "-prune", "-o", "-print"]).output
                .split(separator: "\n").map(String.init).sorted()
        }

        @Test("nothing is written into the tree that it is read from, by whatever name, and nothing is made for it")
        func separate() throws {
            try bench.folder.write("src/app.py", "x = 1\n")
            try bench.folder.write("src/sub/more.py", "y = 1\n")
            try bench.mse("scaffold", "hello")
            for (link, target) in [("link", "src"), ("link-to-code", "hello/mse_src")] {
                _ = try bench.run("/bin/ln", ["-s", target, link])
            }
            try bench.mse("code", "encrypt", "src", "enc", "--key", "code.key")
            let before = try entries()
            let cases: [[String]] = [
                ["code", "encrypt", "src", "src/out", "--key", "code.key"],
                ["code", "encrypt", "src", "src/a/b/out", "--key", "new.key"],
                ["code", "encrypt", "src", "link/out", "--key", "new.key"],
                ["code", "encrypt", "link", "src/out", "--key", "new.key"],
                ["code", "encrypt", "src", "enc/../src/out", "--key", "new.key"],
                ["code", "encrypt", "src", "src", "--key", "new.key"],
                ["code", "encrypt", "src/sub", "src", "--key", "new.key"],
                ["code", "encrypt", "src", ".", "--key", "new.key"],
                ["code", "encrypt", ".", "out", "--key", "new.key"],
                ["code", "encrypt", "src", "out", "--key", "src/new.key"],
                ["code", "encrypt", "src", "out", "--key", "link/new.key"],
                ["code", "decrypt", "enc", "enc/plain", "--key", "code.key"],
                ["code", "decrypt", "enc", "\(bench.path)/enc/sub/plain", "--key", "code.key"],
                ["code", "decrypt", "enc", "src/../enc/plain", "--key", "code.key"],
                ["code", "decrypt", "enc/sub", "enc", "--key", "code.key"],
                ["package", "--project", "hello", "--output", "hello/mse_src", "--encrypt"],
                ["package", "--project", "hello", "--output", "hello/mse_src/new/out", "--encrypt"],
                ["package", "--project", "hello", "--output", "link-to-code/out", "--encrypt"],
                ["package", "--project", "hello", "--output", "hello/tests/../mse_src/out", "--encrypt"],
                ["package", "--project", "hello", "--output", "hello/tests/out"],
            ]
            for command in cases {
                let result = try bench.run(Workbench.products + "/mse", command)
                #expect(result.status == 1, "\(command): \(result.output)")
                #expect(
                    result.output.contains("which is read") || result.output.contains("which ships"),
                    "\(command): \(result.output)"
                )
                #expect(try entries() == before, "\(command)")
            }
            let home = try bench.run(
                Workbench.products + "/mse",
                ["package", "--project", "hello", "--output", "out", "--encrypt"],
                environment: ["MSE_HOME": "hello/mse_src/state"]
            )
            #expect(home.status == 1 && home.output.contains("MSE_HOME") && home.output.contains("which ships"))
            #expect(try entries() == before)
            // Beside it is nowhere near it.
            try bench.mse("code", "encrypt", "src", "src-encrypted", "--key", "code.key")
        }

        @Test(
            """
            whatever mask was left: secrets are their owner's alone, results anybody's to read, nothing others' to \
            write
            """,
            arguments: ["000", "022", "077", "777", "0111"]
        )
        func modes(mask: String) throws {
            let script = """
                set -e
                umask \(mask)
                export MSE_HOME="$PWD/fresh"
                mse=bin/mse
                $mse simulator init
                $mse scaffold made/hello
                $mse code encrypt made/hello/mse_src work/enc --key code.key
                $mse code decrypt work/enc work/dec --key code.key
                head -c 32 /dev/urandom > raw; chmod 600 raw
                $mse seal --input raw --unverified-key \(String(repeating: "09", count: 32)) --output work/box
                $mse collateral show >/dev/null
                """
            let result = try bench.run("/bin/bash", ["-c", script])
            #expect(result.status == 0, "\(result.output)")
            let listed = try bench.run(
                "/usr/bin/find",
                ["fresh", "made", "work", "code.key", "-printf", "%m %y %p\n"]
            ).output.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 2).map(String.init) }
            #expect(listed.count > 20)
            for entry in listed {
                let mode = try #require(Int(entry[0], radix: 8)), path = entry[2]
                let isPrivate =
                    path.hasPrefix("fresh") && !path.hasSuffix("root.pem") || path.hasSuffix(".key")
                    || path.hasPrefix("work/dec") || path.hasSuffix("secrets.json")
                let expected = isPrivate ? (entry[1] == "d" ? 0o700 : 0o600) : (entry[1] == "d" ? 0o755 : 0o644)
                #expect(mode == expected, "\(mask): \(entry)")
            }
        }

        @Test("what an instance's life leaves is nobody else's to write, and sealed state its owner's alone")
        func instance() throws {
            let script = """
                set -e
                umask 000
                export MSE_HOME="$PWD/fresh"
                bin/mse simulator init
                mkdir -m 700 -p fresh/cache && rmdir fresh/cache && ln -s ../home/cache fresh/cache
                bin/mse scaffold hello
                bin/mse package --project hello --output out --encrypt
                package=$(ls out/*.tar); key=$(ls out/*.key)
                bin/mse spawn a --package $package --san localhost --port \(Workbench.freePort()) --platform simulator
                root="--trusted-root $(bin/mse simulator root)"
                bin/mse verify a --package $package $root --certificate-out out/pin.pem
                bin/mse run a --package $package $root --key $key --secrets hello/secrets.json
                bin/mse evidence a --output out/evidence
                bin/mse stop a
                bin/mse restart a
                find fresh/services fresh/simulator out hello -printf '%m %y %p\\n' > listing
                bin/mse stop a --remove
                """
            let result = try bench.run("/bin/bash", ["-c", script])
            #expect(result.status == 0, "\(result.output)")
            let listing = String(decoding: try bench.folder.read("listing"), as: UTF8.self).split(separator: "\n")
            #expect(listing.count > 20)
            for line in listing {
                let parts = line.split(separator: " ", maxSplits: 2)
                let mode = try #require(Int(parts[0], radix: 8)), path = String(parts[2])
                guard parts[1] != "l" else { continue }
                #expect(mode & 0o022 == 0, "\(line)")
                // The agent, another user, reads these two.
                let isShared = path.hasSuffix("/launch.json") || path.hasSuffix("/package.tar")
                if path.hasPrefix("fresh/"), !path.hasSuffix("root.pem"), !isShared {
                    #expect(mode & 0o077 == 0, "\(line)")
                }
                if path.hasSuffix(".key") || path.hasSuffix("secrets.json") { #expect(mode == 0o600, "\(line)") }
            }
        }
    }
}

import CodeEncryption
import Files
import Foundation
import Notation
import TestSupport
import Testing

@testable import PackageBuilding
@testable import PackageFormat
@testable import Processes

/// No reader of what a project or a package holds costs more than n log n.
@Suite("Growth of packages", .serialized)
struct PackageGrowthTests {
    private static let folder = try? TemporaryFolder()

    /// A file that is made anew for each size.
    private static func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let folder = try #require(folder)
        try folder.write(name, bytes)
        return folder.path + "/" + name
    }

    private static func requirements(
        _ what: String,
        _ sizes: ClosedRange<Int> = 64...16384,
        _ text: @escaping @Sendable (Int) -> String
    )
        -> Growth
    {
        Growth("requirements: " + what, sizes, make: { try file("requirements.txt", Array(text($0).utf8)) }) { path in
            // What is refused was read first.
            _ = try? Requirements(
                file: path,
                project: Files.split(path).folder,
                allowsSources: true,
                environment: ["A": "value"]
            )
        }
    }

    private static func ignores(_ what: String, _ text: @escaping @Sendable (Int) -> String) -> Growth {
        Growth("ignore list: " + what, make: text) { _ = IgnoreList(text: $0).matches("name") }
    }

    private static func header(_ name: String, _ size: Int, _ kind: Character) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ offset: Int) {
            block.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, 0)
        put(octal(size, 11), 124)
        put("        ", 148)
        put(String(kind), 156)
        put("ustar\u{0}00", 257)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", 148)
        return block
    }

    private static func member(_ name: String, _ content: [UInt8] = [], kind: Character = "0") -> [UInt8] {
        header(name, content.count, kind) + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private static func tar(
        _ what: String,
        _ sizes: ClosedRange<Int> = 16...8192,
        _ members: @escaping @Sendable (Int) -> [UInt8]
    )
        -> Growth
    {
        Growth("tar: " + what, sizes, make: { try file("a.tar", members($0) + [UInt8](repeating: 0, count: 1024)) }) {
            path in
            var reader = try TarReader(path)
            while try reader.next() != nil {}
        }
    }

    private static func paths(_ count: Int) -> [String] { (0..<count).map { "a/b\($0 % 100)/e\u{301}\($0)" } }

    private static let readers: [Growth] = [
        requirements("lines") { Growth.text($0) { "name\($0)==1.0\n" } },
        requirements("markers") {
            Growth.text($0) { "name\($0)==1.0 ; python_version >= '3.\($0)' and (os_name == \"posix\")\n" }
        },
        requirements("one marker", 64...65536) { "name ; " + Growth.text($0) { "(os_name == '\($0)') or " } + "True" },
        requirements("hashes", 16...8192) {
            "name==1.0 " + Growth.text($0) { _ in "--hash=sha256:\(String(repeating: "a", count: 64)) " }
        },
        requirements("continued lines", 64...65536) { "name\\\n" + Growth.text($0) { _ in " \\\n" } },
        requirements("comments in continued lines", 64...65536) { "name\\\n" + Growth.text($0) { _ in "#\n" } },
        requirements("comments") { Growth.text($0) { _ in "# # #\n" } },
        requirements("one word", 64...(1 << 19)) { "--index-url " + Growth.text($0) { _ in "x" } },
        requirements("one quoted word", 64...(1 << 19)) { "--index-url '" + Growth.text($0) { _ in "x " } },
        requirements("words", 64...(1 << 18)) { "--pre " + Growth.text($0) { _ in "--pre " } },
        requirements("variables", 64...65536) { "name @ https://host/" + Growth.text($0) { _ in "${A}/" } + "x.whl" },
        requirements("half variables", 64...65536) { "name @ https://host/" + Growth.text($0) { _ in "${" } + "x.whl" },
        requirements("addresses") { Growth.text($0) { "--extra-index-url https://host\($0)/simple\n" } },
        requirements("users") { Growth.text($0) { "--extra-index-url https://user\($0):word\($0)@host/simple\n" } },
        requirements("addresses in one line", 64...65536) { "name @ " + Growth.text($0) { _ in "https://a@b/" } },
        requirements("files within files", 16...8192) { Growth.text($0) { _ in "-r requirements.txt\n" } },
        ignores("plain names") { Growth.text($0) { "name\($0)\n" } },
        ignores("wildcards") { Growth.text($0) { "*\($0)?\n" } },
        ignores("stars") { Growth.text($0) { _ in "*" } + "x" },
        ignores("stars and letters") { Growth.text($0) { _ in "*a" } + "x" },
        ignores("two stars and slashes") { Growth.text($0) { _ in "**/" } },
        ignores("open brackets") { Growth.text($0) { _ in "[" } },
        ignores("open brackets behind stars") { "*" + Growth.text($0) { _ in "[[" } + "]" },
        ignores("a long set") { "[" + Growth.text($0) { _ in "a-z" } + "]" },
        ignores("blank lines and comments") { Growth.text($0) { _ in " \n#\r\n" } },
        tar("members") { (0..<$0).flatMap { member("file\($0)") } },
        tar("folders") { (0..<$0).flatMap { member("folder\($0)/", kind: "5") } },
        tar("long names", 16...4096) {
            (0..<$0).flatMap { member("l", Array("long/\($0)".utf8), kind: "L") + member("x") }
        },
        tar("extended headers", 16...4096) {
            (0..<$0).flatMap { member("x", Array("13 path=\(1000 + $0)\n".utf8), kind: "g") }
        },
        tar("records of an extended header", 16...65536) {
            member("x", Array(Growth.text($0) { "12 a\(100 + $0 % 900)=bcd\n" }.utf8), kind: "g")
        },
        tar("zeros behind the end") { [UInt8](repeating: 0, count: 512 * $0) },
        Growth("names of files", 64...65536, make: paths) { try TreeEncryption.checkCollisions($0) },
        Growth("order of files", 64...65536, make: paths) { _ = $0.sorted { CodeTree.precedes($0, $1) } },
        Growth("a deep path", 64...65536, make: { count in Growth.text(count) { _ in "a/" } }) { _ = Files.split($0) },
        Growth(
            "the lock",
            64...16384,
            make: { count in
                (0..<count).map {
                    EnvironmentBuilder.Locked(name: "n\($0)", version: "1", digest: "00", origin: "o", file: "f")
                }
            }
        ) { _ = EnvironmentBuilder.text($0) },
        Growth(
            "the list of installed files",
            make: { count in Growth.text(count) { "pkg/e\u{301}\($0).py,sha256=abc,12\n" } }
        ) {
            _ = InstalledEnvironment.record($0)
        },
        Growth("messages of pip", make: { count in Growth.text(count) { "https://user:word@host\($0)/?token=x " } }) {
            text in
            var credentials = Credentials()
            credentials.learn(from: "https://user:word@host/")
            _ = credentials.redacted(text)
        },
        Growth(
            "runtime.json",
            16...8192,
            make: { count in
                RuntimeList(
                    python: "3.11.2",
                    platform: .simulator,
                    loader: "/l",
                    agent: "/a",
                    files: (0..<count).map { .init(path: "/f\($0)", digest: [UInt8](repeating: 0, count: 32)) }
                ).encoded
            }
        ) { _ = try RuntimeList($0) },
        Growth("mse.toml's application", 64...65536, make: { count in "a:b(" + Growth.text(count) { _ in "[(" } }) {
            _ = ProjectConfiguration.isApplication($0)
        },
    ]

    @Test("eight times the input takes no more than some eight times as long", arguments: readers)
    func growth(_ reader: Growth) throws {
        let result = try reader.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }

    @Test("a folder with many dot files and as many exceptions")
    func dotFiles() throws {
        let folder = try TemporaryFolder()
        let growth = Growth("dot files", 32...2048) { count in
            try Files.remove(folder.path + "/tree")
            for index in 0..<count { try folder.write("tree/.f\(index)", []) }
            return (0..<count).map { ".f\($0)" }
        } read: { names in
            _ = try CodeTree(folder.path + "/tree", dotFiles: .leftOut(but: names))
        }
        let result = try growth.measure()
        #expect(result.isNearlyLinear, "\(result)")
    }

    @Test("what would be multiplied is bounded")
    func bounds() throws {
        let folder = try TemporaryFolder()
        try folder.write("big.txt", "# " + String(repeating: "x", count: 1_000_000) + "\n")
        try folder.write("requirements.txt", String(repeating: "-r big.txt\n", count: 15_000))
        try folder.write(
            "users.txt",
            Growth.text(300) { "--extra-index-url https://user\($0):word\($0)@host/simple\n" }
        )
        for (name, words) in [("requirements.txt", "4 MiB"), ("users.txt", "more than 256 different users")] {
            let error = #expect(throws: PackageError.self) {
                try Requirements(
                    file: folder.path + "/" + name,
                    project: folder.path,
                    allowsSources: false,
                    environment: [:]
                )
            }
            #expect(error?.description.contains(words) == true, "\(error.map { "\($0)" } ?? "")")
        }
        try folder.write("code/.mseignore", Growth.text(5000) { "*\($0)\n" })
        var notes: [String] = []
        let error = #expect(throws: PackageError.self) { try ProjectFiles.ignoreList(folder.path + "/code", &notes) }
        #expect(error?.description.contains("at most 4096") == true)
    }

    @Test(
        "a sign that pip takes for itself and a reader for another is refused",
        arguments: [
            "flask #\u{301} --hash=sha256:0", "--index-url \"\u{301}https://host/simple\"",
            "name @ https://host/${A}\u{301}/x.whl",
            "name \u{600}; os_name == 'nt'", "-\u{301}-pre", "./\u{301}x.whl",
        ]
    )
    func marks(line: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("requirements.txt", line + "\n")
        let read = {
            try Requirements(
                file: folder.path + "/requirements.txt",
                project: folder.path,
                allowsSources: true,
                environment: ["A": "b"]
            )
        }
        if line.hasPrefix("flask") {
            #expect(try read().distributions == ["flask"])
        } else {
            let error = #expect(throws: PackageError.self, performing: { _ = try read() })
            #expect(error?.description.contains("joined with a mark") == true, "\(error.map { "\($0)" } ?? "")")
        }
    }
}

import Files
import PackageFormat
import Testing

@testable import SimulatedProcessor

@Suite("Places of measured files")
struct RecordPathTests {
    @Test(
        "a record names files below the enclave's root alone, by the bytes of their paths",
        arguments: [
            "/usr/../../etc/a", "/usr/../\u{301}a", "/..\u{2F}\u{20DD}/a", "/usr/\u{301}/../../a", "/usr/\u{600}/../a",
            "/../\u{FE0F}/a",
            "/a", "/",
            "//a/b", "/usr/./a", "/usr/a/", "/proc/self/a", "/dev/null", "/memory/a", "/instance/a", "/usr/a\u{0}",
            "/usr/a\u{0}\u{301}",
        ]
    )
    func refused(path: String) {
        #expect(throws: FileError.self) { try EnclaveFileSystem.check(path) }
    }

    @Test(
        "names of all kinds are taken",
        arguments: ["/usr/lib/e\u{301}.so", "/usr/lib/\u{E9}.so", "/usr/\u{301}/x", "/usr/..a", "/proc\u{301}/a"]
    )
    func taken(path: String) throws {
        try EnclaveFileSystem.check(path)
    }

    @Test("a path is split by its bytes")
    func parts() {
        #expect(
            Files.split("a/\u{301}b") == ("a", "\u{301}b") && Files.split("/\u{301}") == ("/", "\u{301}")
                && Files.split("a/\u{301}/") == ("a", "\u{301}")
        )
        #expect(
            Files.components("../\u{301}b/") == ["..", "\u{301}b", ""]
                && Files.foldersAbove("a/\u{301}/b") == ["a", "a/\u{301}"]
        )
        #expect(
            !Files.isInside("/e\u{301}/a", "/\u{E9}") && Files.isInside("/a/\u{301}", "/a")
                && !Files.isInside("/ab", "/a")
        )
    }
}

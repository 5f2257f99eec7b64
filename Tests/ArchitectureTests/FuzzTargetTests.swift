import Files
import Foundation
import Testing

/// `Fuzz/README.md` lists what is fuzzed.
@Suite("Fuzz targets")
struct FuzzTargetTests {
    private static let folder = Files.split(Files.split(Files.split(#filePath).folder).folder).folder + "/Fuzz"

    @Test("the page's table names every target of the folder, in order, with figures of a run")
    func table() throws {
        let targets = try Files.names(in: Self.folder + "/targets")
            .filter { $0.hasSuffix(".swift") && $0.first?.isLowercase == true }
            .map { String($0.dropLast(".swift".count)) }.sorted()
        #expect(targets.count > 10)
        let page = String(decoding: try Files.read(Self.folder + "/README.md"), as: UTF8.self)
        let rows = page.matches(of: /(?m)^\| `([a-z-]+)` \| [^|]+ \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$/)
        #expect(rows.map { String($0.1) } == targets)
    }

    @Test("every target has seeds of its own, or vectors that it begins with")
    func seeds() throws {
        let run = String(decoding: try Files.read(Self.folder + "/run"), as: UTF8.self)
        for name in try Files.names(in: Self.folder + "/targets") where name.first?.isLowercase == true {
            let target = String(name.dropLast(".swift".count))
            #expect(
                Files.isFolder(Self.folder + "/seeds/" + target) || run.contains("    \(target)) echo"),
                "\(target)"
            )
        }
    }
}

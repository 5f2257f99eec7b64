import Files
import Foundation
import Testing

/// What comments and documents point to is in the project, or is a public standard.
@Suite("References to documents")
struct DocumentReferenceTests {
    private static let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder
    private static let places = ["Sources", "Tests", "Benchmarks", "Fuzz", "scripts", "docs", ".ci"]
    private static let single = [
        "Package.swift",
        "Makefile",
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ]
    private static let kinds = ["swift", "md", "py", "sh", "c", "h", "toml", "json", "modulemap", ""]

    /// Every text of the project, by its path; what builds leave behind is none of it.
    private static func texts() throws -> [(path: String, text: String)] {
        var paths = single
        for place in places {
            let files = FileManager.default.enumerator(atPath: project + "/" + place)
            while let file = files?.nextObject() as? String {
                let parts = file.split(separator: "/")
                let name = parts.last ?? ""
                if [".build", "__pycache__", "Vectors"].contains(name) {
                    files?.skipDescendants()
                    continue
                }
                let kind = name.contains(".") ? String(name.split(separator: ".").last ?? "") : ""
                if kinds.contains(kind) { paths.append(place + "/" + file) }
            }
        }
        return try paths.compactMap { path in
            let whole = project + "/" + path
            guard FileManager.default.fileExists(atPath: whole), !Files.isFolder(whole) else { return nil }
            return (path, String(decoding: try Files.read(whole), as: UTF8.self))
        }
    }

    /// The words are put together here, so that this file itself may be searched.
    private static let names = ["SPEC", "PROTOCOL", "DESIGN", "GUIDE", "FINDINGS", "SYSCALLS"]

    /// Sections that belong to no document named beside them, documents by a name in capitals, and numbered decisions
    /// that aren't in docs/decisions.
    private static func isOutside(_ line: Substring) -> Bool {
        for name in names {
            for following in [" ", ".md", "\u{A7}", "`"] where line.contains(name + following) { return true }
            if line.hasSuffix(name) { return true }
        }
        if line.contains("ru" + "ling ") || line.contains("the pl" + "an ") || line.contains("`../sha" + "red") {
            return true
        }
        guard line.contains("\u{A7}") else { return false }
        return line.firstMatch(of: /(RFC \d+|PEP \d+|SDM)[^\u{A7}]{0,24}\u{A7}/) == nil
    }

    @Test("no comment and no page points to a document outside of the project")
    func outside() throws {
        let texts = try Self.texts()
        #expect(texts.count > 200)
        for (path, text) in texts {
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                #expect(!Self.isOutside(line), "\(path):\(index + 1): \(line)")
            }
        }
    }

    @Test("every page of docs that a comment, a page or the README names is there; each is reachable from the README")
    func pages() throws {
        var named: Set<String> = []
        for (path, text) in try Self.texts() {
            for match in text.matches(of: /\bdocs\/(?:[\w-]+\/)*[\w-]+\.md/) { named.insert(String(match.0)) }
            guard path.hasSuffix(".md") else { continue }
            for match in text.matches(of: /\]\((?!https?:)([^)#]+\.md)\)/) {
                let folder = path.contains("/") ? Files.split(path).folder + "/" : ""
                let target = URL(fileURLWithPath: "/" + folder + match.1).standardized.path.dropFirst()
                named.insert(String(target))
            }
        }
        #expect(named.count > 15)
        for page in named.sorted() {
            #expect(FileManager.default.fileExists(atPath: Self.project + "/" + page), "\(page)")
        }
        let pages = FileManager.default.enumerator(atPath: Self.project + "/docs")
        while let page = pages?.nextObject() as? String {
            guard page.hasSuffix(".md"), !page.hasPrefix("decisions/") else { continue }
            #expect(named.contains("docs/" + page), "docs/\(page) is named nowhere")
        }
    }

    @Test("every file and folder that a page links, or names in code from the project's root on, is there")
    func links() throws {
        var count = 0
        for (path, text) in try Self.texts() where path.hasSuffix(".md") {
            let folder = path.contains("/") ? Files.split(path).folder + "/" : ""
            let linked = text.matches(of: /\]\((?!https?:)([^)#\s]+)[^)]*\)/).map { folder + $0.1 }
            let named = text.matches(of: /`((?:Sources|Tests|docs|scripts|Fuzz|Benchmarks)\/[\w.\/-]+)`/).map {
                String($0.1)
            }
            for target in linked + named {
                count += 1
                let place = URL(fileURLWithPath: Self.project + "/" + target).standardized.path
                #expect(
                    place.hasPrefix(Self.project + "/") && FileManager.default.fileExists(atPath: place),
                    "\(path): \(target)"
                )
            }
        }
        #expect(count > 50)
    }

    @Test(
        "what points outside is recognised",
        arguments: [
            ("/// Read strictly (DCAP SP" + "EC \u{A7}2).", true),
            ("/// The document of DES" + "IGN \u{A7}6.", true),
            ("// as the mse PRO" + "TOCOL", true),
            ("See `GU" + "IDE.md`.", true),
            ("// ru" + "ling 7", true),
            ("as the pl" + "an of the command line has it", true),
            ("vectors of `../sha" + "red`", true),
            ("/// The table of \u{A7}4.8.", true),
            ("// RFC 9112 \u{A7}11.2", false),
            ("// Cookies by semicolon (RFC 9110 \u{A7}5.3, RFC 6265 \u{A7}5.4).", false),
            ("/// Intel's PCS API, version 4", false),
            ("/// docs/formats/package.md", false),
        ]
    )
    func recognised(_ line: String, _ isOutside: Bool) {
        #expect(Self.isOutside(line[...]) == isOutside)
    }
}

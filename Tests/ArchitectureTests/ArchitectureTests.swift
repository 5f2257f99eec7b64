import Files
import Foundation
import Testing

/// `docs/architecture.md` shows the house as it is.
@Suite("Architecture")
struct ArchitectureTests {
    private static let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder

    /// Targets in the order of the table, with what they may import.
    private func table() throws -> [(target: String, imports: Set<String>)] {
        let text = String(decoding: try Files.read(Self.project + "/docs/architecture.md"), as: UTF8.self)
        var rows: [(target: String, imports: Set<String>)] = []
        for line in text.split(separator: "\n") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 5, cells[1].hasPrefix("`") else { continue }
            let imports = Set(cells[3].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
                .subtracting(["–"])
            for target in cells[1].split(separator: ",") {
                rows.append((target.trimmingCharacters(in: CharacterSet(charactersIn: "` ")), imports))
            }
        }
        return rows
    }

    private func targets() throws -> [String] {
        try Files.names(in: Self.project + "/Sources").filter { Files.isFolder(Self.project + "/Sources/" + $0) }
    }

    /// Of our targets, by the sources of one.
    private func imports(of target: String, among targets: Set<String>) throws -> Set<String> {
        let form = /^(?:@\w+ )?(?:public |package |internal )?import (\w+)/
            .anchorsMatchLineEndings()
        var found: Set<String> = []
        let files = FileManager.default.enumerator(atPath: Self.project + "/Sources/" + target)
        while let file = files?.nextObject() as? String {
            guard file.hasSuffix(".swift") else { continue }
            let text = String(decoding: try Files.read(Self.project + "/Sources/\(target)/\(file)"), as: UTF8.self)
            for match in text.matches(of: form) { found.insert(String(match.1)) }
        }
        return found.intersection(targets)
    }

    @Test("the table names every target once, with exactly what it imports, and imports go down")
    func targetsAndImports() throws {
        let rows = try table()
        let names = rows.map(\.target)
        #expect(names.sorted() == (try targets()).sorted())
        for (index, row) in rows.enumerated() where !row.target.hasPrefix("CPython") && row.target != "CSodium" {
            let found = try imports(of: row.target, among: Set(names))
            #expect(found == row.imports, "\(row.target)")
            let above = Set(names[..<index])
            #expect(found.isDisjoint(with: above), "\(row.target) imports upwards: \(found.intersection(above))")
        }
    }

    /// The folders of targets, in the order of their table; "files" are those beside them.
    private func folders() throws -> [(target: String, folders: [String])] {
        let text = String(decoding: try Files.read(Self.project + "/docs/architecture.md"), as: UTF8.self)
        return text.matches(of: /\| `(\w+)` \| ((?:\*files\*, )?[A-Z]\w+(?:, [*\w]+)+) \|\n/).map {
            (String($0.1), $0.2.split(separator: ", ").map { String($0.filter { $0 != "*" }) })
        }
    }

    /// What a source declares at its outermost level, and what names it uses outside of comments and texts.
    private func names(in file: String) throws -> (declared: Set<String>, used: Set<String>) {
        // Scalars are enough, and several times faster to match than characters.
        let text = String(decoding: try Files.read(file), as: UTF8.self)
            .replacing(/\/\/.*/.matchingSemantics(.unicodeScalar), with: "")
            .replacing(/"[^"\n]*"/.matchingSemantics(.unicodeScalar), with: "")
        let declaration = /^(?:[@\w]+ )*(?:struct|enum|class|protocol|actor) (\w+)/
            .anchorsMatchLineEndings().matchingSemantics(.unicodeScalar)
        let use = /(?:^|[^.\w])([A-Z]\w*)/.matchingSemantics(.unicodeScalar)
        return (
            Set(text.matches(of: declaration).map { String($0.1) }),
            Set(text.matches(of: use).map { String($0.1) })
        )
    }

    @Test("within a target, folders know only those below them")
    func foldersGoDown() throws {
        let targets = try folders()
        #expect(targets.count >= 3)
        for (target, folders) in targets {
            let place = Self.project + "/Sources/" + target
            let there = try Files.names(in: place).filter { Files.isFolder(place + "/" + $0) && !$0.hasSuffix(".docc") }
            let sources = try Files.names(in: place).filter { $0.hasSuffix(".swift") }
            #expect(folders.sorted() == (there + (sources.isEmpty ? [] : ["files"])).sorted(), "\(target)")
            var above: [String: String] = [:]
            for folder in folders {
                let folderPath = folder == "files" ? place : place + "/" + folder
                let files = try Files.names(in: folderPath).filter { $0.hasSuffix(".swift") }
                let names = try files.map { try self.names(in: "\(folderPath)/\($0)") }
                for (file, names) in zip(files, names) {
                    let upwards = names.used.compactMap { name in above[name].map { "\(name) of \($0)" } }
                    #expect(upwards.isEmpty, "\(target)/\(folder)/\(file) knows \(upwards.sorted())")
                }
                for name in names.flatMap(\.declared) { above[name] = folder }
            }
            #expect(above.count > folders.count, "\(target)")
        }
    }

    /// Of our targets, by `Package.swift`.
    private func dependencies(among targets: Set<String>) throws -> [String: Set<String>] {
        let text = String(decoding: try Files.read(Self.project + "/Package.swift"), as: UTF8.self)
        var found: [String: Set<String>] = [:]
        for part in text.split(separator: /\.(?:executableTarget|target|systemLibrary)\(/).dropFirst() {
            guard let name = part.firstMatch(of: /name: "([\w-]+)"/).map({ String($0.1) }), targets.contains(name)
            else {
                continue
            }
            let list = part.firstMatch(of: /dependencies: \[((?:[^\[\]]|\[[^\]]*\])*)\]/)?.1 ?? ""
            let names = list.matches(of: /"([\w-]+)"/).map { String($0.1) }
            found[name] = Set(names).intersection(targets)
        }
        return found
    }

    @Test("the package declares for each target what it imports, and nothing else")
    func declared() throws {
        let rows = try table()
        let targets = Set(rows.map(\.target))
        let declared = try dependencies(among: targets)
        for row in rows where !row.target.hasPrefix("C") {
            #expect(declared[row.target] == row.imports, "\(row.target)")
        }
    }

    @Test("the picture has every target once, and what a target imports stands on a floor below it")
    func picture() throws {
        let text = String(decoding: try Files.read(Self.project + "/docs/architecture.md"), as: UTF8.self)
        let rows = try table()
        let targets = Set(rows.map(\.target))
        var floors: [String: Int] = [:]
        let blocks = text.split(separator: "```", omittingEmptySubsequences: false)
        for (floor, line) in try #require(blocks.count > 2 ? blocks[1] : nil).split(separator: "\n").enumerated() {
            for word in line.split(separator: " ").map(String.init) where targets.contains(word) {
                #expect(floors.updateValue(floor, forKey: word) == nil, "\(word) stands there twice")
            }
        }
        #expect(Set(floors.keys) == targets, "\(targets.subtracting(floors.keys))")
        for row in rows where row.imports != [row.target] && row.target != "CSodium" {
            for below in row.imports.subtracting([row.target]) {
                #expect(floors[row.target, default: 0] < floors[below, default: 0], "\(row.target) above \(below)")
            }
        }
    }

    /// Executables are tested from outside, C by what wraps it; what starts threads and programs, by those who do.
    private static let testedByOthers: Set<String> = [
        "mse", "mse-bootstrap", "mse-serve", "simulated-loader",
        "CFreedMemory", "CGramineShim", "CLinux", "CProcesses", "CPython", "CPythonShim", "CSodium",
        "Processes", "Threads",
    ]

    @Test("every target has tests of its own")
    func tests() throws {
        let package = String(decoding: try Files.read(Self.project + "/Package.swift"), as: UTF8.self)
        for target in try targets() where !Self.testedByOthers.contains(target) {
            let folder = Self.project + "/Tests/\(target)Tests"
            #expect(package.contains("\"\(target)Tests\"") && Files.isFolder(folder), "\(target)")
            let sources = ((try? Files.names(in: folder)) ?? []).filter { $0.hasSuffix("Tests.swift") }
            let tests = try sources.map { String(decoding: try Files.read(folder + "/" + $0), as: UTF8.self) }
            #expect(tests.contains { $0.contains("@Test") }, "\(target)")
        }
    }

    @Test("every file that the document names is there")
    func names() throws {
        let text = String(decoding: try Files.read(Self.project + "/docs/architecture.md"), as: UTF8.self)
        let paths = text.matches(of: /`((?:[A-Z]|mse-)[\w-]*\/[\w\/]+)`/).map { String($0.1) }
        #expect(paths.count > 8)
        for path in paths {
            let isThere = ["Sources/", "Tests/", ""].contains { root in
                ["", ".swift"].contains {
                    FileManager.default.fileExists(atPath: Self.project + "/" + root + path + $0)
                }
            }
            #expect(isThere, "\(path)")
        }
    }
}

import CodeEncryption
import Files
import Foundation
import Secrets
import TestSupport
import Testing

@Suite("links in a tree of code")
struct LinkTests {
    private let folder: TemporaryFolder
    private let tree: String

    init() throws {
        folder = try TemporaryFolder()
        tree = folder.path + "/tree"
        try Files.makeFolder(tree)
    }

    private func link(_ path: String, to target: String) {
        #expect(symlink(target, tree + "/" + path) == 0, "\(path)")
    }

    private func refusal() -> String {
        let start = ContinuousClock.now
        let error = #expect(throws: CodeError.self) { try CodeTree(tree) }
        #expect(ContinuousClock.now - start < .seconds(10))
        return error?.description ?? ""
    }

    @Test("links that double with each level are refused soon, without any file", arguments: [4, 19, 30, 60, 1000])
    func bomb(levels: Int) throws {
        Self.ladder(levels, links: 2, tree)
        let text = refusal()
        #expect(
            text.contains("links lead to this folder in more than 7 ways") || text.contains("nested deeper than 64")
        )
    }

    @Test("links of which one leads to the next are followed as far as the kernel goes", arguments: [1, 10, 39])
    func chain(count: Int) throws {
        try folder.write("tree/l\(count).py", "x")
        for index in 0..<count { link("l\(index).py", to: "l\(index + 1).py") }
        #expect(try CodeTree(tree).files.count == count + 1)
    }

    @Test("a chain that the kernel doesn't follow, and circles, are refused by name")
    func circles() throws {
        for index in 0..<100 { link("l\(index)", to: "l\(index + 1)") }
        try folder.write("tree/l100", "x")
        #expect(refusal() == "l0: a link that leads nowhere or in circles; remove it, or name it in .mseignore")
        try Files.remove(tree)
        try Files.makeFolder(tree)
        link("a", to: "b")
        link("b", to: "a")
        #expect(refusal().hasPrefix("a: a link that leads nowhere or in circles"))
    }

    @Test("a link to a folder that it lies in is refused, at any depth", arguments: [".", "..", "../..", "../../a/b"])
    func loop(target: String) throws {
        try folder.write("tree/a/b/x.py", "x")
        link("a/b/l", to: target)
        #expect(refusal().hasPrefix("a/b/l: a link to a folder that it lies in"))
    }

    @Test("two folders that lead into each other are refused")
    func mutual() throws {
        try folder.write("tree/a/x.py", "x")
        try folder.write("tree/b/x.py", "x")
        link("a/l", to: "../b")
        link("b/l", to: "../a")
        #expect(refusal().contains("links lead to this folder in more than 7 ways"))
    }

    @Test("a folder outside is refused by whatever way", arguments: ["../..", "/", "/proc/self/root", "../../other"])
    func outside(target: String) throws {
        try folder.write("other/x.py", "x")
        try folder.write("tree/a/x.py", "x")
        link("a/l", to: target)
        let words = refusal()
        #expect(
            words.hasPrefix("a/l: a link that leaves the tree; put a copy of what it leads to in its place, or name")
        )
    }

    @Test("nothing is made under a name that a link has, though it leads nowhere")
    func dangling() throws {
        try folder.write("tree/a/x.py", "x")
        symlink("/nowhere/at/all", folder.path + "/out")
        let error = #expect(throws: CodeError.self) {
            try TreeEncryption.encrypt(folder.path + "/tree", to: folder.path + "/out", key: SecretKey())
        }
        #expect(error?.description.contains("/out: exists already; name a folder that doesn't") == true)
        #expect(throws: CodeError.self) {
            try TreeEncryption.decrypt(folder.path + "/tree", to: folder.path + "/out", key: SecretKey())
        }
    }

    @Test("seven links to one folder are followed, an eighth is refused with its name and the mend")
    func shared() throws {
        try folder.write("tree/z/x.py", "x")
        for index in 0..<7 { link("l\(index)", to: "z") }
        #expect(try CodeTree(tree).files.map(\.path) == (0..<7).map { "l\($0)/x.py" } + ["z/x.py"])
        link("zz", to: "z")
        #expect(
            refusal()
                == "zz: links lead to this folder in more than 7 ways; remove it, or name it in .mseignore"
        )
    }

    @Test("what links to a large file come to is bounded")
    func largeFile() throws {
        try folder.write("tree/large", "")
        #expect(truncate(tree + "/large", 600 << 20) == 0)
        link("l0", to: "large")
        #expect(try CodeTree(tree).files.count == 2)
        link("l1", to: "large")
        #expect(refusal().hasPrefix("l1: links lead to more than 1073741824 bytes"))
    }

    @Test("empty folders are counted, too", .onlyDeep)
    func entries() throws {
        for index in 0...50_000 { mkdir("\(tree)/\(index)", 0o700) }
        try Files.makeFolder(folder.path + "/above")
        #expect(rename(tree, folder.path + "/above/real") == 0 && rename(folder.path + "/above", tree) == 0)
        for index in 0..<7 { link("l\(index)", to: "real") }
        #expect(refusal().contains("more than 400000 files, folders and links"))
    }

    static let shapes: [(name: String, make: @Sendable (Int, String) -> Void)] = [
        ("a ladder of single links", { count, tree in ladder(count, links: 1, tree) }),
        ("a ladder of double links", { count, tree in ladder(count, links: 2, tree) }),
        ("links to one file", { count, tree in for index in 0..<count { symlink("real/0", "\(tree)/l\(index)") } }),
        ("links to one folder", { count, tree in for index in 0..<count { symlink("real", "\(tree)/l\(index)") } }),
        (
            "a folder of many that seven links lead to",
            { count, tree in
                for index in 0..<count { mkdir("\(tree)/real/d\(index)", 0o700) }
                for index in 0..<7 { symlink("real", "\(tree)/l\(index)") }
            }
        ),
        (
            "links to as many folders",
            { count, tree in
                for index in 0..<count {
                    mkdir("\(tree)/d\(index)", 0o700)
                    symlink("d\(index)", "\(tree)/l\(index)")
                }
            }
        ),
        (
            "links between folders in a ring",
            { count, tree in
                for index in 0..<count {
                    mkdir("\(tree)/d\(index)", 0o700)
                    symlink("../d\((index + 1) % count)", "\(tree)/d\(index)/l")
                }
            }
        ),
    ]

    private static func ladder(_ count: Int, links: Int, _ tree: String) {
        for level in 0...count { mkdir("\(tree)/d\(level)", 0o700) }
        for level in 0..<count {
            for link in 0..<links { symlink("../d\(level + 1)", "\(tree)/d\(level)/l\(link)") }
        }
    }

    @Test("eight times the links take no more than some eight times as long", arguments: shapes.indices)
    func growth(index: Int) throws {
        let folder = try TemporaryFolder()
        let shape = Self.shapes[index]
        let result = try Growth(shape.name, 16...4096) { count in
            try Files.remove(folder.path + "/tree")
            try folder.write("tree/real/0", "x")
            shape.make(count, folder.path + "/tree")
            return folder.path + "/tree"
        } read: { tree in
            do {
                _ = try CodeTree(tree)
            } catch is CodeError {
                // A refusal, too, comes in time.
            }
        }.measure()
        #expect(result.isNearlyLinear, "\(shape.name): \(result)")
    }
}

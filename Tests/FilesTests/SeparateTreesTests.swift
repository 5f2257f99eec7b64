import Files
import Foundation
import TestSupport
import Testing

/// What is read and what is written don't lie in each other, by whatever names.
@Suite("Separate trees")
struct SeparateTreesTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["tree/inner", "other", "treehouse"] { try Files.makeFolder(folder.path + "/" + name) }
        for (link, target) in [
            ("to-tree", "tree"), ("other/to-inner", "../tree/inner"), ("tree/to-other", "../other"),
            ("gone", "nowhere"),
        ] {
            try FileManager.default.createSymbolicLink(atPath: folder.path + "/" + link, withDestinationPath: target)
        }
    }

    private func objection(_ tree: String, _ output: String) throws -> String? {
        try SeparateTrees(reading: folder.path + "/" + tree).objection(to: folder.path + "/" + output)
    }

    @Test(
        "a place in the tree, the tree itself and what holds it are told",
        arguments: [
            ("tree", "tree/new", "lies in"), ("tree", "tree/new/er", "lies in"), ("tree", "tree", "itself"),
            ("tree", "tree/", "itself"), ("tree", "to-tree", "itself"), ("tree", "to-tree/new", "lies in"),
            ("tree", "other/to-inner/new", "lies in"), ("tree", "other/../tree/new", "lies in"),
            ("tree", "other/../tree/./inner/../new", "lies in"), ("tree", "absent/../tree/new", "lies in"),
            ("to-tree", "tree/new", "lies in"), ("tree/inner", "tree", "holds"), ("tree/inner", "to-tree", "holds"),
            ("tree", ".", "holds"),
        ]
    )
    func together(tree: String, output: String, words: String) throws {
        #expect(try objection(tree, output)?.contains(words) == true)
    }

    @Test(
        "a place beside it is none of these",
        arguments: [
            ("tree", "new"), ("tree", "treehouse"), ("tree", "treehouse/new"), ("treehouse", "tree/new"),
            ("tree", "tree/to-other/new"), ("tree", "tree/../new"), ("tree", "gone"), ("tree", "absent/new"),
        ]
    )
    func apart(tree: String, output: String) throws {
        #expect(try objection(tree, output) == nil)
    }

    @Test("the way to what isn't there is resolved as far as it is")
    func places() throws {
        let real = try Files.resolved(folder.path)
        for (path, place) in [
            ("to-tree/a/b", "tree/a/b"), ("tree/a/../b", "tree/b"), ("tree//a/./b/", "tree/a/b"), ("gone/x", "gone/x"),
            ("tree", "tree"), ("tree/inner/..", "tree"),
        ] {
            #expect(try Files.resolvedPlace(folder.path + "/" + path) == real + "/" + place, "\(path)")
        }
        #expect(try Files.resolvedPlace("/") == "/")
        #expect(try Files.resolvedPlace("/../nowhere-at-all") == "/nowhere-at-all")
    }
}

import Foundation
import Processes
import TestSupport
import Testing

@testable import Files

@Suite("Folders for results", .serialized)
struct ResultFolderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func make(_ path: String, keeping: Bool, _ work: () throws -> Void = {}) throws {
        var result = try ResultFolder(folder.path + "/" + path)
        try work()
        if keeping { result.keep() }
    }

    @Test("what was made for nothing goes, with those above it; what was there stays")
    func withdrawn() throws {
        try Files.makeFolder(folder.path + "/there")
        try make("there/a/b/c", keeping: false)
        #expect(try Files.names(in: folder.path + "/there").isEmpty)
        try make("there", keeping: false)
        #expect(Files.isFolder(folder.path + "/there"))
        try make("there/a/b", keeping: true)
        #expect(Files.isFolder(folder.path + "/there/a/b"))
    }

    @Test("what others have put there stays, with what it lies in")
    func others() throws {
        try make("x/y/z", keeping: false) { try Files.write("theirs", to: folder.path + "/x/y/file") }
        #expect(Files.exists(folder.path + "/x/y/file") && !Files.exists(folder.path + "/x/y/z"))
    }

    @Test("a link that leads nowhere is told as one")
    func dangling() throws {
        symlink("/nowhere/at/all", folder.path + "/link")
        let error = #expect(throws: FileError.self) { try make("link", keeping: true) }
        #expect(error?.problem == "a folder expected, found a link that leads nowhere")
        #expect(Files.isTaken(folder.path + "/link") && !Files.exists(folder.path + "/link"))
    }

    @Test("an error names the path that a person knows, by whole names")
    func named() {
        let error = FileError("/out/.x.1/a/b", "can't write", number: 28)
        #expect(error.named("/out/x", insteadOf: "/out/.x.1").path == "/out/x/a/b")
        #expect(error.named("/out", insteadOf: "/out/.x.1", isShownWhole: false).path == "/out")
        #expect(error.named("/out/x", insteadOf: "/out/.x") == error)
        #expect(error.named("/out/x", insteadOf: "/out/.x.1").code == "file.full")
    }

    @Test("in a file's place none is made, and nothing else goes")
    func file() throws {
        try folder.write("file", "x")
        #expect(throws: FileError.self) { try make("file", keeping: true) }
        #expect(throws: FileError.self) { try make("file/a", keeping: true) }
        #expect(String(decoding: try folder.read("file"), as: UTF8.self) == "x")
    }
}

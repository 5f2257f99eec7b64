import Foundation
import Notation
import Testing

/// What a message shows to be typed into a shell means there what is meant.
@Suite("Words of shells")
struct ShellWordTests {
    private static let texts = [
        "a", "a b", "it's", "''", "$HOME", "`id`", "$(id)", "a\"b", "a\\b", "*", "?", "[a]", "a;b", "a&b", "a|b", "a>b",
        "#a", "~", "~root", "a~", "!a", "{a,b}", "a\nb", "a\tb", "\u{1B}[2J", "\u{202E}x", "ä ö", "", "-n", "--", "a=b",
        "\u{7F}'\n'", "é\u{301}",
    ]

    /// What a shell's word is for a program that it starts.
    private func word(_ text: String, in shell: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: shell)
        process.arguments = ["-c", "/usr/bin/env printf '%s' \(text)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a word is one argument, the same bytes", arguments: texts)
    func words(text: String) throws {
        let shown = ShellWord(text).description
        #expect(shown.withoutDisplayCommands() == shown)
        #expect(Array(try word(shown, in: "/bin/bash").utf8) == Array(text.utf8), "\(shown)")
        // `$'…'` came to POSIX in 2024, and not yet to every shell.
        if !shown.hasPrefix("$'") {
            #expect(Array(try word(shown, in: "/bin/sh").utf8) == Array(text.utf8), "\(shown)")
        }
    }

    @Test("what needs no quotes has none, and a file's name is no option")
    func plain() {
        #expect(ShellWord(path: "out/package_hello_1.tar").description == "out/package_hello_1.tar")
        #expect(ShellWord(path: "-rf").description == "./-rf")
        #expect(ShellWord(path: "-r f").description == "'./-r f'")
        #expect(ShellWord(path: "/a b").description == "'/a b'")
    }
}

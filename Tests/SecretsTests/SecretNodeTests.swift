import Notation
import Secrets
import TestSupport
import Testing

@Suite("JSON that lies in guarded memory")
struct SecretNodeTests {
    private func node(_ text: String, depthLimit: Int = 32) throws -> SecretNode {
        try SecretNode(SecretBytes(copying: text.utf8.span.bytes), depthLimit: depthLimit)
    }

    private static let texts = [
        "null", "true", "false", "0", "-0", "-0.0", "1.50", "1E5", "1e400", "-1e400", "12345678901234567890", "\"\"",
        "[]", "{}", " [ 1 , [ ] , { } , \"a\" ] ",
        #"{"b":1,"a":{"d":[null,true],"c":"\u0000\u001f\u007f\b\f\n\r\t\/\\\""},"B":2,"é":3,"\u00e8":4}"#,
        #"{"a long name of more than 24 bytes":1,"another long name of as many":2,"\u0061nother, with an escape":3}"#,
        "\"é 中 😀 \u{2028} \u{7F} \u{10FFFF} \u{E000}\"", #""\ud83d\ude00\uFFFF\u00e9""#,
        #"{"😀":1,"\uffff":2,"z":[{"y":1,"x":{"w":1,"v":2}}],"z\u0000":3}"#,
    ]

    @Test("it is written in both forms as any other JSON is", arguments: texts)
    func forms(text: String) throws {
        let plain = try JSON.read(Array(text.utf8)), secret = try node(text)
        #expect(revealedText(secret.canonical()) == JSON.canonical(plain))
        #expect(revealedText(secret.pythonic()) == JSON.pythonic(plain))
    }

    @Test("trees of any form are written as others are")
    func trees() throws {
        var generator = SystemRandomNumberGenerator()
        let strings = ["", "a", "\"", "\\n", "é", "😀", "\u{7F}\u{1F}", String(repeating: "x", count: 30)]
        func tree(_ depth: Int) -> Node {
            switch Int.random(in: 0..<(depth == 0 ? 3 : 5), using: &generator) {
            case 0: Node(.string(strings.randomElement(using: &generator)!))
            case 1: Node(.number(["0", "-7", "2.50", "1e3", "-0"].randomElement(using: &generator)!))
            case 2: Node([.null, .boolean(true), .boolean(false)].randomElement(using: &generator)!)
            case 3: Node(.array((0..<3).map { _ in tree(depth - 1) }))
            default: Node(.object(strings.shuffled(using: &generator).prefix(4).map { Member($0, tree(depth - 1)) }))
            }
        }
        for _ in 0..<200 {
            let plain = tree(4), text = JSON.pretty(plain), secret = try node(text)
            #expect(revealedText(secret.canonical()) == JSON.canonical(plain), "\(text)")
            #expect(revealedText(secret.pythonic()) == JSON.pythonic(plain), "\(text)")
        }
    }

    @Test(
        "what is no strict JSON is refused as elsewhere, with its place",
        arguments: [
            "", "{", "[1,]", "{\"a\":1,\"a\":2}", #"{"a":1,"\u0061":2}"#, "\"\\x\"", "\"\\ud800\"", "01", "nul",
            "[] []",
            "[[[[]]]]", "\u{FEFF}{}", String(repeating: "9", count: 401),
            #"{"a name that is longer than any":1,"a name that is longer th\u0061n any":2}"#,
        ]
    )
    func refused(text: String) {
        var expected: NotationError?
        do { _ = try JSON.read(Array(text.utf8), depthLimit: 3) } catch { expected = error }
        let found = #expect(throws: NotationError.self) { try node(text, depthLimit: 3) }
        #expect(expected != nil && found == expected)
    }

    @Test("members are found by their names, escaped or not, of objects alone")
    func members() throws {
        let object = try node(#"{"uuid":"x","\u0061pp":{"k":[1]},"key":7}"#)
        #expect(object["uuid"]?.plainText() == "x" && object["app"]?["k"] != nil)
        #expect(object["key"]?.plainText() == nil && object["none"] == nil && object["uuid"]?["uuid"] == nil)
        #expect(object.hasNothing(but: ["uuid", "app", "key", "more"]) && !object.hasNothing(but: ["uuid", "app"]))
        #expect(revealedText(object.without(["app", "none"]).canonical()) == #"{"key":7,"uuid":"x"}"#)
        #expect(try node("{}").hasNothing(but: []) && !node("[]").hasNothing(but: []))
        #expect(try revealedText(node("[1]").without(["a"]).canonical()) == "[1]")
    }

    @Test(
        "what Python holds for false",
        arguments: ["null", "\"\"", "{}", "[]", "0", "-0", "0.0", "0e7", "-0.0E-1", "1e-400", "false"],
        ["true", "1", "-1", "0.1", "1e-300", "1e999", "\" \"", "[0]", "{\"\":0}", "\"\\u0000\"", "10"]
    )
    func isFalse(no: String, yes: String) throws {
        #expect(try node(no).isFalse && !node(yes).isFalse)
    }

    @Test("a key is a string of 64 digits")
    func keys() throws {
        func digits(_ text: String) throws -> String? {
            switch try node(text).key() {
            case .some(let key): key.withBytes { Hex.text($0) }
            case .none: nil
            }
        }
        let key = String(repeating: "0aF9", count: 16)
        #expect(try digits("\"\(key)\"") == key.lowercased())
        #expect(try digits("\"\\u0030\(key.dropFirst())\"") == key.lowercased())
        for text in ["\"\(key)0\"", "\"\(key.dropLast())\"", "\"\(key.dropLast())g\"", "7", "null", "[\"\(key)\"]"] {
            #expect(try digits(text) == nil, "\(text)")
        }
    }

    @Test("a text outlives whoever made it, by its values")
    func life() throws {
        func member() throws -> SecretNode? { try node(#"{"a":{"b":"c"}}"#)["a"] }
        let value = try member()
        #expect(value?["b"]?.plainText() == "c")
    }
}

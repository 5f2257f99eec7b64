import Testing

@testable import Files

@Suite("Arguments of C")
struct CArgumentsTests {
    @Test("texts and lists lie where they are, whatever is added later", arguments: [0, 1, 1000])
    func kept(_ count: Int) {
        let values = CArguments()
        let texts = (0..<count).map { values.text("text \($0) é") }
        let list = values.list(texts.map { Optional($0) } + [nil])
        for _ in 0..<1000 { _ = values.text(String(repeating: "x", count: 100)) }
        withExtendedLifetime(values) {
            for index in 0..<count {
                #expect(list[index] == texts[index])
                #expect(list[index].map { String(cString: $0) } == "text \(index) é")
            }
            #expect(list[count] == nil)
        }
    }
}

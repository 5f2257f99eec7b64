import Testing

@testable import CommandInterface

@Suite("Open files")
struct DescriptorTests {
    @Test("trying whether they suffice leaves none open, however often")
    func tried() {
        for _ in 0..<100 { #expect(Descriptors.suffice) }
        #expect(Descriptors.problem.contains("ulimit -n"))
    }
}

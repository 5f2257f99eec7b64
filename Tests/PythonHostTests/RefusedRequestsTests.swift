import Testing

@testable import PythonHost

@Suite("Requests that are refused for their size")
struct RefusedRequestsTests {
    @Test("are a line a minute, with how many there were besides")
    func lines() {
        let requests = RefusedRequests(), start = ContinuousClock.now
        let first = requests.note("413 Content Too Large", "a body of more than 100 bytes", at: start)
        #expect(first == "a request was refused: 413 Content Too Large, a body of more than 100 bytes")
        for second in 1..<60 { #expect(requests.note("413", "x", at: start + .seconds(second)) == nil) }
        #expect(
            requests.note("413", "x", at: start + .seconds(60))?.hasSuffix("; 59 more since the last such line") == true
        )
        #expect(requests.note("413", "x", at: start + .seconds(120)) == "a request was refused: 413, x")
    }
}

import PackageFormat
import Testing

@testable import Operations

@Suite("Mends in the words of the command line")
struct MendTests {
    @Test("imports that aren't there are passed over by an option, which only the command line names")
    func imports() {
        let error = PackageError.imports("the application can't start:\n  app.py line 3").withCommandLineMend
        #expect(error.description.hasSuffix("app.py line 3\n--no-import-check packages it all the same"))
        #expect(error.code == "environment")
        let other = PackageError.environment("no room").withCommandLineMend
        #expect(other.description == "no room" && other.code == "environment")
    }
}

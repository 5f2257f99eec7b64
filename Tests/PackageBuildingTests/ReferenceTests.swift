import Files
import Notation
import PackageBuilding
import PackageFormat
import TestSupport
import Testing

@Suite("What is written beside a package for those who verify it")
struct ReferenceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try SmallProject.write(to: folder)
    }

    private func builder(
        _ timestamp: Int64 = 5,
        _ reference: @escaping @Sendable (String) throws -> [UInt8]
    ) -> PackageBuilder {
        var builder = PackageBuilder(
            project: folder.path + "/project",
            output: folder.path + "/out",
            runtime: PackageTests.runtime,
            cache: folder.path + "/cache",
            encrypts: true,
            timestamp: timestamp
        )
        builder.makesReference = reference
        return builder
    }

    @Test("it is made of the whole package, and lies beside it under its name")
    func beside() throws {
        let product = try builder { package in Array(try PackageFile(package).configuration.name.utf8) }.build()
        #expect(product.reference == folder.path + "/out/package_p_5.reference.json")
        #expect(try folder.read("out/package_p_5.reference.json") == Array("p".utf8))
        #expect(try Files.names(in: folder.path + "/out").count == 3)
    }

    @Test("where it can't be made, neither package nor key is")
    func failing() throws {
        let error = #expect(throws: PackageError.self) {
            try builder { package in throw FileError(package, "isn't liked") }.build()
        }
        #expect(error.map { "\($0)".contains("isn't liked") } == true)
        #expect(!Files.exists(folder.path + "/out"))
    }

    @Test("one that is there is never overwritten, and stays when nothing is made")
    func existing() throws {
        try folder.write("out/package_p_5.reference.json", "precious")
        #expect(throws: PackageError.self) { try builder { _ in [] }.build() }
        #expect(try folder.tree("out") == ["package_p_5.reference.json": Array("precious".utf8)])
        // Made by somebody else while the package was.
        let path = folder.path + "/out/package_p_6.reference.json"
        #expect(throws: PackageError.self) {
            try builder(6) { _ in
                try Files.write("theirs", to: path)
                return []
            }.build()
        }
        #expect(try Files.read(path) == Array("theirs".utf8))
        #expect(try Files.names(in: folder.path + "/out").count == 2)
    }
}

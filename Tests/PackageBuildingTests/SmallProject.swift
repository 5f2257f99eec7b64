import Files
import PackageBuilding
import TestSupport

/// The smallest project that can be packaged, in `project` of a folder.
enum SmallProject {
    static let settings =
        """
        name = "p"
        python_application = "app:app"
        healthcheck_endpoint = "/"
        tests_cmd = "pytest"
        tests_requirements = []

        """

    static func write(to folder: borrowing TemporaryFolder) throws {
        try folder.write("project/mse.toml", settings)
        try folder.write("project/mse_src/app.py", "app = print\n")
    }

    static func build(in folder: borrowing TemporaryFolder, encrypts: Bool) throws -> PackageBuilder.Product {
        try PackageBuilder(
            project: folder.path + "/project",
            output: folder.path + "/out",
            runtime: PackageTests.runtime,
            cache: folder.path + "/cache",
            encrypts: encrypts,
            timestamp: Int64.random(in: 1...Int64.max)
        ).build()
    }
}

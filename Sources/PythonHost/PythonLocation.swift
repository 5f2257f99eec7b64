internal import CPythonShim
public import Files

/// Where the linked Python lies. The PATH has no say in it: several Pythons on one machine are normal.
public struct PythonLocation: Hashable, Sendable {
    /// Such as 3.11.2.
    public var version: String
    public var prefix: String
    public var standardLibrary: String
    public var dynamicModules: String
    /// The program of the same version, which installs environments.
    public var interpreter: String
    public var sharedLibrary: String

    /// The Python that this program was linked against.
    /// - Throws: `FileError` when its standard library isn't where its shared library says.
    public static func linked() throws(FileError) -> PythonLocation {
        let version = String(cString: CPython_HeaderVersion())
        let minor = version.split(separator: ".").prefix(2).joined(separator: ".")
        let library = try Files.resolved(String(cString: CPython_LibraryPath()))
        var folder = Files.split(library).folder
        while folder != "/" {
            for candidate in [folder + "/python" + minor, folder + "/lib/python" + minor]
            where Files.exists(candidate + "/os.py") {
                let prefix = Files.split(Files.split(candidate).folder).folder
                return PythonLocation(
                    version: version,
                    prefix: prefix,
                    standardLibrary: candidate,
                    dynamicModules: candidate + "/lib-dynload",
                    interpreter: prefix + "/bin/python" + minor,
                    sharedLibrary: library
                )
            }
            folder = Files.split(folder).folder
        }
        throw FileError(library, "the standard library of Python \(minor) is not beside it")
    }
}

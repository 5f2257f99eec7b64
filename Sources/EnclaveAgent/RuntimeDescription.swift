internal import CodeEncryption
public import CodePackage
internal import Files
internal import Glibc
internal import Gramine
internal import PythonHost

/// Which files run here besides a package's own: the agent, the interpreter with its standard library, and every shared object they load.
public enum RuntimeDescription {
    /// Of the standard library, what no service needs.
    private static let unused = [
        "__pycache__", "*.pyc", "test", "tests", "idlelib", "turtledemo", "site-packages", "dist-packages", "config-3*", "ensurepip",
    ]

    /// - Parameter loader: what stands for Gramine's own files.
    public static func current(loader: String) throws -> RuntimeList {
        let location = try PythonLocation.linked()
        var paths: Set<String> = [try Files.resolved("/proc/self/exe"), location.sharedLibrary, try Files.resolved(loader)]
        for file in try standardLibrary(location.standardLibrary) {
            paths.insert(file)
            // What the interpreter's modules need is loaded now, so that it is seen below.
            if file.hasSuffix(".so") { _ = dlopen(file, RTLD_LAZY) }
        }
        paths.formUnion(try loadedObjects())
        let files = try paths.sorted().map { path in EnclaveRecord.File(path: path, digest: try FileDigest.sha256(path)) }
        return RuntimeList(python: location.version, interpreter: location.interpreter, loader: try Files.resolved(loader), files: files)
    }

    private static func standardLibrary(_ folder: String) throws -> [String] {
        var files: [String] = []
        let ignored = IgnoreList(patterns: unused)
        func list(_ folder: String, depth: Int) throws {
            guard depth < 32 else { throw FileError(folder, "is nested too deeply") }
            for name in try Files.names(in: folder) where !ignored.matches(name) {
                let path = folder + "/" + name
                // A link that leads nowhere is of no use to the interpreter either.
                if Files.isFolder(path) {
                    try list(path, depth: depth + 1)
                } else if let target = try? Files.resolved(path), try FileKind(target) == .file {
                    files.append(path)
                }
            }
        }
        try list(folder, depth: 0)
        return files
    }

    /// The shared objects in this process's memory.
    private static func loadedObjects() throws -> Set<String> {
        let maps = String(decoding: try Files.read("/proc/self/maps"), as: UTF8.self)
        var paths: Set<String> = []
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard fields.count == 6, fields[1].contains("x"), fields[5].hasPrefix("/"), !fields[5].hasSuffix(" (deleted)") else { continue }
            paths.insert(String(fields[5]))
        }
        return paths
    }
}

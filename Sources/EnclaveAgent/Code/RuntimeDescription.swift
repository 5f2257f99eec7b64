internal import CLinux
internal import CodeEncryption
internal import Files
internal import Glibc
internal import Notation
public import PackageFormat
internal import PythonHost

/// Which files run here besides a package's own: the agent, the interpreter with its standard library, and every shared
/// object they load.
public enum RuntimeDescription {
    /// Of the standard library, what no service needs; modules that bring libraries of terminals and of networks long
    /// gone among it.
    private static let unused = [
        "__pycache__", "*.pyc", "test", "tests", "idlelib", "turtledemo", "site-packages", "dist-packages", "config-3*",
        "ensurepip",
        "nis.*.so", "readline.*.so", "_curses*.so", "_dbm.*.so", "_gdbm.*.so", "_tkinter.*.so", "ossaudiodev.*.so",
        "_test*.so",
        "_ctypes_test*.so", "_xxtestfuzz*.so", "xxlimited*.so",
    ]
    /// What wheels with native code are linked with besides; older ones ask for parts that are one with libc today.
    private static let common = [
        "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "libm.so.6", "libresolv.so.2", "libgcc_s.so.1",
        "libstdc++.so.6",
    ]

    /// What the C library reads for the locale that services have, and the standard library to name kinds of files.
    private static let data = ["/usr/lib/locale/C.utf8", "/etc/mime.types"]

    /// - Parameter loader: what loads the agent on the platform.
    public static func current(platform: EnclaveSettings.Platform, loader: String) throws -> MachineRuntime {
        let location = try PythonLocation.linked()
        let agent = try Files.resolved("/proc/self/exe"), loader = try Files.resolved(loader)
        var paths = Set([agent, location.sharedLibrary, loader].map { ExactText($0) })
        // Not every machine has them.
        for place in data where Files.exists(place) {
            paths.formUnion(try (Files.isFolder(place) ? files(below: place) : [place]).map { ExactText($0) })
        }
        for file in try files(below: location.standardLibrary, but: IgnoreList(patterns: unused)) {
            paths.insert(ExactText(file))
            // What the interpreter's modules need is loaded now, so that it is seen below.
            if file.hasSuffix(".so"), dlopen(file, RTLD_LAZY) == nil {
                throw FileError(file, "can't be loaded: \(String(cString: dlerror()))")
            }
        }
        for name in common { _ = dlopen(name, RTLD_LAZY) }  // whoever needs one that isn't here is told by the loader
        paths.formUnion(try loadedObjects())
        let files = try paths.map { EnclaveRecord.File(path: $0.text, digest: try FileDigest.sha256($0.text)) }
        return MachineRuntime(
            interpreter: location.interpreter,
            list: RuntimeList(
                python: location.version,
                platform: platform,
                loader: loader,
                agent: agent,
                files: files
            ),
            loader: try Files.read(loader, limit: PackageFile.textLimit)
        )
    }

    private static func files(below folder: String, but ignored: IgnoreList = IgnoreList(patterns: [])) throws
        -> [String]
    {
        var files: [String] = []
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

    /// The shared objects in this process, by the names they are opened under; the folders before those without links.
    private static func loadedObjects() throws -> Set<ExactText> {
        final class Names { var list: [String] = [] }
        let names = Names()
        clinux_each_shared_object(
            { name, context in
                if let name {
                    Unmanaged<Names>.fromOpaque(context!).takeUnretainedValue().list.append(String(cString: name))
                }
            },
            Unmanaged.passUnretained(names).toOpaque()
        )
        var paths: Set<ExactText> = []
        // The agent itself has no name there, and what the kernel lays into every process no folder.
        for name in names.list where name.hasPrefix("/") {
            let (folder, file) = Files.split(name)
            paths.insert(ExactText(try Files.resolved(folder) + "/" + file))
        }
        // The kernel starts the agent with this one, by the very name that stands in it.
        if let interpreter = names.list.first(where: { $0.hasPrefix("/lib") && Files.split($0).name.hasPrefix("ld-") })
        {
            paths.insert(ExactText(interpreter))
        }
        return paths
    }
}

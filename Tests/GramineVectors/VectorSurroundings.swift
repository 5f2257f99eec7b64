internal import Files
package import Gramine
internal import GramineFiles
package import SGXQuote

/// A folder of the disk as what is around a manifest: relative paths begin in it, one absolute prefix means it, and its
/// `bin` has the programs.
package struct VectorSurroundings: Surroundings, Sendable {
    package let folder: String
    private let prefix: String?
    private let disk: DiskSurroundings

    package init(folder: String, prefix: String? = nil, variables: [String: String] = [:]) {
        self.folder = folder
        self.prefix = prefix
        var variables = variables
        variables["PATH"] = folder + "/bin:/usr/bin:/bin"
        disk = DiskSurroundings(folder: folder, variables: variables)
    }

    /// Where on the disk a path leads.
    package func place(_ path: String) -> String {
        if let prefix, path.hasPrefix(prefix) { return folder + path.dropFirst(prefix.count) }
        return path.hasPrefix("/") ? path : folder + "/" + path
    }

    package func kind(of path: String) -> EntryKind? { disk.kind(of: place(path)) }
    package func linkTarget(of path: String) -> String? { disk.linkTarget(of: place(path)) }
    package func isReadable(_ path: String) -> Bool { disk.isReadable(place(path)) }

    /// In an order that nobody relies on.
    package func names(in folder: String) throws(GramineError) -> [String] {
        try disk.names(in: place(folder)).reversed()
    }

    package func digests(of paths: [String]) throws(GramineError) -> [FixedBytes<32>] {
        try disk.digests(of: paths.map { place($0) })
    }

    package func resolved(_ path: String) throws(GramineError) -> String {
        let real = try disk.resolved(place(path))
        guard let prefix, let root = try? Files.resolved(folder), real.hasPrefix(root) else { return real }
        return prefix + real.dropFirst(root.count)
    }

    package func output(of program: String, arguments: [String]) throws(GramineError) -> String {
        try disk.output(of: program.contains("/") ? place(program) : program, arguments: arguments)
    }

    package func byteCount(of path: String) -> Int? { disk.byteCount(of: place(path)) }
    package func beginning(of path: String) -> [UInt8]? { disk.beginning(of: place(path)) }
    package func variable(_ name: String) -> String? { disk.variable(name) }
}

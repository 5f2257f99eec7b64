import Files
import Foundation
import Notation
import PackageFormat
import Processes
import Synchronization
import TestSupport
import Testing

/// A user's folder with the real executables, a simulated processor of its own, and the peers.
final class Workbench: Sendable {
    static let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder
    /// The executables that are tried: the debug build's, or those in a folder that is named.
    static let products = ProcessInfo.processInfo.environment["MSE_PRODUCTS"] ?? project + "/.build/debug"
    static let peers = project + "/.build/peers"

    let folder: TemporaryFolder
    var path: String { folder.path }

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/bin", withDestinationPath: Self.products)
        // pip's environments are the same for every bench.
        try Files.makeFolder(Self.peers + "/cache")
        try Files.makeFolder(folder.path + "/home", mode: 0o700)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/home/cache",
            withDestinationPath: Self.peers + "/cache"
        )
        try mse("simulator", "init")
    }

    deinit {
        let names =
            (try? run(Self.products + "/mse", ["list"]))?.output.split(separator: "\n").compactMap {
                $0.split(separator: " ").first
            } ?? []
        for name in names { _ = try? run(Self.products + "/mse", ["stop", String(name), "--remove"]) }
    }

    func run(_ program: String, _ arguments: [String], environment: [String: String?] = [:]) throws -> ProgramRun.Result
    {
        var variables: [String: String?] = [
            "MSE_HOME": path + "/home", "XDG_CONFIG_HOME": path + "/config", "MSE_COLLATERAL": nil,
        ]
        for (name, value) in environment { variables[name] = value }
        return try ProgramRun("/usr/bin/timeout", ["150", program] + arguments, environment: variables, folder: path)
            .run()
    }

    /// Runs `mse` and expects an exit code.
    @discardableResult
    func mse(_ arguments: String..., expecting code: Int32 = 0) throws -> String {
        try mse(arguments, expecting: code)
    }

    @discardableResult
    func mse(_ arguments: [String], expecting code: Int32 = 0) throws -> String {
        let result = try run(Self.products + "/mse", arguments)
        #expect(result.status == code, "mse \(arguments.joined(separator: " ")):\n\(result.output)")
        return result.output
    }

    func python(_ script: String, _ arguments: [String] = [], peers: String = "crypto") throws -> ProgramRun.Result {
        try run("\(Self.peers)/\(peers)/bin/python", ["-c", script] + arguments)
    }

    var root: String { path + "/home/simulator/root.pem" }

    /// The one file in `out` with this ending.
    func output(_ ending: String) throws -> String {
        "out/" + (try #require(try Files.names(in: path + "/out").last { $0.hasSuffix(ending) }))
    }

    /// Scaffolds and packages a project. Of a project that another bench has packaged as it is this one gets a copy: to
    /// install the same environment fifty times proves nothing.
    func package(_ project: String = "hello", encrypts: Bool = true) throws -> (package: String, key: String) {
        if !Files.exists(path + "/" + project) { try mse("scaffold", project) }
        let sources = try folder.tree(project)
        let isFirst = !Files.exists(path + "/out")
        if isFirst, let made = MadePackage.made.withLock({ $0.first { $0.isOf(sources, encrypts) } }) {
            try made.write(to: folder)
        } else {
            try mse(["package", "--project", project, "--output", "out"] + (encrypts ? ["--encrypt"] : []))
            if isFirst {
                let made = MadePackage(sources: sources, encrypts: encrypts, files: try MadePackage.files(of: folder))
                MadePackage.made.withLock { $0.append(made) }
            }
        }
        return (try output(".tar"), try output(".key"))
    }

    /// A package, its key, and the note that it was made here.
    private struct MadePackage: Sendable {
        static let made = Mutex<[MadePackage]>([])

        let sources: [String: [UInt8]]
        let encrypts: Bool
        let files: [(path: String, mode: mode_t, bytes: [UInt8])]

        func isOf(_ sources: [String: [UInt8]], _ encrypts: Bool) -> Bool {
            self.sources == sources && self.encrypts == encrypts
        }

        static func files(of folder: TemporaryFolder) throws -> [(path: String, mode: mode_t, bytes: [UInt8])] {
            try ["out", "home/packages"].flatMap { part in
                try folder.tree(part).map { name, bytes in
                    let path = "\(part)/\(name)"
                    return (path, try #require(FileAccess(folder.path + "/" + path)).mode, bytes)
                }
            }
        }

        func write(to folder: TemporaryFolder) throws {
            try Files.makeFolder(folder.path + "/home/packages", mode: 0o700)
            try Files.makeFolder(folder.path + "/out")
            for file in files { try Files.write(file.bytes, to: folder.path + "/" + file.path, mode: file.mode) }
        }
    }

    static func freePort() -> Int { FreePort.reserve() }

    /// Launches an instance for `localhost`.
    @discardableResult
    func spawn(
        _ name: String,
        _ package: String,
        port: Int,
        _ more: String...,
        expecting code: Int32 = 0
    ) throws -> String {
        let options = ["--package", package, "--san", "localhost", "--port", "\(port)", "--platform", "simulator"]
        return try mse(["spawn", name] + options + more, expecting: code)
    }

    /// Seals a file to whoever is judged to run a package.
    @discardableResult
    func seal(
        _ input: String,
        to receiver: String,
        _ package: String,
        _ more: String...,
        expecting code: Int32 = 0
    ) throws -> String {
        try mse(["seal", "--input", input, "--receiver", receiver, "--package", package] + more, expecting: code)
    }

    /// Releases what the options name to an instance of a package.
    @discardableResult
    func release(
        _ name: String,
        _ package: String,
        _ more: String...,
        expecting code: Int32 = 0
    ) throws -> String {
        try mse(["run", name, "--package", package, "--trusted-root", root] + more, expecting: code)
    }

    /// Releases a package's key to an instance of it.
    @discardableResult
    func configure(
        _ name: String,
        _ made: (package: String, key: String),
        _ more: String...,
        expecting code: Int32 = 0
    ) throws -> String {
        let options = ["--package", made.package, "--trusted-root", root, "--key", made.key]
        return try mse(["run", name] + options + more, expecting: code)
    }

    /// Spawns, verifies and configures an instance, and writes its pin.
    func start(_ name: String, _ made: (package: String, key: String), port: Int, secrets: String? = nil) throws {
        try spawn(name, made.package, port: port)
        try mse("verify", name, "--package", made.package, "--trusted-root", root, "--certificate-out", "\(name).pem")
        if let secrets { try configure(name, made, "--secrets", secrets) } else { try configure(name, made) }
    }

    /// Waits for up to ten seconds, and expects it to be so then.
    func wait(for name: String, toBe state: String) throws {
        for _ in 0..<100 where try self.state(name) != state { usleep(100_000) }
        #expect(try self.state(name) == state)
    }

    func state(_ name: String) throws -> String {
        let result = try run(Self.products + "/mse", ["status", name, "--json"])
        guard let status = try? JSON.read(Array(result.output.utf8)) else {
            Issue.record("status \(name): \(result.status) '\(result.output)'")
            return "?"
        }
        guard case .string(let state)? = status["state"]?.value else { return "?" }
        let isDown = ["stopping", "stopped", "failed", "unresponsive"].contains(state)
        #expect(result.status == (isDown ? 3 : 0), "\(state)")
        return state
    }

    func curl(_ arguments: String...) throws -> ProgramRun.Result {
        try run("/usr/bin/curl", ["-sS", "--max-time", "20"] + arguments)
    }
}

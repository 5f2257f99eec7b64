public import Files
internal import Foundation

/// Runs another program to its end.
public struct ProgramRun: Sendable {
    public var path: String
    public var arguments: [String]
    /// Added to this process's environment; nil removes.
    public var environment: [String: String?] = [:]
    public var folder: String?

    public init(_ path: String, _ arguments: [String], environment: [String: String?] = [:], folder: String? = nil) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
    }

    public struct Result: Sendable {
        public var status: Int32
        /// Output and errors together when captured, at most the last mebibyte.
        public var output: String
    }

    /// - Parameter captures: keeps the output instead of handing it on to this process's.
    public func run(captures: Bool = true) throws(FileError) -> Result {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        var variables = ProcessInfo.processInfo.environment
        for (name, value) in environment { variables[name] = value }
        process.environment = variables
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        if captures {
            process.standardOutput = pipe
            process.standardError = pipe
        }
        do {
            try process.run()
        } catch {
            throw FileError(path, "can't run: \(error.localizedDescription)")
        }
        var output = Data()
        if captures {
            while let part = try? pipe.fileHandleForReading.read(upToCount: 1 << 16), !part.isEmpty { output = (output + part).suffix(1 << 20) }
        }
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }
}

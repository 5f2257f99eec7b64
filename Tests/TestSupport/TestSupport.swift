internal import Files
internal import Foundation
public import Testing

/// A folder that goes when the test does.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init() throws {
        path = try Files.makeTemporaryFolder(in: "/tmp", prefix: "mse-tests")
    }

    deinit { try? Files.remove(path) }

    public func write(_ name: String, _ text: String) throws {
        try write(name, Array(text.utf8))
    }

    public func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = path + "/" + name
        try Files.makeFolder(Files.split(file).folder)
        try Files.write(bytes, to: file)
    }

    public func read(_ name: String) throws -> [UInt8] { try Files.read(path + "/" + name) }

    /// Every file below a folder, by relative path.
    public func tree(_ name: String = "") throws -> [String: [UInt8]] {
        try TestSupport.tree(name.isEmpty ? path : path + "/" + name)
    }
}

public func tree(_ folder: String) throws -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    func list(_ path: String, _ prefix: String) throws {
        for name in try Files.names(in: path) {
            let inner = path + "/" + name
            if Files.isFolder(inner) {
                try list(inner, prefix + name + "/")
            } else {
                result[prefix + name] = try Files.read(inner)
            }
        }
    }
    try list(folder, "")
    return result
}

/// Further vectors, too large for the project, which stand beside the project where it is developed.
public enum SharedVectors {
    public static let root: String = {
        let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder
        return project + "/../shared"
    }()

    public static func path(_ name: String) -> String { root + "/" + name }
    public static let exist = Files.isFolder(root + "/mse/vectors")
}

extension Trait where Self == ConditionTrait {
    /// Counts as skipped, and says so, where the vectors aren't.
    public static var needsSharedVectors: Self {
        .enabled(if: SharedVectors.exist, "the shared vectors are not beside the project")
    }
    public static var onlyDeep: Self {
        .enabled(if: ProcessInfo.processInfo.environment["MSE_DEEP"] != nil, "runs with make deep")
    }
}

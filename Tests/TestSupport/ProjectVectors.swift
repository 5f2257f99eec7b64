internal import Files
package import Notation

/// The project's own vectors, `Tests/Vectors`.
public enum ProjectVectors {
    public static let root = Files.split(Files.split(#filePath).folder).folder + "/Vectors"
    public static func path(_ name: String) -> String { root + "/" + name }

    /// - Parameter name: of a file, JSON.
    public static func read(_ name: String) throws -> Vector {
        try Vector(node: JSON.read(Files.read(path(name)), depthLimit: 64))
    }
}

/// One value of a file of vectors. What isn't there, or is of another kind, is an error of the vectors.
public struct Vector: Sendable {
    package let node: Node

    package init(node: Node) { self.node = node }

    /// Of a file that holds an array; none where there is no such file.
    public static func elements(of name: String) -> [Vector] {
        guard let file = try? ProjectVectors.read(name), case .array(let list) = file.node.value else { return [] }
        return list.map { Vector(node: $0) }
    }

    public struct Missing: Error, CustomStringConvertible {
        public let description: String
    }

    private func value(_ name: String) throws -> Node {
        guard let value = node[name] else { throw Missing(description: "no '\(name)'") }
        return value
    }

    public subscript(name: String) -> Vector {
        get throws { try Vector(node: value(name)) }
    }

    public func list(_ name: String) throws -> [Vector] {
        guard case .array(let list) = try value(name).value else { throw Missing(description: "no list '\(name)'") }
        return list.map { Vector(node: $0) }
    }

    /// The text that this value is itself.
    public var text: String {
        get throws {
            guard case .string(let text) = node.value else { throw Missing(description: "no text") }
            return text
        }
    }

    /// What it is an example of, for messages.
    public var what: String { (try? text("what")) ?? "" }

    /// Nil for null.
    public func optionalText(_ name: String) throws -> String? {
        if case .null = try value(name).value { return nil }
        return try text(name)
    }

    public func text(_ name: String) throws -> String { try self[name].text }
    public func texts(_ name: String) throws -> [String] { try list(name).map { try $0.text } }

    public func flag(_ name: String) throws -> Bool {
        guard case .boolean(let flag) = try value(name).value else { throw Missing(description: "no flag '\(name)'") }
        return flag
    }

    public func number(_ name: String) throws -> Int {
        guard case .number(let digits) = try value(name).value, let number = Int(digits) else {
            throw Missing(description: "no number '\(name)'")
        }
        return number
    }

    public func hex(_ name: String) throws -> [UInt8] {
        guard let bytes = Hex.bytes(try text(name)) else { throw Missing(description: "no hex '\(name)'") }
        return bytes
    }

    public func base64(_ name: String) throws -> [UInt8] {
        guard let bytes = Base64.bytes(Array(try text(name).utf8)) else {
            throw Missing(description: "no base64 '\(name)'")
        }
        return bytes
    }
}

internal import Files
internal import Foundation
package import Gramine
package import Notation
internal import Testing

/// One case of `Tests/Vectors/gramine`: files, what is done with them, and what Gramine's own tools made of it.
package struct GramineCase: Sendable, CustomTestStringConvertible {
    package static let root = Files.split(Files.split(#filePath).folder).folder + "/Vectors/gramine"

    package let folder: String
    package let node: Node

    package init(_ path: String) throws {
        folder = Self.root + "/" + path
        node = try JSON.read(Files.read(folder + "/case.json"))
    }

    package static func all(in list: String) -> [GramineCase] {
        let names = (try? Files.names(in: root + "/" + list)) ?? []
        return names.compactMap { try? GramineCase(list + "/" + $0) }
    }

    /// Loaders lie there as text: the project holds nothing that was built.
    private static let encoded = ".base64"

    /// A loader of `fixtures/elf`.
    package static func image(_ name: String) throws -> [UInt8] {
        let text = try Files.read(root + "/fixtures/elf/" + name + encoded)
        guard let bytes = Data(base64Encoded: Data(text), options: .ignoreUnknownCharacters) else {
            throw GramineError(.schema, "\(name) is no base64")
        }
        return Array(bytes)
    }

    package static func named(_ name: String) throws -> GramineCase { try GramineCase("cases/" + name) }

    package var testDescription: String { text("name") ?? folder }
    package func text(_ name: String) -> String? { node[name]?.string }
    package func file(_ name: String) throws -> [UInt8] { try Files.read(folder + "/" + name) }
    package func has(_ name: String) -> Bool { Files.exists(folder + "/" + name) }

    package func expected(_ name: String) -> String? { node["expected"]?[name]?.string }
    package var libraryFolder: String { text("pkglibdir") ?? "pkglib" }
    package var isSlow: Bool { node["slow"]?.value == .boolean(true) }

    /// Makes the folder that the tools would run in, and hands it over.
    package func inFolder<Value>(_ body: (VectorSurroundings) throws -> Value) throws -> Value {
        let folder = try Files.makeTemporaryFolder(in: NSTemporaryDirectory(), prefix: "gramine")
        defer { try? Files.remove(folder) }
        let work = folder + "/work"
        try FileManager.default.copyItem(atPath: Self.root + "/fixtures", toPath: work)
        for name in try Files.names(in: work + "/elf") where name.hasSuffix(Self.encoded) {
            let image = String(name.dropLast(Self.encoded.count))
            try Files.write(Self.image(image), to: work + "/elf/" + image)
            try Files.remove(work + "/elf/" + name)
        }
        for step in node["setup"]?.list ?? [] {
            let path = work + "/" + (step["path"]?.string ?? "")
            switch step["op"]?.string {
            case "symlink":
                try FileManager.default.createSymbolicLink(
                    atPath: path,
                    withDestinationPath: step["target"]?.string ?? ""
                )
            case "mkdir": try Files.makeFolder(path)
            case "write": try Files.write(step["text"]?.string ?? "", to: path)
            case "fifo": mkfifo(path, 0o600)
            default: throw GramineError(.schema, "no such step")
            }
        }
        var variables: [String: String] = [:]
        if case .object(let members)? = node["environment"]?.value {
            for member in members { variables[member.name] = member.node.string }
        }
        return try body(VectorSurroundings(folder: work, prefix: "/opt/vec", variables: variables))
    }

    /// What the template or manifest becomes before it is signed.
    package func manifest(_ surroundings: VectorSurroundings) throws -> Manifest {
        var manifest = try Manifest(reading: rendered(surroundings))
        try manifest.addEntrypoint(libOS: libraryFolder + "/libsysdb.so", surroundings: surroundings)
        if text("stage") != "sign-only", !arguments.contains("--no-check") { try manifest.checkSchema() }
        try manifest.expandTrustedFiles(in: text("chroot"), surroundings: surroundings)
        return manifest
    }

    package var arguments: [String] { node["manifest_arguments"]?.list.compactMap(\.string) ?? [] }

    /// The variables that the arguments define.
    private var definitions: [String: Template.Definition] {
        var definitions: [String: Template.Definition] = [:]
        for argument in arguments where argument != "--define" && argument != "--no-check" {
            let text = argument.hasPrefix("-D") ? argument.dropFirst(2) : argument[...]
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            definitions[String(halves[0])] = halves.count == 2 ? .text(String(halves[1])) : .set
        }
        return definitions
    }

    package func rendered(_ surroundings: VectorSurroundings) throws -> [UInt8] {
        let template = try file("manifest.template")
        guard text("stage") != "sign-only" else { return template }
        return try Template(reading: template)
            .render(definitions, libraryFolder: libraryFolder, surroundings: surroundings)
    }

    package func image(_ surroundings: VectorSurroundings) throws -> ELFImage {
        try ELFImage(reading: Files.read(surroundings.place(text("libpal") ?? "")))
    }

    package func key(_ surroundings: VectorSurroundings) throws -> SigningKey {
        try SigningKey(pem: String(decoding: Files.read(surroundings.place(text("key") ?? "")), as: UTF8.self))
    }
}

extension Node {
    package var string: String? {
        guard case .string(let text) = value else { return nil }
        return text
    }

    package var list: [Node] {
        guard case .array(let elements) = value else { return [] }
        return elements
    }
}

import ArgumentParser
import CommandInterface
import Operations

struct Manifest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest",
        abstract: "Make manifests of Gramine, as gramine-manifest does.",
        subcommands: [Render.self]
    )

    struct Render: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "render",
            abstract: "Render a template, check it, and list its trusted files with their digests.",
            discussion:
                """
                Example: mse manifest render app.manifest.template app.manifest -D log_level=error
                """
        )

        @Argument(help: "The template; - reads standard input.", completion: .file())
        var template: String?
        @Argument(help: "The manifest to write; standard output if none is named.", completion: .file())
        var output: String?
        @Option(name: [.customShort("c"), .customLong("string")], help: "The template itself, in a file's place.")
        var text: String?
        @Option(
            name: [.customShort("D"), .customLong("define")],
            help: ArgumentHelp("What a name stands for; without a value, true.", valueName: "name=value")
        )
        var definitions: [String] = []
        @Flag(inversion: .prefixedNo, help: "Refuse what Gramine's schema refuses.")
        var check = true
        @Option(help: "A folder that stands for the root.", completion: .directory)
        var chroot: String?
        @Option(name: .customLong("pkglibdir"), help: "Where Gramine's library OS is.", completion: .directory)
        var libraryFolder: String?
        @Flag(help: "Refuse settings that are insecure or weak.")
        var strict = false

        /// `-Dname=value` as the parser takes it, which would see an option `-Dname`.
        static func separated(_ arguments: [String]) -> [String] {
            guard arguments.starts(with: ["manifest", "render"]) else { return arguments }
            let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
            let options = arguments[..<end].flatMap { argument in
                argument.hasPrefix("-D") && argument != "-D" ? ["-D", String(argument.dropFirst(2))] : [argument]
            }
            return options + arguments[end...]
        }

        private var place: String? { text == nil ? output : template }

        func validate() throws {
            guard text == nil ? template != nil : output == nil else {
                throw ValidationError("Name either a template or its text with --string.")
            }
            if let place, place != "-" { _ = try outputFile(place) }
        }

        func run() async throws {
            let progress = ProgressLine()
            let tools = GramineTools(progress: { progress.tell("\($0)") })
            let source = text.map { RenderingOptions.Template.text($0) } ?? .file(template ?? "-")
            let options = RenderingOptions(
                template: source,
                definitions: definitions,
                chroot: chroot,
                checksSchema: check,
                libraryFolder: libraryFolder,
                isStrict: strict
            )
            let manifest = try await Output.attempt {
                defer { progress.end() }
                let manifest = try tools.render(options)
                if let place, place != "-" { try tools.write(manifest, to: place, of: source) }
                return manifest
            }
            for note in manifest.notes { Output.note(note) }
            if place == nil || place == "-" { try Output.write(bytes: manifest.bytes) }
        }
    }
}

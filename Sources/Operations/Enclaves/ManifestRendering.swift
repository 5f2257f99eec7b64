internal import Files
internal import Gramine
internal import Notation

/// What a manifest is rendered from, and how.
public struct RenderingOptions: Sendable {
    public enum Template: Sendable {
        /// A file's name; `-` is standard input.
        case file(String)
        case text(String)
    }

    public var template: Template
    /// Each `name=value`, or a name alone, which is true.
    public var definitions: [String]
    /// A folder that stands for the root.
    public var chroot: String?
    /// Whether Gramine's schema is checked.
    public var checksSchema: Bool
    /// Where Gramine's library OS lies; nil for where Gramine is installed.
    public var libraryFolder: String?
    /// Whether what lint finds insecure or weak is an error.
    public var isStrict: Bool

    public init(
        template: Template,
        definitions: [String] = [],
        chroot: String? = nil,
        checksSchema: Bool = true,
        libraryFolder: String? = nil,
        isStrict: Bool = false
    ) {
        self.template = template
        self.definitions = definitions
        self.chroot = chroot
        self.checksSchema = checksSchema
        self.libraryFolder = libraryFolder
        self.isStrict = isStrict
    }

    fileprivate var variables: [String: Gramine.Template.Definition] {
        var variables: [String: Gramine.Template.Definition] = [:]
        for definition in definitions {
            let bytes = definition.utf8
            let equals = bytes.firstIndex(of: UInt8(ascii: "="))
            let name = String(Substring(bytes[..<(equals ?? bytes.endIndex)]))
            variables[name] = equals.map { .text(String(Substring(bytes[bytes.index(after: $0)...]))) } ?? .set
        }
        return variables
    }
}

/// A manifest as it is signed.
public struct RenderedManifest: Sendable {
    public let bytes: [UInt8]
    /// What lint found.
    public let notes: [String]
}

extension GramineTools {
    /// Of a template, in bytes.
    private static let templateLimit = 64 << 20

    /// Renders a template, adds every default, checks it and lists its trusted files with their digests.
    public func render(_ options: RenderingOptions) throws(OperationError) -> RenderedManifest {
        let path: String
        let template: [UInt8]
        switch options.template {
        case .file(let file):
            path = file
            template = try Self.read(file, option: "", limit: Self.templateLimit)
        case .text(let text):
            path = "--string"
            template = Array(text.utf8)
        }
        let libraryFolder = options.libraryFolder ?? GramineInstallation.libraryFolder
        let text: [UInt8]
        do throws(GramineError) {
            text = try Gramine.Template(reading: template)
                .render(options.variables, libraryFolder: libraryFolder, surroundings: around)
        } catch {
            throw error.about(path)
        }
        // Lines are the rendered text's from here on, which statements of the template move.
        return try rendered(text, path: text == template ? path : path + ", rendered", in: libraryFolder, options)
    }

    private func rendered(
        _ text: [UInt8],
        path: String,
        in libraryFolder: String,
        _ options: RenderingOptions
    ) throws(OperationError) -> RenderedManifest {
        let written: Gramine.Manifest
        var manifest: Gramine.Manifest
        let files: [TrustedFile]
        do throws(GramineError) {
            written = try Manifest(reading: text)
            manifest = written
            try addEntrypoint(to: &manifest, libraryFolder)
            if options.checksSchema { try manifest.checkSchema() }
            files = try manifest.expandTrustedFiles(in: options.chroot, surroundings: around)
        } catch {
            throw error.about(path)
        }
        let notes = LintNotes(
            written,
            expanded: nil,
            at: path,
            files: files,
            image: nil,
            isExpanded: written.text == text,
            around: around
        )
        if options.isStrict { try notes.checkStrictly() }
        return RenderedManifest(bytes: manifest.text, notes: notes.lines())
    }

    /// Writes what was rendered; a device or pipe gets it as it is.
    /// - Throws: where it would take the template's place, too.
    public func write(
        _ manifest: RenderedManifest,
        to path: String,
        of template: RenderingOptions.Template
    ) throws(OperationError) {
        let output = ToolOutput([(manifest.bytes, path, "the manifest")])
        if case .file(let file) = template { try output.check(inputs: [(file, "the template")]) }
        try output.write()
    }
}

internal import CodeEncryption
internal import Files
internal import Notation
internal import PackageFormat
internal import Processes

/// Looks for what a project's code imports among what ships with it: what isn't there would end the application after
/// its key was released.
///
/// The interpreter parses; nothing of the project is run.
struct ImportCheck {
    /// The interpreter's program.
    var interpreter: String
    /// The project's folder.
    var project: String
    /// The code that ships.
    var files: [CodeTree.File]
    /// The folder of the installed environment; it needn't be there.
    var site: String
    /// The files that the enclave measures, by whole path: of the standard library no others can be imported there.
    var runtime: [String]

    private static let refusalLimit = 10
    private static let noteLimit = 20

    /// An import of a module that isn't there.
    private struct Missing {
        var file: String
        var line: Int
        /// As far as it was looked for, such as `yaml`, `google.protobuf`.
        var module: String
        var kind: Kind

        enum Kind: String {
            /// It should be in the code folder, since its package is.
            case local
            /// What should hold it is a file, no folder.
            case file
            /// It begins with dots, but there is no package that they could mean.
            case relative
            /// It is Python's, but not of what runs in an enclave.
            case python
            /// Its package is in the environment, without it.
            case inside
            /// Nothing of it is in the environment.
            case environment
        }

        /// The application's own module, named as a file or from above the folder that it is looked for in.
        private var applicationAdvice: String? {
            guard file == ProjectConfiguration.fileName else { return nil }
            if kind == .file, module.hasSuffix(".py") {
                return """
                    '\(module.printable(limit: nil))' is a file's name; python_application names the module: \
                    '\(String(module.dropLast(3)).printable(limit: nil))'
                    """
            }
            if kind == .local, module == "mse_src" {
                return "modules are looked for in mse_src, so python_application names them without it"
            }
            return nil
        }

        /// Where code of the project's own has that name, and doesn't ship.
        var ignored: String?

        var sentence: String {
            let place = line > 0 ? "\(file.printable(limit: nil)) line \(line)" : file.printable(limit: nil)
            let name = module.printable(limit: nil)
            let parent = String(module.prefix(upTo: module.lastIndex(of: ".") ?? module.endIndex)).printable(limit: nil)
            if let advice = applicationAdvice { return "\(place): \(advice)" }
            return switch kind {
            case .local:
                "\(place): '\(name)' is not among the files of mse_src that ship; add it, or look into .mseignore"
            case .file: "\(place): there is no '\(name)', since '\(parent)' is a file, no package"
            case .relative:
                """
                \(place): the relative import '\(name)' leads out of every package, which fails; import it without the \
                dots
                """
            case .python: "\(place): '\(name)' is not in the Python that runs in an enclave; do without it"
            case .inside:
                "\(place): '\(name)' is not in the environment: '\(parent)' is, but has no such module in this version"
            case .environment where ignored != nil:
                "\(place): '\(name)' is \(ignored ?? ""), which does not ship; look into .mseignore"
            case .environment where !ImportCheck.isKnown(module):
                """
                \(place): '\(name)' is not in the environment; add \
                '\(ImportCheck.distribution(of: module).printable(limit: nil))' to requirements.txt if that brings it \
                (look whose it is: names are anybody's), or put a file of yours into mse_src
                """
            case .environment:
                """
                \(place): '\(name)' is not in the environment; add \
                '\(ImportCheck.distribution(of: module).printable(limit: nil))' to requirements.txt
                """
            }
        }
    }

    /// - Parameters:
    ///   - module: of the application, dotted.
    ///   - variable: the name in it that the application is, or begins with; empty isn't looked for.
    ///   - expression: the whole of it, where it is more than that name.
    ///   - work: a folder that is this user's alone.
    /// - Returns: a line for each module that is missing, but may never be asked for, or that hides another; and what
    ///   the application may be instead of WSGI.
    /// - Throws: `PackageError` when the application can't start for what is missing, for its syntax, or since it isn't
    ///   WSGI.
    func notes(module: String, variable: String, expression: String? = nil, work: String) throws(PackageError)
        -> [String]
    {
        let list = work + "/imports.json"
        // What an attribute of it is can't be told.
        let rest = (expression ?? variable).dropFirst(variable.count).drop { $0 == " " }
        let isCall = rest.first == "(", isWhole = rest.isEmpty || isCall && rest.last == ")"
        let sources = Node(.array(files.map { Node(.array([Node($0.path), Node($0.source)])) }))
        do {
            try Files.write(
                JSON.canonical(
                    .object([
                        "module": Node(module), "variable": Node(variable), "site": Node(site), "files": sources,
                        "isWhole": Node(.boolean(isWhole)), "isCall": Node(.boolean(isCall)),
                        "runtime": Node(.array(runtime.map { Node($0) })),
                    ])
                ),
                to: list,
                mode: 0o600
            )
            let result = try ProgramRun(
                interpreter,
                ["-I", "-S", "-W", "ignore", "-c", ImportCheckScript.text, list],
                environment: Pip.cleared
            ).run()
            guard result.status == 0 else {
                throw PackageError.imports(
                    """
                    can't look at what the code imports (\(interpreter), status \(result.status)):
                    \(String(result.output.suffix(500)).printable(limit: nil))
                    """
                )
            }
            return try judge(JSON.read(Array(result.output.utf8)))
        } catch {
            throw .wrapping(error, path: "what the code imports")
        }
    }

    private func judge(_ answer: Node) throws -> [String] {
        var reader = try ObjectReader(answer)
        let wrong = try Self.texts(reader.required("syntax")), skipped = try Self.texts(reader.required("skipped"))
        let refused = try Self.missing(reader.required("refused")).map(withOwnFile)
        let noted = try Self.missing(reader.required("noted")).map(withOwnFile)
        let variable = try Self.missingName(reader.optional("variable"))
        let interface = try OtherInterface(reader.optional("interface"))
        let hidden = try HiddenModule.list(reader.required("hidden"))
        let serving = try Self.texts(reader.required("serving"))
        let elsewhere = try Self.texts(reader.required("elsewhere"))
        try reader.finish()
        guard wrong.isEmpty, refused.isEmpty, variable?.isCertain != true, interface?.isCertain != true else {
            var lines =
                wrong.map { $0.printable(limit: nil) } + refused.map(\.sentence)
                + (variable.map { [$0.sentence] } ?? [])
                + (interface.map { [$0.sentence] } ?? [])
            if lines.count > Self.refusalLimit {
                lines = lines.prefix(Self.refusalLimit) + ["and \(lines.count - Self.refusalLimit) more"]
            }
            if let line = pipLine {
                lines.append(
                    "Dockerfile line \(line) installs with pip: its packages belong into mse_src/requirements.txt"
                )
            }
            throw PackageError.imports("the application can't start:\n  \(lines.joined(separator: "\n  "))")
        }
        let notes = noted.map { "\($0.sentence) if it is needed" }
        let hiding = hidden.prefix(Self.noteLimit).map(\.sentence)
        let endless = serving.map {
            """
            \($0.printable(limit: nil)) serves by itself whenever the module is imported, which then never ends; \
            put it under 'if __name__ == "__main__"'
            """
        }
        return endless + (variable.map { [$0.sentence] } ?? []) + (interface.map { [$0.sentence] } ?? []) + hiding
            + (hidden.count > Self.noteLimit ? ["\(hidden.count - Self.noteLimit) more files hide modules"] : [])
            + notes.prefix(Self.noteLimit)
            + (notes.count > Self.noteLimit ? ["\(notes.count - Self.noteLimit) more modules are missing"] : [])
            + skipped.map { "its imports weren't looked at: \($0.printable(limit: nil))" }
            + elsewhere.map { "\($0.printable(limit: nil)) is outside of the environment, and doesn't ship" }
    }

    /// Nobody shall look for a file of his own at an index, where another's may lie under the name.
    private func withOwnFile(_ missing: Missing) -> Missing {
        let base = project + "/mse_src/" + missing.module.prefix { $0 != "." }
        var missing = missing
        missing.ignored = [base + ".py", base].first { Files.exists($0) }?.printable(limit: nil)
        return missing
    }

    /// The name of the application that its module doesn't have.
    private struct MissingName {
        var file: String
        var name: String
        var instead: [String]
        /// It is made where the module is run as a program, and that it isn't.
        var isOnlyInMain: Bool
        /// Names come by no other ways than are seen.
        var isCertain: Bool

        var sentence: String {
            let start =
                "\(file.printable(limit: nil)) \(isCertain ? "has" : "may have") no '\(name.printable(limit: nil))'"
            if isOnlyInMain { return start + " but under 'if __name__ == \"__main__\"', which a service never runs" }
            let there =
                instead.isEmpty
                ? "no other name that could be the application"
                : instead.map { $0.printable(limit: nil) }.joined(separator: ", ")
            return "\(start); there is: \(there) (python_application in \(ProjectConfiguration.fileName) names it)"
        }
    }

    private static func missingName(_ node: Node?) throws -> MissingName? {
        guard let node, case .object = node.value else { return nil }
        var reader = try ObjectReader(node)
        guard let file = try reader.string("file"), let name = try reader.string("name"),
            let isMain = try reader.boolean("main"),
            let isCertain = try reader.boolean("certain")
        else { throw NotationError(at: node.place, "file, name, main and certain expected") }
        return MissingName(
            file: file,
            name: name,
            instead: try reader.strings("instead")?.map(\.text) ?? [],
            isOnlyInMain: isMain,
            isCertain: isCertain
        )
    }

    private static func texts(_ node: Node) throws -> [String] {
        guard case .array(let items) = node.value else { throw NotationError(at: node.place, "an array expected") }
        return try items.map { item in
            guard case .string(let text) = item.value else { throw NotationError(at: item.place, "a text expected") }
            return text
        }
    }

    private static func missing(_ node: Node) throws -> [Missing] {
        guard case .array(let items) = node.value else { throw NotationError(at: node.place, "an array expected") }
        return try items.map { item in
            var reader = try ObjectReader(item)
            guard let file = try reader.string("file"), let line = try reader.integer("line", in: 0...Int.max),
                let module = try reader.string("module"),
                let kind = Missing.Kind(rawValue: try reader.string("kind") ?? "")
            else { throw NotationError(at: item.place, "file, line, module and kind expected") }
            return Missing(file: file, line: line, module: module, kind: kind)
        }
    }

    /// The line of the project's Dockerfile that installs packages, as the original's projects do.
    private var pipLine: Int? {
        guard let bytes = try? Files.read(onDisk: project + "/Dockerfile", limit: 1 << 20) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(
            omittingEmptySubsequences: false,
            whereSeparator: \.isNewline
        )
        let index = lines.firstIndex { line in
            !line.drop(while: \.isWhitespace).hasPrefix("#")
                && (line.contains("pip install") || line.contains("pip3 install"))
        }
        return index.map { $0 + 1 }
    }

    /// What is asked for in `requirements.txt` to get a module.
    static func distribution(of module: String) -> String {
        distributions[module] ?? distributions[String(module.prefix { $0 != "." })] ?? module.replacing(".", with: "-")
    }

    private static func isKnown(_ module: String) -> Bool {
        (distributions[module] ?? distributions[String(module.prefix { $0 != "." })]) != nil
    }

    /// Of modules whose distribution has another name.
    private static let distributions = [
        "Crypto": "pycryptodome", "MySQLdb": "mysqlclient", "OpenSSL": "pyOpenSSL", "PIL": "Pillow", "attr": "attrs",
        "bs4": "beautifulsoup4", "corsheaders": "django-cors-headers", "cv2": "opencv-python-headless",
        "dateutil": "python-dateutil",
        "docx": "python-docx", "dotenv": "python-dotenv", "fitz": "PyMuPDF", "flask_cors": "Flask-Cors",
        "flask_sqlalchemy": "Flask-SQLAlchemy", "git": "GitPython", "google.protobuf": "protobuf", "jwt": "PyJWT",
        "ldap": "python-ldap",
        "magic": "python-magic", "markdown": "Markdown", "multipart": "python-multipart", "nacl": "PyNaCl",
        "pkg_resources": "setuptools",
        "psycopg2": "psycopg2-binary", "rest_framework": "djangorestframework", "serial": "pyserial",
        "sklearn": "scikit-learn",
        "slugify": "python-slugify", "usb": "pyusb", "websocket": "websocket-client", "win32api": "pywin32",
        "wx": "wxPython",
        "yaml": "PyYAML", "zmq": "pyzmq",
    ]
}

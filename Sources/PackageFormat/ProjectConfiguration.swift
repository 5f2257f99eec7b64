public import Notation

/// `mse.toml`: the original's keys and tables of ours (docs/formats/package.md). Unknown keys are errors with line
/// and the nearest known key.
public struct ProjectConfiguration: Hashable, Sendable {
    public static let fileName = "mse.toml"

    public var name: String
    /// `module:variable`, both may be dotted.
    public var application: String
    public var healthCheck: String
    public var testCommand: String
    public var testRequirements: [String]
    public var enclave = EnclaveSettings.Enclave()
    public var server = EnclaveSettings.Server()
    public var log = EnclaveSettings.Log.sealed
    /// Dot files that shall ship.
    public var include: [String] = []
    /// Whether packages may be built from source.
    public var allowSources = false
    /// A `[cloud]` table of the original stands there, which means nothing here.
    public var hasCloudTable = false

    public init(_ bytes: [UInt8]) throws(NotationError) {
        guard bytes.count <= 1 << 20 else { throw NotationError(at: .none, "more than a mebibyte") }
        var root = try ObjectReader(TOML.read(bytes))
        try Self.checkRequired(&root)
        name = try Self.text(&root, "name")
        guard Self.isFileName(name) else {
            throw NotationError(
                at: try root.required("name").place,
                member: "name",
                "no '/', control characters or leading '.' may stand in it: it becomes part of file names"
            )
        }
        application = try Self.text(&root, "python_application")
        guard Self.isApplication(application) else {
            throw NotationError(
                at: try root.required("python_application").place,
                member: "python_application",
                "'module:variable' expected, found \"\(application.printable())\""
                    + (Self.applicationAdvice(application).map { "; " + $0 } ?? "")
            )
        }
        healthCheck = try Self.text(&root, "healthcheck_endpoint")
        guard healthCheck.hasPrefix("/"), healthCheck.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw NotationError(
                at: try root.required("healthcheck_endpoint").place,
                member: "healthcheck_endpoint",
                "a path that begins with '/' expected"
            )
        }
        testCommand = try Self.text(&root, "tests_cmd", limit: 4096)
        for (member, text) in [("python_application", application), ("tests_cmd", testCommand)]
        where !PlainText.isOneLine(text) {
            throw NotationError(
                at: try root.required(member).place,
                member: member,
                "no control characters may stand in it"
            )
        }
        testRequirements = try root.strings("tests_requirements")?.map(\.text) ?? []
        if var table = try root.table("enclave") { try Self.read(&table, &enclave) }
        if var table = try root.table("server") { try Self.read(&table, &server) }
        if var table = try root.table("log") {
            if let text = try table.string("application") {
                guard let log = EnclaveSettings.Log(rawValue: text) else {
                    throw NotationError(
                        at: try table.required("application").place,
                        member: "log.application",
                        "\"sealed\", \"open\" or \"none\" expected"
                    )
                }
                self.log = log
            }
            try table.finish()
        }
        if var table = try root.table("package") {
            include = try table.strings("include")?.map(\.text) ?? []
            allowSources = try table.boolean("allow_sources") ?? false
            try table.finish()
        }
        hasCloudTable = root.optional("cloud") != nil
        try root.finish()
    }

    public var module: String { String(application.split(separator: ":")[0]) }
    /// The name in the module that the application begins with, such as `create_app` of `app:create_app("x")`.
    public var variable: String {
        String(application.split(separator: ":", maxSplits: 1)[1].prefix { $0 != "." && $0 != "(" && $0 != " " })
    }

    /// What every project says, each with a line that it could be.
    private static let required = [
        ("name", #"name = "hello""#),
        ("python_application", #"python_application = "app:app""#),
        ("healthcheck_endpoint", #"healthcheck_endpoint = "/""#),
        ("tests_cmd", #"tests_cmd = "pytest""#),
        ("tests_requirements", #"tests_requirements = ["pytest"]"#),
    ]

    /// - Throws: with all that is missing at once.
    private static func checkRequired(_ root: inout ObjectReader) throws(NotationError) {
        var missing: [(name: String, example: String)] = []
        for (name, example) in required where root.optional(name) == nil { missing.append((name, example)) }
        guard let first = missing.first else { return }
        guard missing.count > 1 else {
            throw NotationError(
                at: root.place,
                member: first.name,
                "is missing; it stands before the first table, such as \(first.example)"
            )
        }
        throw NotationError(
            at: root.place,
            "\(missing.count) keys are missing: \(missing.map(\.name).joined(separator: ", ")); "
                + "they stand before the first table, such as:\n"
                + missing.map { "  " + $0.example }.joined(separator: "\n")
        )
    }

    private static func text(_ root: inout ObjectReader, _ name: String, limit: Int = 255) throws(NotationError)
        -> String
    {
        guard let text = try root.string(name) else { throw NotationError(at: root.place, member: name, "is missing") }
        let trimmed = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        guard (1...limit).contains(trimmed.unicodeScalars.count) else {
            throw NotationError(at: try root.required(name).place, member: name, "1 to \(limit) characters expected")
        }
        return trimmed
    }

    static func isFileName(_ name: String) -> Bool {
        !name.hasPrefix(".") && name.utf8.count <= 200 + 55
            && name.unicodeScalars.allSatisfy { $0 != "/" && $0 != "\\" } && PlainText.isOneLine(name)
    }

    /// `module:variable`, `module:factory` or, as gunicorn takes it, `module:factory("literal", name=1)`.
    public static func isApplication(_ text: String) -> Bool {
        guard let colon = text.firstIndex(of: ":") else { return false }
        let expression = text[text.index(after: colon)...]
        guard let open = expression.firstIndex(of: "(") else { return isModule(text[..<colon]) && isDotted(expression) }
        return isModule(text[..<colon]) && isDotted(expression[..<open]) && isArgumentList(expression[open...])
    }

    /// What was probably meant.
    public static func applicationAdvice(_ text: String) -> String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let module = parts.first else { return nil }
        let dotted = module.replacing("/", with: ".")
        let bare = dotted.hasSuffix(".py") ? dotted.dropLast(3) : dotted[...]
        guard isModule(bare) else { return nil }
        let variable = parts.count == 2 && isDotted(parts[1]) ? String(parts[1]) : nil
        let whole = "\"\(bare):\(variable ?? "app")\""
        if bare != module {
            return "a module has no path: its folders and its name stand with dots between them, such as \(whole)"
        }
        return variable == nil
            ? "the name that the application has in its module stands behind a colon, such as \(whole)" : nil
    }

    /// What can be imported by its name: unlike names in code, files' names may have dashes.
    private static func isModule(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.unicodeScalars.first, first == "_" || first.properties.isXIDStart else {
                return false
            }
            return part.unicodeScalars.allSatisfy { $0 == "-" || $0.properties.isXIDContinue }
        }
    }

    private static func isDotted(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.unicodeScalars.first, first == "_" || first.properties.isXIDStart else {
                return false
            }
            return part.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
        }
    }

    /// Brackets that fit, around nothing but literals, names of arguments and what separates them: no call, attribute
    /// or operator. Python reads the literals themselves, and takes nothing else either.
    private static func isArgumentList(_ text: Substring) -> Bool {
        var expected: [Character] = []
        var quote: Character?
        var isEscaped = false
        var before: Character = " "
        for character in text {
            guard !character.isNewline, before != ")" || !expected.isEmpty else { return false }
            if let end = quote {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == end {
                    quote = nil
                }
                before = character
                continue
            }
            switch character {
            case "'", "\"": quote = character
            case "(":
                guard expected.isEmpty || "(,=[{: ".contains(before) else { return false }
                expected.append(")")
            case "[", "{":
                guard "(,=[{: ".contains(before) else { return false }
                expected.append(character == "[" ? "]" : "}")
            case ")", "]", "}": guard expected.popLast() == character else { return false }
            case ",", ":", "=", "-", "+", ".", "_", " ": break
            default: guard character.isLetter || character.isNumber else { return false }
            }
            before = character
        }
        return quote == nil && expected.isEmpty && before == ")"
    }

    private static func read(_ table: inout ObjectReader, _ enclave: inout EnclaveSettings.Enclave)
        throws(NotationError)
    {
        if let node = table.optional("size") {
            guard let count = byteCount(node), EnclaveSettings.Enclave.byteCounts.contains(count),
                count & (count - 1) == 0
            else {
                throw table.mismatch(
                    node,
                    member: "size",
                    "a power of two from \"256M\" to \"64G\", such as \"1G\","
                )
            }
            enclave.byteCount = count
        }
        enclave.threads = try table.integer("threads", in: 8...4096) ?? enclave.threads
        enclave.productID = try table.integer("product_id", in: 0...65535) ?? enclave.productID
        enclave.securityVersion = try table.integer("svn", in: 0...65535) ?? enclave.securityVersion
        enclave.isDebug = try table.boolean("debug") ?? enclave.isDebug
        if let problem = enclave.problem {
            throw NotationError(
                at: table.optional("threads")?.place ?? table.place,
                member: "threads",
                problem + "; take fewer threads, or a larger size"
            )
        }
        try table.finish()
    }

    private static func read(_ table: inout ObjectReader, _ server: inout EnclaveSettings.Server) throws(NotationError)
    {
        if let node = table.optional("interface") {
            guard case .string(let text) = node.value, ["auto", "wsgi"].contains(text) else {
                throw table.mismatch(node, member: "interface", "\"auto\" or \"wsgi\"")
            }
            server.interface = text
        }
        server.threads = try table.integer("threads", in: 1...256) ?? server.threads
        server.grace = try table.integer("grace", in: 0...3600) ?? server.grace
        for (name, path) in [
            ("max_body", \EnclaveSettings.Server.bodyLimit), ("max_header", \EnclaveSettings.Server.headerLimit),
        ] {
            guard let node = table.optional(name) else { continue }
            guard let count = byteCount(node), count >= 1024 else {
                throw table.mismatch(node, member: name, "a size such as \"64M\"")
            }
            server[keyPath: path] = count
        }
        try table.finish()
    }

    /// `"512M"`, `"1G"`, `"64K"`.
    private static func byteCount(_ node: Node) -> Int? {
        let units = [UInt8(ascii: "K"): 10, UInt8(ascii: "M"): 20, UInt8(ascii: "G"): 30]
        guard case .string(let text) = node.value, let last = text.utf8.last, let shift = units[last],
            text.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(Substring(text.utf8.dropLast())),
            number > 0, number <= 1 << 20
        else { return nil }
        return number << shift
    }
}

internal import Files
internal import Notation
internal import PackageFormat

/// Reads lists of requirements, and judges each line before pip sees it.
struct RequirementsReader {
    private static let fileLimit = 64
    private static let depthLimit = 16
    private static let lineLimit = 20_000
    private static let byteLimit = 1 << 20
    /// Of all files together, however often one is named.
    private static let totalByteLimit = 4 << 20
    private static let credentialLimit = 256

    private static let repositories = ["git", "hg", "svn", "bzr"]

    /// Where a line stands, and what it is read for.
    struct Line {
        var file: String
        var number: Int
        var isConstraints: Bool
        var depth: Int
    }

    let project: String
    let allowsSources: Bool
    let environment: [String: String]
    var result = Requirements()
    private var lineCount = 0
    private var byteCount = 0
    private var open: [String] = []

    init(project: String, allowsSources: Bool, environment: [String: String]) {
        self.project = project
        self.allowsSources = allowsSources
        self.environment = environment
    }

    mutating func read(_ path: String, isConstraints: Bool, depth: Int) throws(PackageError) {
        let text: String
        do {
            let real = try Files.resolved(path)
            guard !open.contains(real) else { throw FileError(path, "refers to itself") }
            if !result.files.contains(real) { result.files.append(real) }
            guard result.files.count <= Self.fileLimit, depth <= Self.depthLimit else {
                throw FileError(
                    path,
                    "more than \(Self.fileLimit) files of requirements, or more than \(Self.depthLimit) in each other"
                )
            }
            open.append(real)
            let bytes = try Files.read(onDisk: path, limit: Self.byteLimit)
            byteCount += bytes.count
            guard byteCount <= Self.totalByteLimit else {
                throw FileError(
                    path,
                    "makes more than \(Self.totalByteLimit >> 20) MiB of requirements with what was read before"
                )
            }
            text = try PlainText.read(bytes)
        } catch {
            throw .wrapping(error, path: path)
        }
        var number = 0
        var started = 0
        var joined = ""
        for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            if joined.isEmpty { started = number }
            // As pip does it: a comment line ends what was continued, and isn't continued itself.
            let isComment = raw.drop(while: \.isWhitespace).hasPrefix("#")
            if raw.hasSuffix("\\"), !isComment {
                joined += raw.dropLast()
                continue
            }
            try take(
                joined + (isComment ? " " + raw : raw),
                Line(file: path, number: started, isConstraints: isConstraints, depth: depth)
            )
            joined = ""
        }
        if !joined.isEmpty {
            try take(joined, Line(file: path, number: started, isConstraints: isConstraints, depth: depth))
        }
        open.removeLast()
    }

    mutating func take(_ raw: String, _ line: Line) throws(PackageError) {
        lineCount += 1
        guard lineCount <= Self.lineLimit else {
            throw refusal(line, "more than \(Self.lineLimit) lines")
        }
        let text = RequirementSyntax.withoutComment(raw)
        guard !text.isEmpty else { return }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F || $0 == "\t" }) else {
            throw refusal(line, "a control character stands in it")
        }
        // pip goes by code points: to it a quote with an accent is a quote, and a Greek question mark no semicolon.
        let marked = text.first { character in
            let scalars = character.unicodeScalars
            return scalars.count > 1
                ? scalars.contains { $0.isASCII && !Self.isLetterOrDigit($0) }
                : scalars.first?.isASCII == false && Self.signs.contains(character)
        }
        if let marked {
            throw refusal(
                line,
                "'\(redacted(String(marked)))' is joined with a mark of another script, or looks like another sign"
            )
        }
        guard text.hasPrefix("-") else { return try requirement(text, line) }
        try options(text, line)
    }

    private static let signs = Set((0x20..<0x7F).map { Character(Unicode.Scalar(UInt8($0))) })

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        (0x30...0x39).contains(scalar.value) || (0x61...0x7A).contains(scalar.value | 0x20)
    }

    // MARK: Options

    private mutating func options(_ text: String, _ line: Line) throws(PackageError) {
        guard let words = RequirementSyntax.words(text) else { throw refusal(line, "a quote isn't closed") }
        var rest = words[...]
        while let option = RequirementOption.next(in: &rest) {
            switch option {
            case .flag(let name): result.options.append(name)
            case .setting(let name, let value): try self.option(name, value, in: line)
            case .valueless(let name): throw refusal(line, "'\(name)' wants a value")
            case .unknown(let name):
                throw refusal(
                    line,
                    """
                    the option '\(redacted(name))' isn't taken here; there are \
                    \(RequirementOption.names.joined(separator: ", "))
                    """
                )
            }
        }
    }

    private mutating func option(_ name: String, _ value: String, in line: Line) throws(PackageError) {
        switch name {
        case "--requirement", "--constraint":
            let expanded = try expand(value, line).expanded
            guard !expanded.contains("://") else {
                throw refusal(
                    line,
                    """
                    a list at an address can't be judged before pip reads it; keep a copy beside this one and name \
                    that
                    """
                )
            }
            let path = try existing(expanded, line)
            try read(path, isConstraints: line.isConstraints || name == "--constraint", depth: line.depth + 1)
        case "--editable":
            throw refusal(
                line,
                """
                an editable install is a folder of this machine, no archive that can be locked; build a wheel of it \
                ('pip wheel') and name that
                """
            )
        case "--no-binary":
            guard allowsSources || value == ":none:" else {
                throw sources(line, "'--no-binary' would build packages, and so run their code")
            }
            result.options.append("--no-binary=\(try quoted(value, line))")
        case "--find-links":
            let (_, expanded) = try expand(value, line)
            let made =
                RequirementSyntax.isLocal(expanded) ? try located(expanded, line) : try optionsAddress(value, line)
            result.options.append("--find-links=" + made)
        case "--index-url", "--pypi-url", "--extra-index-url":
            let address = try optionsAddress(value, line)
            if let problem = PipSettings.indexProblem(try expand(value, line).expanded) {
                throw refusal(line, "'\(name)' \(problem)")
            }
            result.options.append("\(name == "--pypi-url" ? "--index-url" : name)=\(address)")
        default: result.options.append("\(name)=\(try quoted(try expand(value, line).expanded, line))")
        }
    }

    // MARK: Requirements

    private mutating func requirement(_ text: String, _ line: Line) throws(PackageError) {
        // What follows the first word that looks like an option is options of this requirement; a path may have
        // blanks, and dashes between them.
        let cut =
            text.split(whereSeparator: \.isWhitespace).first {
                $0.hasPrefix("--") || $0.count == 2 && $0.hasPrefix("-")
            }?.startIndex ?? text.endIndex
        let specification = RequirementSyntax.trimmed(String(text[..<cut]))
        var suffix = ""
        var rest = text[cut...].split(whereSeparator: \.isWhitespace)[...]
        while let word = rest.popFirst() {
            let (name, value) =
                word.firstIndex(of: "=").map { (word[..<$0], Optional(word[word.index(after: $0)...])) } ?? (
                    word, nil
                )
            guard name == "--hash" else {
                throw refusal(
                    line,
                    "the option '\(redacted(String(name)))' of a requirement isn't taken here; there is --hash"
                )
            }
            guard let hash = value ?? rest.popFirst(), RequirementSyntax.isHash(hash) else {
                throw refusal(line, "'--hash=sha256:…' expected (sha384 and sha512 do as well)")
            }
            suffix += " --hash=" + hash
        }
        let made = try specified(specification, line) + suffix
        let place = Requirements.LinePlace(file: line.file, number: line.number)
        if line.isConstraints {
            result.constraints.append(made)
            result.constraintPlaces.append(place)
        } else {
            result.distributions.append(made)
            result.distributionPlaces.append(place)
        }
    }

    /// A name with versions, extras and marker; `name @ address`; an address; a path.
    private mutating func specified(_ raw: String, _ line: Line) throws(PackageError) -> String {
        let expanded = try expand(raw, line).expanded
        // Of a path each blank counts; elsewhere one is as good as several.
        let text = raw.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if let at = expanded.firstIndex(of: "@"), RequirementSyntax.isName(expanded[..<at]) {
            let target = RequirementSyntax.trimmed(String(expanded[expanded.index(after: at)...]))
            try judge(target, line)
            let (bare, marker) = RequirementSyntax.split(target)
            guard RequirementSyntax.isLocal(bare) else { return try address(text, line) }
            return try RequirementSyntax.trimmed(String(expanded[..<at])) + " @ " + located(bare, line) + marker
        }
        let (target, marker) = RequirementSyntax.split(expanded)
        guard
            target.contains("://") || target.hasPrefix("file:") || target.contains("/") || target.hasPrefix(".")
                || RequirementSyntax.isArchive(target)
        else {
            if let (name, version) = RequirementSyntax.condaPin(target) {
                throw refusal(
                    line,
                    """
                    '\(redacted(target))' is a line of conda's list, with one '='; pip's form is \
                    '\(redacted(name))==\(redacted(version))', for what is a Python package
                    """
                )
            }
            guard RequirementSyntax.isName(target.prefix { !"<>=!~;, (".contains($0) }) else {
                throw refusal(
                    line,
                    "'\(redacted(target))' is no requirement: name==version, a wheel's path or its address expected"
                )
            }
            return try expand(text, line).written
        }
        try judge(target, line)
        guard RequirementSyntax.isLocal(target) else { return try address(text, line) }
        let (path, extras) = RequirementSyntax.withoutExtras(target)
        let made = try located(path, line)
        return (extras.isEmpty ? made : RequirementSyntax.distribution(of: path) + extras + " @ " + made) + marker
    }

    private func judge(_ target: String, _ line: Line) throws(PackageError) {
        let isAddress = target.hasPrefix("file:") || target.contains("://")
        let whole = RequirementSyntax.split(target).target
        let bare = RequirementSyntax.withoutExtras(
            isAddress ? String(whole.prefix { $0 != "#" && $0 != "?" }) : whole
        ).path
        let scheme = bare.prefix { $0 != ":" && $0 != "/" }
        if let kind = Self.repositories.first(where: { scheme == $0 || scheme.hasPrefix($0 + "+") }) {
            throw refusal(
                line,
                """
                a repository (\(kind)) is no archive that can be locked, and building it runs its code; build a wheel \
                of it ('pip wheel') and name that
                """
            )
        }
        if bare.lowercased().hasSuffix(".whl") { return }
        let isArchive = RequirementSyntax.sourceSuffixes.contains { bare.lowercased().hasSuffix($0) }
        if isArchive {
            guard allowsSources else {
                throw sources(line, "'\(redacted(bare))' is a source archive; building it would run its code")
            }
            return
        }
        if bare.hasPrefix("file:"), Self.isForeign(bare) {
            throw refusal(
                line,
                """
                '\(redacted(bare))' is a folder of the machine that built it, as 'pip freeze' writes them in a conda \
                environment; name the version instead, as 'pip list --format=freeze' does: 'name==version'
                """
            )
        }
        if bare.hasPrefix("file:") || !bare.contains("://") {
            throw refusal(
                line,
                """
                '\(redacted(bare))' is no archive; a folder can't be locked: build a wheel of it ('pip wheel') and \
                name that
                """
            )
        }
        guard allowsSources else {
            throw sources(line, "'\(redacted(bare))' isn't told to be a wheel by its name")
        }
    }

    /// An address of this machine where there is nothing.
    private static func isForeign(_ address: String) -> Bool {
        let path = address.dropFirst("file:".count)
        guard path.hasPrefix("/"), let bytes = PercentEncoding.decoded(String(path)) else { return false }
        return !Files.exists(String(decoding: bytes, as: UTF8.self))
    }

    // MARK: Paths, addresses, variables

    /// A path beside the file that names it, or in the project.
    private func existing(_ path: String, _ line: Line) throws(PackageError) -> String {
        let candidates =
            path.hasPrefix("/") ? [path] : [Files.split(line.file).folder + "/" + path, project + "/" + path]
        for candidate in candidates {
            if let real = try? Files.resolved(candidate) { return real }
        }
        throw refusal(line, "there is no '\(redacted(path))' beside it nor in the project")
    }

    /// A file or folder of this machine as the address that pip takes: words of a list end at blanks and quotes, an
    /// address has them as escapes.
    private mutating func located(_ target: String, _ line: Line) throws(PackageError) -> String {
        var path = target, fragment = ""
        if target.hasPrefix("file:") {
            let rest = target.dropFirst(5).prefix { $0 != "#" }
            fragment = String(target[rest.endIndex...])
            guard let bytes = PercentEncoding.decoded(String(rest)),
                let text = String(validating: bytes, as: UTF8.self)
            else { throw refusal(line, "'\(redacted(target))' is no address: a '%' and two hex digits expected") }
            path = text
            if path.hasPrefix("//") {
                let host = path.dropFirst(2).prefix { $0 != "/" }
                guard host.isEmpty || host.lowercased() == "localhost" else {
                    throw refusal(
                        line,
                        "'\(redacted(target))' names another machine; 'file:///' and a path expected"
                    )
                }
                path = String(path.dropFirst(2)[host.endIndex...])
            }
        }
        let real = try existing(path, line)
        guard fragment.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"'\"\\$".utf8.contains($0) }) else {
            throw refusal(line, "blanks or quotes stand behind the '#' of '\(redacted(target))'")
        }
        // A pipe or device would keep its reader waiting.
        if !Files.isFolder(real) {
            do {
                _ = try OpenFile(onDisk: real)
            } catch {
                throw refusal(line, "'\(redacted(target))' \(error.problem)")
            }
        }
        result.local.append(real)
        return "file://" + PercentEncoding.encodedPath(real) + fragment
    }

    /// pip reads words as a shell does; no value of these options has a blank or a quote.
    private func quoted(_ value: String, _ line: Line) throws(PackageError) -> String {
        guard !value.contains(where: { $0.isWhitespace || "'\"\\$#".contains($0) }) else {
            throw refusal(line, "no blanks, quotes, '\\', '#' or '$' may stand in '\(redacted(value))'")
        }
        return value
    }

    /// An option's address. pip reads its line anew: behind a blank another option would begin, which nobody
    /// judged.
    private mutating func optionsAddress(_ text: String, _ line: Line) throws(PackageError) -> String {
        for text in [text, try expand(text, line).expanded] {
            let isOneWord = text.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && !"'\"\\".unicodeScalars.contains($0)
            }
            guard isOneWord else {
                throw refusal(
                    line,
                    "no blanks, quotes or '\\' may stand in an address; write them as %20, %27, %22, %5C"
                )
            }
        }
        return try address(text, line)
    }

    /// An address as pip gets it, whose user, password and variables no message may show.
    private mutating func address(_ text: String, _ line: Line) throws(PackageError) -> String {
        let (written, expanded) = try expand(text, line)
        result.credentials.learn(from: expanded)
        guard result.credentials.count <= Self.credentialLimit else {
            throw refusal(
                line,
                "more than \(Self.credentialLimit) different users and passwords stand in addresses"
            )
        }
        return written
    }

    /// `${NAME}` as pip knows it. The value goes by the environment, under a name that is no setting of pip's.
    private mutating func expand(_ text: String, _ line: Line) throws(PackageError) -> (
        written: String, expanded: String
    ) {
        var written = "", expanded = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            written += rest[..<start.lowerBound]
            expanded += rest[..<start.lowerBound]
            let name = rest[start.upperBound...].prefix {
                $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_")
            }
            guard !name.isEmpty, rest[name.endIndex...].hasPrefix("}") else {
                written += "${"
                expanded += "${"
                rest = rest[start.upperBound...]
                continue
            }
            guard let value = environment[String(name)], !value.isEmpty else {
                throw refusal(line, "'${\(name)}' stands in it, but that variable is not set")
            }
            guard value.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else {
                throw refusal(line, "the value of '${\(name)}' has blanks or control characters")
            }
            let alias = "MSE_REQUIREMENT_\(name)"
            result.variables[alias] = value
            result.credentials.learn(value, named: String(name))
            written += "${\(alias)}"
            expanded += value
            rest = rest[rest.index(after: name.endIndex)...]
        }
        return (written + rest, expanded + rest)
    }

    // MARK: Refusals

    /// Of what a line holds, as it may stand in a message.
    private func redacted(_ text: String) -> String { result.credentials.redacted(text.printable()) }

    private func refusal(_ line: Line, _ problem: String) -> PackageError {
        .environment(
            "\(line.file.printable(limit: nil))\(line.number > 0 ? ": line \(line.number)" : ""): \(problem)"
        )
    }

    private func sources(_ line: Line, _ problem: String) -> PackageError {
        refusal(
            line,
            problem
                + """
                . Nothing is built while allow_sources in [package] of mse.toml is false: name a wheel, or set it \
                to true
                """
        )
    }
}

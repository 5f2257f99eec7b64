internal import Files
internal import Notation
internal import PackageFormat

/// Why pip ended without what was wanted: what is known in words of ours, with the user's own files and lines; the rest
/// as a quotation, bounded, and without the folders that pip worked in.
struct PipFailure {
    /// Such as "resolve the requirements".
    let purpose: String
    let requirements: Requirements
    /// Of the user's pip, as it was given them.
    let settings: [String: String]
    let allowsSources: Bool
    /// Of what archives hold.
    let limits: WheelLimits
    /// Names of what Python brings itself.
    let standardModules: Set<String>
    /// The folder that pip worked in.
    let work: String
    private let credentials: Credentials
    /// Of its output, for a quotation alone.
    private let lines: [String]
    /// Errors, and the reasons of a conflict.
    private let records: [PipRecord]

    private static let quotedLines = 12, quotedWidth = 300, listed = 10

    /// - Parameters:
    ///   - output: what pip printed; it is quoted where nothing is known, and believed in nothing.
    ///   - records: what tells the kind of a failure, by templates of pip's own and by the beginnings of its messages.
    ///   - credentials: what is shown of neither.
    init(
        output: String,
        records: [PipRecord],
        purpose: String,
        requirements: Requirements,
        credentials: Credentials,
        settings: [String: String],
        allowsSources: Bool,
        limits: WheelLimits = .ofThisMachine,
        standardModules: Set<String> = [],
        work: String
    ) {
        self.purpose = purpose
        self.requirements = requirements
        self.settings = settings
        self.allowsSources = allowsSources
        self.limits = limits
        self.standardModules = standardModules
        self.work = work
        self.credentials = credentials
        lines = Self.lines(output)
        self.records = records.filter { $0.level >= 40 || $0.isConflict }
    }

    /// Without bars of progress and what they were drawn over, and of a traceback what it ends with.
    private static func lines(_ output: String) -> [String] {
        var isInTraceback = false
        return output.unicodeScalars.split(separator: "\n").compactMap { whole in
            let line = whole.split(separator: "\r").last.map { String($0) } ?? ""
            if line.hasPrefix("Traceback") {
                isInTraceback = true
                return nil
            }
            if isInTraceback, line.first?.isWhitespace == true { return nil }
            isInTraceback = false
            guard !line.allSatisfy(\.isWhitespace), !line.contains("━"), !line.contains("[notice]") else { return nil }
            return line
        }
    }

    /// The message.
    var problem: String { "can't \(purpose): " + (refused ?? known ?? quotation) }

    private var known: String? {
        conflict ?? hashMismatch ?? hashesMissing ?? missing ?? otherPython ?? otherPlatform ?? damaged ?? answer
            ?? source ?? invalid
    }

    // MARK: Refusals of ours

    private var refused: String? {
        if let parts = details(of: .tooLarge) { return limits.problem("an archive", with: shown(parts.first ?? "")) }
        guard !allowsSources else { return nil }
        if let parts = details(of: .directReference), parts.count == 3 {
            let wanted = shown(parts[0])
            return "\(shown(parts[1]))\(parts[2].isEmpty ? "" : " (\(shown(parts[2])))") depends on '\(wanted)': "
                + "an address that neither your requirements nor an index names, so nothing was fetched from it. "
                + "Where it is a wheel that you trust, add the line '\(wanted)' to your requirements; else name a "
                + "version without it, or set allow_sources = true in [package] of mse.toml, and whatever it is gets "
                + "built"
        }
        if let parts = details(of: .sourceArchive) {
            return "\(shown(parts.first ?? "")) is a source archive, and was not unpacked" + sourcesAdvice
        }
        if let parts = details(of: .outsideWrite) {
            return "something of it would write to \(shown(parts.first ?? "")), outside of its own folder; nothing was "
                + "written there. Whoever publishes it should know; name versions that don't"
        }
        // It ended before pip began.
        if records.isEmpty,
            let version = lines.first.flatMap({ Self.text(after: PipGuard.Refusal.unknownPip.rawValue, in: $0) })
        {
            return
                "this Python brings pip \(shown(version)), which can't be kept from unpacking source archives; pip "
                + "23 to 25 is known to be kept from it"
        }
        return nil
    }

    /// What a refusal names, which is the end of its message.
    private func details(of refusal: PipGuard.Refusal) -> [String]? {
        let error = refusal == .outsideWrite ? "PermissionError" : "InstallationError"
        for record in records where record.error == error {
            guard let rest = Self.text(after: refusal.rawValue, in: record.text) else { continue }
            guard let node = try? JSON.read(Array(rest.utf8)) else { return [] }
            switch node.value {
            case .string(let text): return [text]
            case .array(let items):
                return items.map { item in
                    if case .string(let text) = item.value { text } else { "" }
                }
            default: return []
            }
        }
        return nil
    }

    // MARK: Kinds

    /// Requirements that contradict each other, each with who makes it.
    private var conflict: String? {
        guard record("ResolutionImpossible") != nil || record("Cannot install %s because") != nil else { return nil }
        let block = records.first(where: \.isConflict).map { Self.lines($0.text).dropFirst() } ?? []
        var sides: [String] = []
        for line in block.prefix(while: { $0.first?.isWhitespace == true }).map({ Self.trimmed($0) }) {
            let side: String
            if let wanted = Self.text(after: "The user requested (constraint) ", in: line) {
                side = "\(subject(of: wanted, "a constraint")) allows only \(shown(wanted))"
            } else if let wanted = Self.text(after: "The user requested ", in: line) {
                side = "\(subject(of: wanted, "a requirement")) asks for \(shown(wanted))"
            } else if let range = line.firstRange(of: " depends on ") {
                side = "\(shown(String(line[..<range.lowerBound]))) needs \(shown(String(line[range.upperBound...])))"
            } else {
                continue
            }
            if !sides.contains(side) { sides.append(side) }
        }
        if sides.isEmpty {
            let names = record("Cannot install %s because")?.arguments.first
            sides = [names.map { "of \(shown(bare($0)))" } ?? "pip doesn't say which"]
        }
        return "requirements contradict each other: \(Self.list(sides, "; ")). Change one of them so that both can hold"
    }

    private var hashMismatch: String? {
        guard let record = record("THESE PACKAGES DO NOT MATCH THE HASHES") else { return nil }
        var found: [String] = []
        var subject = "an archive"
        var expected: [String] = []
        for line in Self.lines(record.text).dropFirst().map({ Self.trimmed($0) }) {
            if let hash = Self.text(after: "Expected ", in: line) ?? Self.text(after: "or ", in: line) {
                expected.append(String(hash.split(separator: " ").last ?? ""))
            } else if let hash = Self.text(after: "Got ", in: line) {
                found.append(
                    "\(subject): \(expected.joined(separator: " or ")) expected, found \(Self.trimmed(hash))"
                )
                expected = []
            } else if line.contains(" from ") || line.hasSuffix(":") {
                subject = shown(bare(Self.text(before: " from ", in: line)))
            }
        }
        return "what was downloaded has another hash than --hash names: \(Self.list(found, "; "))."
            + " Either the list is out of date, or this isn't what it was made for"
    }

    private var hashesMissing: String? {
        guard let record = record("Hashes are required in --require-hashes mode") ?? record("In --require-hashes mode")
        else { return nil }
        let names = Self.lines(record.text).filter { $0.first?.isWhitespace == true }.map {
            shown(bare(Self.text(before: " --hash", in: Self.text(before: " from ", in: Self.trimmed($0)))))
        }
        return
            "where one requirement has --hash (or --require-hashes stands), all need a version with == and a --hash; "
            + "these don't: \(Self.list(names, ", "))"
    }

    /// Nobody has it, or nobody was asked.
    private var missing: String? {
        let unfound = "Could not find a version that satisfies the requirement ",
            none = "No matching distribution found for "
        guard
            let rest = record(unfound + "%s")?.text.dropFirst(unfound.count) ?? record(none)?.text.dropFirst(none.count)
        else { return nil }
        let first = String(rest.prefix { $0 != "\n" })
        return missing(first)
    }

    /// - Parameter rest: the requirement, and what pip says behind it.
    private func missing(_ rest: String) -> String {
        let subject = shown(bare(Self.text(before: " (from", in: rest)))
        let stated = place(in: rest) ?? placeOf(bare(Self.text(before: " (from", in: rest)))
        let wanted = stated.map { "\(subject) (\($0))" } ?? subject
        let versions = Self.text(after: "(from versions: ", in: rest).map { Self.text(before: ")", in: $0) }
        let name = subject.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        if versions == nil || versions == "none", standardModules.contains(String(name)) {
            return "\(wanted) is no package but a module of Python's own, which is there anyway: take the line out"
        }
        if let origin = noIndex {
            return "\(wanted) isn't where --find-links leads, and no index is asked, since \(origin): "
                + "take that away, or name with --find-links a folder that has it" + sourcesAdvice
        }
        var text = "no \(allowsSources ? "archive" : "wheel") of \(wanted) is found for this Python"
        if let versions, versions != "none" {
            let all = versions.split(separator: ",").map { Self.trimmed(String($0)) }
            text +=
                "; there are \(all.count > Self.listed ? "…, " : "")"
                + all.suffix(Self.listed).map { $0.printable(limit: 40) }.joined(separator: ", ")
        } else {
            text += ": its name isn't right, or the index doesn't have it"
        }
        if let others = record("Ignored the following versions that require a different python version: %s")?.arguments
            .first, others != "none"
        {
            text += " (others need another Python: \(others.printable(limit: 160)))"
        }
        return text + sourcesAdvice
    }

    private var noIndex: String? {
        if requirements.options.contains("--no-index") { return "--no-index stands in the list of requirements" }
        guard let value = settings["no-index"]?.lowercased(), ["1", "true", "yes", "on", "y", "t"].contains(value)
        else { return nil }
        return "no-index is set in pip's settings (PIP_NO_INDEX or pip.conf)"
    }

    private var otherPython: String? {
        guard let record = record("Package "), record.head.contains(" requires a different Python: ") else {
            return nil
        }
        let parts = record.head.components("requires a different Python: ")
        let name = Self.text(after: "Package ", in: parts.0) ?? parts.0
        return "\(shown(Self.trimmed(name).filter { $0 != "'" })) needs another Python: \(shown(parts.1))"
    }

    private var otherPlatform: String? {
        let mark = " is not a supported wheel on this platform."
        guard let record = records.first(where: { $0.arguments.isEmpty && $0.head.hasSuffix(mark) }) else { return nil }
        let name = String(record.head.dropLast(mark.count))
        return "\(shown(bare(name))) is a wheel for another Python or another machine"
    }

    private var damaged: String? {
        for mark in [
            " is invalid", "has an invalid wheel", "BadZipFile", "File is not a zip file", "inconsistent name",
        ] {
            guard let line = records.first(where: { $0.template.contains(mark) || $0.head.contains(mark) })?.head,
                line.contains("heel") || line.contains("zip") || line.contains("inconsistent")
            else { continue }
            return "an archive is damaged, or isn't what its name says: \(shown(line))"
        }
        return nil
    }

    /// Of an index or another server.
    private var answer: String? {
        guard let record = record("HTTP error ") else { return nil }
        let rest = record.head.dropFirst("HTTP error ".count)
        let status = rest.prefix { $0.isNumber }
        let address = Self.text(after: " while getting ", in: String(rest)).map {
            shown(Self.text(before: " ", in: $0))
        }
        return "\(address ?? "an index") answers with status \(status)"
            + (status == "401" || status == "403" ? ": it wants another user or password" : "")
    }

    private var source: String? {
        let isRefused = records.contains {
            $0.error == "PermissionError" && $0.text.contains(PipGuard.Refusal.program.rawValue)
        }
        let isBuilt = records.contains { one in
            one.template == "[present-rich] %s" && one.text.contains("metadata-generation-failed")
                || ["Failed to build", "Failed building"].contains { one.template.hasPrefix($0) }
        }
        guard !allowsSources, isRefused || isBuilt else { return nil }
        return "something of it is a source archive, and building it would run its code" + sourcesAdvice
    }

    private var invalid: String? {
        guard let record = record("Invalid requirement: ") else { return nil }
        let rest = String(record.head.dropFirst("Invalid requirement: ".count))
        let quote = rest.first.flatMap { "'\"".contains($0) ? $0 : nil }
        let text =
            quote.map { quote in String(rest.dropFirst().prefix { $0 != quote }) } ?? Self.text(before: ":", in: rest)
        return (place(in: rest) ?? placeOf(text)).map { "\($0): " }.map { $0 + "'\(shown(text))' is no requirement" }
            ?? "'\(shown(text))' is no requirement: name==version, a wheel's path or its address expected"
    }

    /// Only where wheels of another version or origin can mend it.
    private var sourcesAdvice: String {
        allowsSources
            ? ""
            : """
            . Only wheels are taken while allow_sources in [package] of mse.toml is false, and nothing is built or \
            run: 
            """
                + "name versions that have wheels, build a wheel yourself ('pip wheel') and name its path, or set "
                + "allow_sources = true"
    }

    /// What isn't known, each of its lines behind a bar: none can pass for one of ours.
    private var quotation: String {
        "pip says:" + lines.suffix(Self.quotedLines).map { "\n  | " + shown($0) }.joined()
            + (allowsSources && lines.contains { $0.contains("Permission denied") || $0.contains("EACCES") }
                ? "\nWhat is built may write in a folder of its own alone, and where TMPDIR says" : "")
    }

    // MARK: Text

    /// The first whose template begins like this. What strangers say stands behind it, or in arguments.
    private func record(_ beginning: String) -> PipRecord? { records.first { $0.template.hasPrefix(beginning) } }

    /// Bounded, printable, without users and passwords, and without paths of copies.
    private func shown(_ text: String) -> String {
        credentials.redacted(withoutWork(text)).printable(limit: Self.quotedWidth)
    }

    /// The lists that pip reads are copies; what they say stands elsewhere.
    private func withoutWork(_ text: String) -> String {
        var text = text
        for folder in Set([work, (try? Files.resolved(work)) ?? work]) where folder.utf8.count > 1 {
            for path in [folder, PercentEncoding.encodedPath(folder)] {
                text = Self.replacing(in: text, "-r \(path)/\(PipLists.requirements) (line ") {
                    requirements.place(ofLine: $0).map { "\($0)" }
                }
                text = Self.replacing(in: text, "-c \(path)/\(PipLists.constraints) (line ") {
                    requirements.place(ofConstraint: $0).map { "\($0)" }
                }
                text = text.replacing("-r \(path)/\(PipLists.requirements)", with: "the requirements")
                    .replacing("file://\(path)/archives/", with: "").replacing("\(path)/archives/", with: "")
                    .replacing("file://\(path)/", with: "").replacing("\(path)/", with: "").replacing(path, with: "")
            }
        }
        return text
    }

    /// `mark` and a number and `)`, by what the number means.
    private static func replacing(in text: String, _ mark: String, _ meaning: (Int) -> String?) -> String {
        var result = ""
        var rest = text[...]
        while let range = rest.firstRange(of: mark) {
            result += rest[..<range.lowerBound]
            let digits = rest[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
            result += Int(digits).flatMap(meaning) ?? "the requirements"
            rest = rest[digits.endIndex...].dropFirst()
        }
        return result + rest
    }

    /// The user's file and line that pip's own text names.
    private func place(in text: String) -> String? {
        guard let range = text.firstRange(of: "(line ") ?? text.firstRange(of: "from line ") else { return nil }
        let digits = text[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
        let isConstraint = text[..<range.lowerBound].contains("-c ")
        return Int(digits).flatMap {
            isConstraint ? requirements.place(ofConstraint: $0) : requirements.place(ofLine: $0)
        }.map { "\($0)" }
    }

    private func placeOf(_ wanted: String) -> String? { requirements.place(of: wanted).map { "\($0)" } }
    private func subject(of wanted: String, _ unknown: String) -> String { placeOf(bare(wanted)) ?? unknown }

    /// A requirement without where pip read it.
    private func bare(_ text: String) -> String {
        Self.trimmed(Self.text(before: " (from ", in: Self.text(before: " (line ", in: text)).filter { $0 != "\"" })
    }

    private static func list(_ parts: [String], _ separator: String) -> String {
        parts.prefix(listed).joined(separator: separator)
            + (parts.count > listed ? "\(separator)and \(parts.count - listed) more" : "")
    }

    private static func text(after mark: String, in text: String) -> String? {
        text.firstRange(of: mark).map { String(text[$0.upperBound...]) }
    }

    private static func text(before mark: String, in text: String) -> String {
        text.firstRange(of: mark).map { String(text[..<$0.lowerBound]) } ?? text
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

/// The names of the lists that pip is given.
enum PipLists {
    static let requirements = "requirements.txt", constraints = "constraints.txt"
}

extension PipRecord {
    /// Its first line.
    fileprivate var head: String { String(text.prefix { $0 != "\n" }) }

    /// What says why requirements contradict each other, though it is no error by itself.
    fileprivate var isConflict: Bool { arguments.isEmpty && template.hasPrefix("\nThe conflict is caused by:") }
}

extension String {
    /// What stands before a mark, and what behind it.
    fileprivate func components(_ mark: String) -> (String, String) {
        guard let range = firstRange(of: mark) else { return (self, "") }
        return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
    }
}

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
    /// The folder that pip worked in.
    let work: String
    private let lines: [String]
    /// What pip wrote into its log, where it says more than on its output.
    private let log: [String]

    private static let quotedLines = 12, quotedWidth = 300, listed = 10

    /// - Parameter log: the text of pip's log, each line behind a time.
    init(
        output: String,
        log: String = "",
        purpose: String,
        requirements: Requirements,
        settings: [String: String],
        allowsSources: Bool,
        work: String
    ) {
        self.purpose = purpose
        self.requirements = requirements
        self.settings = settings
        self.allowsSources = allowsSources
        self.work = work
        lines = Self.lines(output)
        self.log = log.unicodeScalars.split(separator: "\n").map { line in
            let isTimed = line.first?.properties.numericType != nil
            return String(isTimed ? line.drop { $0 != " " }.dropFirst() : line)
        }
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
    var problem: String { "can't \(purpose): " + (known ?? quotation) }

    private var known: String? {
        conflict ?? hashMismatch ?? hashesMissing ?? missing ?? otherPython ?? otherPlatform ?? damaged ?? answer
            ?? source ?? invalid
    }

    // MARK: Kinds

    /// Requirements that contradict each other, each with who makes it.
    private var conflict: String? {
        guard has("ResolutionImpossible") || has("have conflicting dependencies") else { return nil }
        let block = (lines + log).drop { !$0.contains("The conflict is caused by:") }.dropFirst()
            .prefix { $0.first?.isWhitespace == true }
        var sides: [String] = []
        for line in block.map({ Self.trimmed($0) }) {
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
            let names = lines.compactMap { Self.text(after: "Cannot install ", in: $0) }.first
                .map { Self.text(before: " because ", in: $0) }
            sides = [names.map { "of \(shown(bare($0)))" } ?? "pip doesn't say which"]
        }
        return "requirements contradict each other: \(Self.list(sides, "; ")). Change one of them so that both can hold"
    }

    private var hashMismatch: String? {
        guard has("DO NOT MATCH THE HASHES") || has("Hashes don't match") else { return nil }
        var found: [String] = []
        var subject = "an archive"
        var expected: [String] = []
        for line in lines.map({ Self.trimmed($0) }) {
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
        guard has("Hashes are required in --require-hashes mode") || has("In --require-hashes mode") else { return nil }
        let names = lines.filter { $0.first?.isWhitespace == true }.map {
            shown(bare(Self.text(before: " --hash", in: Self.text(before: " from ", in: Self.trimmed($0)))))
        }
        return
            "where one requirement has --hash (or --require-hashes stands), all need a version with == and a --hash; "
            + "these don't: \(Self.list(names, ", "))"
    }

    /// Nobody has it, or nobody was asked.
    private var missing: String? {
        let marks = [
            "Could not find a version that satisfies the requirement ", "No matching distribution found for ",
        ]
        guard let line = lines.first(where: { line in marks.contains { line.contains($0) } }),
            let rest = marks.compactMap({ Self.text(after: $0, in: line) }).first
        else { return nil }
        let subject = shown(bare(Self.text(before: " (from", in: rest)))
        let stated = place(in: rest) ?? placeOf(bare(Self.text(before: " (from", in: rest)))
        let wanted = stated.map { "\(subject) (\($0))" } ?? subject
        if let origin = noIndex {
            return "\(wanted) isn't where --find-links leads, and no index is asked, since \(origin): "
                + "take that away, or name with --find-links a folder that has it" + sourcesAdvice
        }
        var text = "no \(allowsSources ? "archive" : "wheel") of \(wanted) is found for this Python"
        let versions = Self.text(after: "(from versions: ", in: rest).map { Self.text(before: ")", in: $0) }
        if let versions, versions != "none" {
            let all = versions.split(separator: ",").map { Self.trimmed(String($0)) }
            text +=
                "; there are \(all.count > Self.listed ? "…, " : "")"
                + all.suffix(Self.listed).map { NotationError.printable($0, limit: 40) }.joined(separator: ", ")
        } else {
            text += "; is its name right, and does the index have it?"
        }
        if let others = lines.compactMap({ Self.text(after: "require a different python version: ", in: $0) }).first {
            text += " (others need another Python: \(NotationError.printable(others, limit: 160)))"
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
        guard let line = first("requires a different Python: ") else { return nil }
        let parts = line.components("requires a different Python: ")
        let name = Self.text(after: "Package ", in: parts.0) ?? parts.0
        return "\(shown(Self.trimmed(name).filter { $0 != "'" })) needs another Python: \(shown(parts.1))"
    }

    private var otherPlatform: String? {
        guard let line = first(" is not a supported wheel on this platform") else { return nil }
        let name = Self.text(before: " is not a supported wheel", in: withoutMark(line))
        return "\(shown(bare(name))) is a wheel for another Python or another machine"
    }

    private var damaged: String? {
        for mark in [
            " is invalid", "has an invalid wheel", "BadZipFile", "File is not a zip file", "inconsistent name",
        ] {
            guard let line = first(mark), !line.contains("Invalid requirement"),
                line.contains("heel") || line.contains("zip") || line.contains("inconsistent")
            else { continue }
            return "an archive is damaged, or isn't what its name says: \(shown(withoutMark(line)))"
        }
        return nil
    }

    /// Of an index or another server.
    private var answer: String? {
        guard let line = first("HTTP error ") else { return nil }
        let rest = line.components("HTTP error ").1
        let status = rest.prefix { $0.isNumber }
        let address = Self.text(after: " while getting ", in: rest).map { shown(Self.text(before: " ", in: $0)) }
        return "\(address ?? "an index") answers with status \(status)"
            + (status == "401" || status == "403" ? ": it wants another user or password" : "")
    }

    private var source: String? {
        let marks = ["no program may be started", "metadata-generation-failed", "Failed to build", "Failed building"]
        guard !allowsSources, marks.contains(where: has) else { return nil }
        return "something of it is a source archive, and building it would run its code" + sourcesAdvice
    }

    private var invalid: String? {
        guard let line = first("Invalid requirement: ") else { return nil }
        let rest = line.components("Invalid requirement: ").1
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
            : ". Only wheels are taken while allow_sources in [package] of mse.toml is false, and nothing is built or run: "
                + "name versions that have wheels, build a wheel yourself ('pip wheel') and name its path, or set "
                + "allow_sources = true"
    }

    /// What isn't known, each of its lines behind a bar: none can pass for one of ours.
    private var quotation: String {
        "pip says:" + lines.suffix(Self.quotedLines).map { "\n  | " + shown($0) }.joined()
    }

    // MARK: Text

    private func has(_ mark: String) -> Bool { lines.contains { $0.contains(mark) } }
    private func first(_ mark: String) -> String? { lines.first { $0.contains(mark) } }

    private func withoutMark(_ line: String) -> String { Self.text(after: "ERROR: ", in: line) ?? line }

    /// Bounded, printable, without users and passwords, and without paths of copies.
    private func shown(_ text: String) -> String {
        NotationError.printable(requirements.credentials.redacted(withoutWork(text)), limit: Self.quotedWidth)
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

extension String {
    /// What stands before a mark, and what behind it.
    fileprivate func components(_ mark: String) -> (String, String) {
        guard let range = firstRange(of: mark) else { return (self, "") }
        return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
    }
}

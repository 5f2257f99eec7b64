internal import Files
package import Notation

/// Intel's `sgx_default_qcnl.conf`: which service the machine's own quoting and verifying libraries ask.
///
/// Read in both of its forms: JSON with comments and loose commas, and the `KEY=value` lines of before 2021. What isn't
/// understood is an error with file and line, never another service.
package struct ProviderConfiguration: Hashable, Sendable {
    package static let path = "/etc/sgx_default_qcnl.conf"
    /// Names another file, for Intel's library as for this one.
    package static let variable = "QCNL_CONF_PATH"
    private static let byteLimit = 1 << 16

    /// `collateral_service` where it is given, else `pccs_url`.
    package let service: String
    /// False asks for TLS without verification, which isn't done here.
    package let usesSecureCertificate: Bool
    /// `retry_times` and `retry_delay` (seconds), within bounds; the usual ones where they aren't given.
    package let retry: RetryPolicy

    /// Nobody is asked more often, nor waited for longer, whatever stands in the file.
    private static let retryLimit = 10, delayLimit = 60

    /// The file that the environment names, else the usual one.
    /// - Returns: nil when there is none.
    package init?(environment: [String: String]) throws(CollateralError) {
        let named = environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 }
        let path = named ?? Self.path
        if named == nil, !Files.exists(path) { return nil }
        let place = named == nil ? path : "\(Self.variable) \(path)"
        do {
            try self.init(try Files.read(path, limit: Self.byteLimit))
        } catch {
            throw .wrapping(error, source: place, mend: .nameSource)
        }
    }

    /// - Throws: `NotationError` with the line of what isn't understood.
    package init(_ bytes: [UInt8]) throws(NotationError) {
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        let json = LooseJSON(bytes)
        let entries = json.isObject ? try json.members() : try Self.lines(bytes)
        var known = Entries(entries)
        let collateral = try known.address("collateral_service"), caching = try known.address("pccs_url")
        usesSecureCertificate = try known.boolean("use_secure_cert") ?? true
        retry = Self.retry(times: try known.count("retry_times"), delay: try known.count("retry_delay"))
        // Understood, and not followed: they are about PCK certificates or Intel's own caches.
        for name in [
            "pccs_api_version", "local_pck_url", "pck_cache_expire_hours",
            "verify_collateral_cache_expire_hours", "custom_request_options", "local_cache_only",
        ] {
            _ = known.take(name)
        }
        if let edition = try known.text("tcb_update_type"), edition.value.lowercased() != "standard" {
            throw NotationError(
                at: edition.place,
                member: "tcb_update_type",
                "only 'standard' is followed from here; earlier data is to be asked for where it is fetched"
            )
        }
        try known.finish()
        guard let service = collateral ?? caching else {
            throw NotationError(at: .none, "names no service: 'collateral_service' or 'pccs_url' expected")
        }
        self.service = service
    }

    private static func retry(times: Int?, delay: Int?) -> RetryPolicy {
        var policy = RetryPolicy()
        if let times { policy.attempts = 1 + min(times, retryLimit) }
        if let delay {
            // The same wait each time, as Intel's library does.
            policy.delay = .seconds(min(delay, delayLimit))
            policy.longest = policy.delay
        }
        return policy
    }

    /// What stands in the file, in either form.
    private struct Entries {
        private var all: [(name: String, node: Node, place: Place)]
        private var asked: [String] = []

        init(_ all: [(name: String, node: Node, place: Place)]) { self.all = all }

        mutating func take(_ name: String) -> Node? {
            asked.append(name)
            guard let index = all.firstIndex(where: { ExactText($0.name) == ExactText(name) }) else { return nil }
            return all.remove(at: index).node
        }

        mutating func text(_ name: String) throws(NotationError) -> (value: String, place: Place)? {
            guard let node = take(name) else { return nil }
            guard case .string(let text) = node.value else {
                throw NotationError(at: node.place, member: name, "a string expected, found \(node.kind)")
            }
            return (text, node.place)
        }

        mutating func address(_ name: String) throws(NotationError) -> String? {
            guard let (text, place) = try text(name) else { return nil }
            let rest = ["https://", "http://"].first { text.lowercased().hasPrefix($0) }.map {
                text.dropFirst($0.count)
            }
            guard let rest, let first = rest.utf8.first, first != UInt8(ascii: "/"),
                text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else {
                throw NotationError(
                    at: place,
                    member: name,
                    """
                    an address such as https://localhost:8081/sgx/certification/v4/ expected, found \
                    '\(text.printable())'
                    """
                )
            }
            return text
        }

        /// A number from zero on, in either form.
        mutating func count(_ name: String) throws(NotationError) -> Int? {
            guard let node = take(name) else { return nil }
            let digits: String? =
                switch node.value {
                case .number(let text), .string(let text): text
                default: nil
                }
            guard let digits, digits.utf8.count <= 9, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let count = Int(digits)
            else {
                throw NotationError(at: node.place, member: name, "a number of at most nine digits expected")
            }
            return count
        }

        mutating func boolean(_ name: String) throws(NotationError) -> Bool? {
            guard let node = take(name) else { return nil }
            switch node.value {
            case .boolean(let value): return value
            case .string(let text) where text.lowercased() == "true": return true
            case .string(let text) where text.lowercased() == "false": return false
            default: throw NotationError(at: node.place, member: name, "true or false expected")
            }
        }

        func finish() throws(NotationError) {
            guard let unknown = all.first else { return }
            let sameLetters = asked.first { $0 == unknown.name.lowercased() }
            throw NotationError(
                at: unknown.place,
                member: unknown.name,
                "is unknown here"
                    + (sameLetters.map { "; did you mean '\($0)'?" } ?? "; known are \(asked.joined(separator: ", "))")
            )
        }
    }

    // MARK: Lines

    /// The names in lower case, as the JSON form has them.
    private static func lines(_ bytes: [UInt8]) throws(NotationError) -> [(name: String, node: Node, place: Place)] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PlainText.invalid(bytes[...])
        }
        var entries: [(name: String, node: Node, place: Place)] = []
        var names: Set<ExactText> = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let place = Place(line: index + 1, column: 1)
            let bare = line.trimmingPrefix(while: \.isWhitespace)
            if bare.isEmpty || bare.first == "#" { continue }
            guard let equals = bare.firstIndex(of: "=") else {
                throw NotationError(at: place, "'NAME=value' or a comment with '#' expected")
            }
            let name = String(bare[..<equals].filter { !$0.isWhitespace })
            guard name.utf8.allSatisfy({ (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") }), !name.isEmpty else {
                throw NotationError(at: place, member: name, "names of this form are in upper case")
            }
            guard names.insert(ExactText(name)).inserted else {
                throw NotationError(at: place, member: name, "stands twice")
            }
            // A comment behind the value begins with a blank.
            let value = bare[bare.index(after: equals)...].split(whereSeparator: \.isWhitespace)
            guard value.count <= 1 || value[1].first == "#" else {
                throw NotationError(at: place, member: name, "one value expected")
            }
            let first = value.first.map { $0.first == "#" ? "" : String($0) } ?? ""
            // Until 2019 the service was called PCS.
            entries.append(
                (name == "PCS_URL" ? "pccs_url" : name.lowercased(), Node(.string(unquoted(first)), at: place), place)
            )
        }
        return entries
    }

    private static func unquoted(_ text: String) -> String {
        text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    }
}

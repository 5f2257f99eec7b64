internal import Files
internal import Notation
internal import Processes

/// What of the user's settings of pip says where packages come from, looked at before pip takes what means nothing to
/// it for nothing.
enum PipSettings {
    /// - Returns: which setting names an index that can't be asked, why, and where it stands.
    static func problem(_ settings: [String: String], _ requirements: Requirements) -> String? {
        // A list's own index is asked in the place of the settings'.
        let isReplaced = requirements.options.contains { $0.hasPrefix("--index-url=") }
        for name in ["index-url", "extra-index-url"] where name != "index-url" || !isReplaced {
            for word in (settings[name] ?? "").split(whereSeparator: \.isWhitespace) {
                guard let problem = indexProblem(String(word)) else { continue }
                return "pip's setting \(name), from \(origin(name, settings[name])), \(problem)"
            }
        }
        return nil
    }

    private static func origin(_ name: String, _ value: String?) -> String {
        let variable = "PIP_" + name.uppercased().replacing("-", with: "_")
        return ProgramRun.inheritedVariables[variable] == value
            ? "the variable \(variable)" : "its configuration ('pip config debug' names the files)"
    }

    /// Users and passwords aren't repeated.
    /// - Returns: nil for an address that can be asked, and for a folder of this machine.
    static func indexProblem(_ text: String) -> String? {
        let shown = String(text.split(separator: "@").last ?? "").printable(limit: nil)
        let scheme = text.firstRange(of: ":").map { text[..<$0.lowerBound].lowercased() } ?? ""
        if scheme == "file" || Files.isFolder(text) { return nil }
        guard scheme == "http" || scheme == "https" else {
            let isOther = text.contains("://") && !scheme.isEmpty
            return isOther
                ? "says '\(shown)', and '\(scheme.printable(limit: nil))' isn't spoken: https:// or http:// expected"
                : "says '\(shown)', which is no address: https:// and a host, or a folder that is there, expected"
        }
        let rest = text.dropFirst(scheme.count + 1)
        guard rest.hasPrefix("//"), let first = rest.dropFirst(2).first, !"/?#".contains(first) else {
            return "says '\(shown)', which names no host: https://host/path expected"
        }
        return nil
    }
}

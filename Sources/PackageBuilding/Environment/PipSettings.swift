internal import Files
internal import Notation
internal import PackageFormat
internal import Processes

/// What of the user's settings of pip says where packages come from: read, and looked at before pip takes what means
/// nothing to it for nothing.
enum PipSettings {
    /// Settings of the user's that say where packages come from; all others would say what is installed, and where to.
    private static let names: Set<String> = [
        "index-url",
        "extra-index-url",
        "find-links",
        "no-index",
        "trusted-host",
        "cert",
        "client-cert",
        "proxy",
        "timeout",
        "default-timeout",
        "retries",
        "pre",
        "prefer-binary",
        "constraint",
        "require-hashes",
        "cache-dir",
        "no-cache-dir",
    ]

    /// What `pip config list` says, as JSON: a command's own setting before the general one, the environment's before
    /// both.
    private static let configured = """
        import ast, json, os, subprocess, sys
        run = subprocess.run([sys.executable, "-I", "-m", "pip", "config", "list"], capture_output=True, text=True)
        if run.returncode:
            from pip._internal.configuration import get_configuration_files
            named = [path for paths in get_configuration_files().values() for path in paths]
            named.append(os.environ.get("PIP_CONFIG_FILE", ""))
            present = " ".join(dict.fromkeys(path for path in named if os.path.isfile(path)))
            words = " ".join((run.stderr or run.stdout).split())[-500:]
            sys.exit(f"{words} (looked at: {present or 'variables PIP_*'})")
        listing = run.stdout
        found = {}
        for rank, section in enumerate(("global", "download", "install", ":env:")):
            for line in listing.splitlines():
                name, equals, value = line.partition("=")
                if equals and name.startswith(section + "."):
                    found[name[len(section) + 1:].replace("_", "-")] = str(ast.literal_eval(value))
        print(json.dumps(found))
        """

    /// - Parameters:
    ///   - python: the interpreter of pip's environment.
    ///   - others: variables for this one look.
    /// - Throws: `PackageError` with what in which file can't be read.
    static func read(by python: String, with others: [String: String] = [:]) throws(PackageError) -> [String: String] {
        // A setting 'user = true' would have pip's own listing look into the user's file alone; the environment's word
        // beats it. With another interpreter it would run itself there.
        let whole: [String: String?] = ["PIP_USER": "0", "PIP_GLOBAL": "0", "PIP_SITE": "0", "PIP_PYTHON": nil]
        let result = try PipEnvironment.program(
            python,
            ["-I", "-c", configured],
            variables: whole.merging(others.mapValues { $0 }) { $1 }
        )
        do {
            guard result.status == 0, case .object(let members) = try JSON.read(Array(result.output.utf8)).value else {
                let words = result.output.suffix(2000).split(whereSeparator: \.isWhitespace).joined(separator: " ")
                var credentials = Credentials()
                credentials.learn(from: result.output)
                throw PackageError.environment(
                    "pip's settings can't be read: \(credentials.redacted(words).printable(limit: nil))"
                )
            }
            return members.reduce(into: [:]) { found, member in
                if case .string(let text) = member.node.value, names.contains(member.name) {
                    found[member.name] = text
                }
            }
        } catch {
            throw error as? PackageError ?? .environment("pip's settings can't be read: \(error)")
        }
    }

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

internal import CodeEncryption
internal import Files
internal import Notation

/// What of an installed environment ships: no byte code beside its source, no scripts with this machine's paths, no
/// traces of the installation.
enum InstalledEnvironment {
    static func files(_ site: String) throws(CodeError) -> [CodeTree.File] {
        let files = try CodeTree(site, ignoring: IgnoreList(patterns: ["__pycache__"])).files
        let paths = Set(files.map { ExactText($0.path) })
        return files.filter { file in
            let name = Files.split(file.path).name, path = ExactText(file.path)
            // Some wheels have modules without their source.
            let isByteCode = path.hasSuffix(".pyc") && paths.contains(ExactText(String(file.path.dropLast())))
            return !isByteCode && !path.hasPrefix("bin/") && name != "direct_url.json" && name != "REQUESTED"
                && name != "INSTALLER"
        }
    }

    /// `RECORD` lists scripts and byte code that don't ship; its own order depends on the installation.
    static func record(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).filter { line in
            let path = ExactText(String(line.unicodeScalars.prefix { $0 != "," }))
            return !path.hasPrefix("../") && !path.hasPrefix("bin/") && !path.contains("__pycache__")
                && !path.hasSuffix("direct_url.json")
                && !path.hasSuffix("/REQUESTED") && !path.hasSuffix("/INSTALLER")
        }
        return lines.map { ExactText(String($0)) }.sorted().map { $0.text + "\n" }.joined()
    }
}

public import CodeEncryption
internal import Files
internal import Notation

/// What a project says about its own files.
public enum ProjectFiles {
    /// The patterns of a code folder's `.mseignore`.
    /// - Parameter notes: gets a line for each pattern that can't mean what it says.
    public static func ignoreList(_ folder: String, _ notes: inout [String]) throws(PackageError) -> IgnoreList {
        let path = folder + "/" + IgnoreList.fileName
        guard Files.exists(path) else { return IgnoreList() }
        do {
            let list = IgnoreList(text: try PlainText.read(try Files.read(path, limit: 1 << 20)))
            guard list.partCount <= IgnoreList.partLimit else {
                throw FileError(
                    path, "its patterns with '*', '?' and '[' have \(list.partCount) parts; at most \(IgnoreList.partLimit) are taken")
            }
            notes += list.idlePatterns.prefix(20).map {
                "\(IgnoreList.fileName): '\(FileError.printable($0))' can match nothing that is meant: patterns are compared with base names, blanks count"
            }
            return list
        } catch {
            throw .wrapping(error, path: path)
        }
    }

    /// A line for each folder in which something was left out.
    static func notes(leftOut: [CodeTree.LeftOut]) -> [String] {
        let meant = leftOut.filter { !($0.folder.isEmpty && $0.name == IgnoreList.fileName) }
        let folders = Dictionary(grouping: meant, by: \.folder).sorted { $0.key < $1.key }
        let lines = folders.prefix(20).map { folder, entries in
            let names = entries.prefix(5).map { FileError.printable($0.name) }.joined(separator: ", ")
            let more = entries.count > 5 ? " and \(entries.count - 5) more" : ""
            let place = folder.isEmpty ? "" : " in \(FileError.printable(folder))"
            return "left out\(place): \(names)\(more), which begin with a dot; name in [package] include what shall ship"
        }
        return lines + (folders.count > 20 ? ["left out in \(folders.count - 20) more folders: what begins with a dot"] : [])
    }
}

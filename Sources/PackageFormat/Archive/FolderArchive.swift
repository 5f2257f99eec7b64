internal import CodeEncryption
internal import Files

/// A folder as one deterministic tar.
public enum FolderArchive {
    public static func write(_ folder: String, to path: String) throws(PackageError) {
        do {
            let tar = try TarWriter(path)
            for file in try CodeTree(folder).files.sorted(by: { CodeTree.precedes($0.path, $1.path) }) {
                try tar.add(file.path, file: file.source)
            }
            try tar.finish()
        } catch {
            throw .wrapping(error, path: folder)
        }
    }
}

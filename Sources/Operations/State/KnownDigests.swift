internal import Files
internal import Notation

/// Digests that were noted, each as an empty file's name in a folder of the user's own.
struct KnownDigests: Sendable {
    private let folder: String

    init(_ folder: String) { self.folder = folder }

    func note(_ digest: some Sequence<UInt8>) throws {
        try Files.makeFolder(folder, mode: 0o700)
        try Files.write("", to: path(digest), mode: 0o600)
    }

    func holds(_ digest: some Sequence<UInt8>) -> Bool { Files.exists(path(digest)) }

    private func path(_ digest: some Sequence<UInt8>) -> String { folder + "/" + Hex.text(digest) }
}

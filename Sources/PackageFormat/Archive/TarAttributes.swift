package import Files

/// What a member of an archive is besides its name and content.
package struct TarAttributes: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case file, folder
        /// A symbolic link, by its text.
        case link(to: String)
        /// Another name of a file that stands before it in the archive.
        case secondName(of: String)
    }

    package let kind: Kind
    /// Permissions, the lower nine bits.
    package let mode: UInt32
    package let modifiedAt: FileTime

    /// Without more, as those of a package are.
    package init(kind: Kind, mode: UInt32 = 0o644, modifiedAt: FileTime = FileTime()) {
        self.kind = kind
        self.mode = mode
        self.modifiedAt = modifiedAt
    }

    /// Bytes of a link's text, as the kernel has it.
    static let targetLimit = 4095
}

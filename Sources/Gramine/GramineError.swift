package import Notation

/// Why a manifest can't be expanded, an enclave not laid out, or a SIGSTRUCT not made: one kind for each thing that can
/// be wrong, where it stands, and what to do about it.
package struct GramineError: Error, CodedError, Hashable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable, CaseIterable {
        /// The text is no TOML.
        case syntax
        /// A key that Gramine doesn't know, one that is missing, or a value of another kind.
        case schema
        /// `loader.entrypoint` isn't a table.
        case entrypoint
        /// `sgx.trusted_files` isn't an array of names and tables.
        case trustedFiles
        /// A URI that doesn't begin with `file:`.
        case uri
        /// A folder without its slash, a file with one, or a hash of a folder.
        case directory
        case missingFile
        /// A file is there and can't be read, or has a name that no manifest can hold.
        case unreadable
        /// Two hashes for one URI.
        case hashConflict
        /// A path that can't be followed within the folder that stands for the root.
        case chroot
        case template
        /// A size that isn't written as one, or that no enclave can have.
        case size
        case tooSmall
        /// A number that doesn't fit into its field.
        case range
        case cpuFeature
        /// The loader isn't an ELF file from which an enclave can be made.
        case image
        /// Parts of the enclave that would lie where they can't.
        case layout
        case key
        case date
        /// A SIGSTRUCT that isn't one, or whose signature doesn't hold.
        case signature
    }

    package let kind: Kind
    package let problem: String
    package let place: Place
    package let mend: String?

    package init(_ kind: Kind, _ problem: String, at place: Place = .none, mend: String? = nil) {
        self.kind = kind
        self.problem = problem
        self.place = place
        self.mend = mend
    }

    package var code: String {
        switch kind {
        case .syntax: "gramine.syntax"
        case .schema: "gramine.schema"
        case .entrypoint: "gramine.entrypoint"
        case .trustedFiles: "gramine.trustedFiles"
        case .uri: "gramine.uri"
        case .directory: "gramine.directory"
        case .missingFile: "gramine.missingFile"
        case .unreadable: "gramine.unreadable"
        case .hashConflict: "gramine.hashConflict"
        case .chroot: "gramine.chroot"
        case .template: "gramine.template"
        case .size: "gramine.size"
        case .tooSmall: "gramine.tooSmall"
        case .range: "gramine.range"
        case .cpuFeature: "gramine.cpuFeature"
        case .image: "gramine.image"
        case .layout: "gramine.layout"
        case .key: "gramine.key"
        case .date: "gramine.date"
        case .signature: "gramine.signature"
        }
    }

    package var description: String { (place.line == 0 ? "" : "\(place): ") + problem }
}

internal import Gramine
internal import Notation

/// A manifest as it is signed and measured, and the enclave that it makes with a loader.
struct ExpandedManifest: Sendable {
    /// As it was read, before its trusted files were listed.
    let written: Manifest
    /// With every default and every trusted file.
    let manifest: Manifest
    /// What is measured.
    let text: [UInt8]
    let files: [TrustedFile]
    /// Whether it was what is measured when it was read.
    let isExpanded: Bool
    let layout: EnclaveLayout
}

extension GramineTools {
    /// Does as Gramine's signer does: defaults and trusted files, no check of the schema.
    func enclave(
        _ path: String,
        image: ELFImage,
        libraryFolder: String,
        root: String?
    ) throws(OperationError) -> ExpandedManifest {
        let read = try Self.read(path, option: "--manifest", limit: Manifest.byteLimit)
        do {
            var manifest = try Manifest(reading: read)
            let written = manifest
            // Here places are those of the file that was named.
            _ = try EnclaveSettings(written)
            try manifest.addEntrypoint(libOS: libraryFolder + "/libsysdb.so", surroundings: around)
            let files = try manifest.expandTrustedFiles(in: root, surroundings: around)
            let text = manifest.text
            return ExpandedManifest(
                written: written,
                manifest: manifest,
                text: text,
                files: files,
                isExpanded: text == read,
                layout: try EnclaveLayout(manifest: text, image: image)
            )
        } catch {
            throw error.about(path)
        }
    }
}

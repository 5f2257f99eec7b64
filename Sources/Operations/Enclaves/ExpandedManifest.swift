internal import Gramine
internal import Notation

/// A manifest as it is signed and measured, and the enclave that it makes with a loader.
struct ExpandedManifest: Sendable {
    /// As it was read, before its trusted files were listed.
    let written: Gramine.Manifest
    /// With every default and every trusted file.
    let manifest: Gramine.Manifest
    /// What is measured.
    let text: [UInt8]
    let files: [TrustedFile]
    /// Whether it was what is measured when it was read.
    let isExpanded: Bool
    let layout: EnclaveLayout
}

extension GramineTools {
    /// Names the library OS where the manifest doesn't.
    func addEntrypoint(to manifest: inout Gramine.Manifest, _ libraryFolder: String) throws(GramineError) {
        let libOS = libraryFolder + "/libsysdb.so"
        if manifest["loader", "entrypoint", "uri"] == nil, around.kind(of: libOS) == nil {
            throw GramineError(
                .missingFile,
                "Gramine's library OS \(libOS.printable(limit: nil)) isn't there",
                mend: "name the folder that holds it with --pkglibdir"
            )
        }
        try manifest.addEntrypoint(libOS: libOS, surroundings: around)
    }

    /// Does as Gramine's signer does: defaults and trusted files, no check of the schema.
    /// - Parameter path: for messages.
    func enclave(
        _ path: String,
        reading bytes: [UInt8],
        image: ELFImage,
        libraryFolder: String,
        root: String?
    ) throws(OperationError) -> ExpandedManifest {
        do {
            var manifest = try Manifest(reading: bytes)
            let written = manifest
            // Here places are those of the file that was named.
            _ = try EnclaveSettings(written)
            try addEntrypoint(to: &manifest, libraryFolder)
            let files = try manifest.expandTrustedFiles(in: root, surroundings: around)
            let text = manifest.text
            return ExpandedManifest(
                written: written,
                manifest: manifest,
                text: text,
                files: files,
                isExpanded: text == bytes,
                layout: try EnclaveLayout(manifest: text, image: image)
            )
        } catch {
            throw error.about(path)
        }
    }

    /// Of the bytes as they are, which were written to be measured; no file is read for them.
    /// - Parameter path: for messages.
    func enclave(_ path: String, signed bytes: [UInt8], image: ELFImage) throws(OperationError) -> ExpandedManifest {
        do {
            let manifest = try Manifest(reading: bytes)
            return ExpandedManifest(
                written: manifest,
                manifest: manifest,
                text: bytes,
                files: manifest.listedFiles,
                isExpanded: true,
                layout: try EnclaveLayout(manifest: bytes, image: image)
            )
        } catch {
            throw error.about(path)
        }
    }
}

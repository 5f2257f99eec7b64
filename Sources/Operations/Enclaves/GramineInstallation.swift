internal import Files

/// Where Gramine keeps what enclaves are made of, on a machine that has it.
enum GramineInstallation {
    /// Of the distributions' packages, and of what is built from source.
    private static let libraryFolders = [
        "/usr/lib/x86_64-linux-gnu/gramine", "/usr/local/lib/x86_64-linux-gnu/gramine", "/usr/lib64/gramine",
        "/usr/local/lib64/gramine",
    ]

    /// The one that is there, else where it would be.
    static var libraryFolder: String { libraryFolders.first { Files.isFolder($0) } ?? libraryFolders[0] }

    static func loader(in libraryFolder: String) -> String { libraryFolder + "/sgx/libpal.so" }

    /// Where Gramine's signer looks for a key that isn't named.
    static func key(_ variables: [String: String]) -> String {
        let folder = variables["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (folder ?? (variables["HOME"] ?? "") + "/.config") + "/gramine/enclave-key.pem"
    }
}

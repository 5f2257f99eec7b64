internal import Files
public import Foundation
internal import Notation

/// Where this user's state lies: `MSE_HOME`, else the XDG data directory. 0700.
public struct StateFolder: Sendable {
    public let path: String
    private let environment: [String: String]

    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
        let home = environment["HOME"] ?? "/root"
        path = environment["MSE_HOME"] ?? (environment["XDG_DATA_HOME"] ?? home + "/.local/share") + "/mse"
    }

    public var services: String { path + "/services" }
    public var simulator: String { path + "/simulator" }
    public var cache: String { path + "/cache" }

    func prepare() throws {
        for folder in [path, services] { try Files.makeFolder(folder, mode: 0o700) }
    }

    // MARK: Defaults

    private var configurationPath: String {
        (environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? "/root") + "/.config") + "/mse/config.toml"
    }

    /// `collateral` and `trusted_root` of `config.toml`.
    func defaults() throws -> (collateral: String?, trustedRoot: String?) {
        guard Files.exists(configurationPath) else { return (nil, nil) }
        do {
            var reader = try ObjectReader(TOML.read(try Files.read(configurationPath, limit: 1 << 16)))
            let result = (try reader.string("collateral"), try reader.string("trusted_root"))
            try reader.finish()
            return result
        } catch let error as NotationError {
            throw OperationError(configurationPath, "\(error)")
        }
    }

    /// Where collateral comes from when nobody says.
    func defaultCollateral() throws -> String {
        if let name = environment["MSE_COLLATERAL"], !name.isEmpty { return name }
        if let name = try defaults().collateral { return name }
        return Self.pccs() ?? "https://api.trustedservices.intel.com"
    }

    /// Scheme and host of `pccs_url` in Intel's client configuration, JSON with comment lines.
    private static func pccs() -> String? {
        guard let bytes = try? Files.read("/etc/sgx_default_qcnl.conf", limit: 1 << 16) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.drop(while: \.isWhitespace).hasPrefix("//") }
            .joined(separator: "\n")
        guard case .string(let url)? = (try? JSON.read(Array(text.utf8)))?["pccs_url"]?.value else { return nil }
        return url
    }
}

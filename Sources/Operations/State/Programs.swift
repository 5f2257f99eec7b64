internal import Files

/// The other programs of this product: beside `mse`, or in `libexec/mse` under its prefix.
struct Programs: Sendable {
    let mse: String
    let agent: String
    let loader: String

    static func found() throws -> Programs {
        let mse = try Files.resolved("/proc/self/exe")
        let folder = Files.split(mse).folder
        func find(_ name: String) throws -> String {
            for candidate in [folder + "/" + name, Files.split(folder).folder + "/libexec/mse/" + name]
            where Files.exists(candidate) {
                return candidate
            }
            throw OperationError(name, "is not beside mse nor in libexec; build it with 'make build'")
        }
        return Programs(mse: mse, agent: try find("mse-bootstrap"), loader: try find("simulated-loader"))
    }
}

internal import Files

/// The other programs of this product: beside `mse`, or in `libexec/mse` under its prefix.
enum Programs {
    enum Name: String {
        case agent = "mse-bootstrap"
        case developmentServer = "mse-serve"
        /// What starts the agent on the simulated processor.
        case loader = "simulated-loader"
    }

    /// This program's own path.
    static func mse() throws -> String { try Files.resolved("/proc/self/exe") }

    /// - Throws: `OperationError` where it is in neither place.
    static func path(of program: Name) throws -> String {
        let folder = Files.split(try mse()).folder
        for candidate in [folder + "/", Files.split(folder).folder + "/libexec/mse/"].map({ $0 + program.rawValue })
        where Files.exists(candidate) {
            return candidate
        }
        throw OperationError(
            program.rawValue,
            "is not beside mse nor in libexec; build it with 'make build'",
            code: .installation
        )
    }
}

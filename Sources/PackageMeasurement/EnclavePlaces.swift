/// Where an agent finds its files: absolute paths.
public struct EnclavePlaces: Hashable, Sendable {
    /// Before each measured path; empty where they stand for themselves.
    public var root: String
    public var package: String
    public var launch: String
    /// For sealed state.
    public var sealed: String
    /// Memory in place of a disk.
    public var memory: String

    public init(root: String, package: String, launch: String, sealed: String, memory: String) {
        self.root = root
        self.package = package
        self.launch = launch
        self.sealed = sealed
        self.memory = memory
    }

    /// In the enclave's own view, which is what is measured.
    public static let measured = EnclavePlaces(
        root: "",
        package: instance + "/package.tar",
        launch: instance + "/launch.json",
        sealed: instance + "/sealed",
        memory: "/memory"
    )
    static let instance = "/instance"
}

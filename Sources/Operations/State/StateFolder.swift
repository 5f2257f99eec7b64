internal import Files
public import FoundationEssentials
internal import Glibc
internal import Notation

/// Where this user's state lies: `MSE_HOME`, else the XDG data directory. 0700.
public struct StateFolder: Sendable {
    public let path: String
    /// The variable that names it; nil where none does.
    private let variable: String?
    let environment: [String: String]
    private let configurationFolder: String

    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
        // What is empty, and a relative path of XDG, counts as unset, as its specification says.
        func folder(_ name: String) -> String? {
            environment[name].flatMap { $0.utf8.first == UInt8(ascii: "/") ? $0 : nil }
        }
        let home = folder("HOME") ?? Self.accountHome
        configurationFolder = (folder("XDG_CONFIG_HOME") ?? home + "/.config") + "/mse"
        let own = environment["MSE_HOME"].flatMap { $0.isEmpty ? nil : $0 }, data = folder("XDG_DATA_HOME")
        let named = own ?? (data ?? home + "/.local/share") + "/mse"
        variable = own != nil ? "MSE_HOME" : data != nil ? "XDG_DATA_HOME" : nil
        path = named.utf8.first == UInt8(ascii: "/") ? named : FileManager.default.currentDirectoryPath + "/" + named
    }

    /// Of the user whom this process belongs to; for a user without an account a folder that isn't there, so that
    /// messages name it.
    private static var accountHome: String {
        getpwuid(geteuid())?.pointee.pw_dir.map { String(cString: $0) } ?? "/nonexistent"
    }

    /// A folder of it in a message, with what named it.
    private func subject(_ folder: String) -> String {
        (variable.map { $0 + " " } ?? "") + folder.printable(limit: nil)
    }

    public var services: String { path + "/services" }
    public var simulator: String { path + "/simulator" }
    public var cache: String { path + "/cache" }
    /// What collateral services answered.
    public var collateral: String { path + "/collateral" }

    func prepare() throws {
        try checkPlace()
        for folder in [path, services] { try Files.makeFolder(folder, mode: 0o700) }
        try check()
    }

    /// Keys of the simulated processor, packages and sealed state lie here: whoever else can write here decides what is
    /// started.
    /// - Throws: when the folder is another user's, or others can write in it.
    func check() throws {
        try checkPlace()
        for folder in [path, services] {
            guard let access = FileAccess(folder) else { continue }
            guard access.isOwn else {
                throw OperationError(
                    subject(folder),
                    "belongs to another user (id \(access.user)); name a folder of your own as MSE_HOME",
                    code: .state
                )
            }
            try Self.checkWriting(folder, access, subject: subject(folder), mode: "700")
        }
    }

    /// - Throws: when something else than a folder is in its place, or on the way to it.
    func checkPlace() throws {
        var place = path
        while !Files.exists(place), place != "/", !place.isEmpty { place = Files.split(place).folder }
        guard !place.isEmpty else { return }
        if Files.isFolder(place) {
            // What can't be looked into isn't empty.
            guard access(place, X_OK) != 0 else { return }
            throw OperationError(
                subject(path),
                "can't be entered: \(place.printable(limit: nil)) doesn't let this user in",
                mend: "name a folder as MSE_HOME",
                code: .state
            )
        }
        throw OperationError(
            subject(path),
            place == path
                ? "a folder for the state is expected, found a file"
                : "can't be made: \(place.printable(limit: nil)) is no folder",
            mend: "name a folder as MSE_HOME",
            code: .state
        )
    }

    /// - Parameter mode: that mends it.
    private static func checkWriting(
        _ path: String,
        _ access: FileAccess,
        subject: String,
        mode: String,
        code: OperationCode = .state
    ) throws {
        guard access.isWritableByOthers else { return }
        let found = String(access.mode, radix: 8)
        throw OperationError(
            subject,
            "others can write in it (mode \(found), at most 755 expected)",
            mend: access.isShared
                ? "name a folder of your own" : "mend it with: chmod \(mode) \(ShellWord(path: path))",
            code: code
        )
    }

    // MARK: Configuration

    var configurationPath: String { configurationFolder + "/config.toml" }

    func setting(_ name: String, _ value: String) -> NamedSetting {
        NamedSetting(value: value, place: "\(name) in \(configurationPath.printable(limit: nil))")
    }

    /// It names whom to trust: whoever else can write it decides whose quotes are believed.
    func checkConfiguration() throws {
        for (path, mode) in [(configurationFolder, "700"), (configurationPath, "600")] {
            guard let access = FileAccess(path) else { continue }
            guard access.isOwn || access.user == 0 else {
                throw OperationError(
                    path,
                    """
                    belongs to another user (id \(access.user)), and names whom to trust; name a folder of your own as \
                    XDG_CONFIG_HOME
                    """,
                    code: .stateConfiguration
                )
            }
            try Self.checkWriting(path, access, subject: path, mode: mode, code: .stateConfiguration)
        }
    }
}

import Files
import Glibc
import TestSupport
import Testing

@testable import Operations

@Suite("The folder of a user's state")
struct StateFolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func state(_ more: [String: String] = [:]) -> StateFolder {
        StateFolder(environment: ["HOME": folder.path].merging(more) { $1 })
    }

    @Test("MSE_HOME comes before XDG's folder, and that before HOME; what is empty or relative of XDG counts as unset")
    func place() {
        let home = folder.path
        #expect(state().path == home + "/.local/share/mse")
        #expect(state(["XDG_DATA_HOME": "/x"]).path == "/x/mse")
        #expect(state(["XDG_DATA_HOME": "x"]).path == home + "/.local/share/mse")
        #expect(state(["XDG_DATA_HOME": ""]).path == home + "/.local/share/mse")
        #expect(state(["XDG_DATA_HOME": "/x", "MSE_HOME": "/m"]).path == "/m")
        #expect(state(["MSE_HOME": ""]).path == home + "/.local/share/mse")
        #expect(state(["MSE_HOME": "m"]).path.hasSuffix("/m"))
        #expect(state(["MSE_HOME": "m"]).path.hasPrefix("/"))
    }

    @Test("it is made for its user alone, and checking it twice changes nothing")
    func prepare() throws {
        let state = state()
        try state.prepare()
        try state.prepare()
        for path in [state.path, state.services] { #expect(FileAccess(path)?.mode == 0o700) }
        try state.check()
    }

    @Test(
        "others who can write in it are refused; those who can read it are not",
        arguments: [0o755, 0o711, 0o700] as [mode_t]
    )
    func readable(mode: mode_t) throws {
        let state = state()
        try state.prepare()
        #expect(chmod(state.services, mode) == 0)
        try state.check()
    }

    @Test(
        "others who can write in it are refused, with what mends it",
        arguments: [0o777, 0o770, 0o702, 0o720] as [mode_t]
    )
    func writable(mode: mode_t) throws {
        let state = state()
        try state.prepare()
        for path in [state.path, state.services] {
            #expect(chmod(path, mode) == 0)
            let error = #expect(throws: OperationError.self) { try state.check() }
            #expect(error?.code == "state" && error?.subject == path)
            #expect(error?.description.contains("chmod 700") == true)
            #expect(chmod(path, 0o700) == 0)
        }
    }

    @Test("nobody is told to close a folder that was made for all")
    func shared() throws {
        let state = state()
        try state.prepare()
        #expect(chmod(state.path, 0o1777) == 0)
        let error = #expect(throws: OperationError.self) { try state.check() }
        #expect(error?.description.contains("chmod") == false && error?.description.contains("of your own") == true)
        #expect(chmod(state.path, 0o700) == 0)
    }

    @Test("a file in its place, or on the way to it, is told")
    func file() throws {
        try folder.write("file", "x")
        for place in ["/file", "/file/below", "/file/a/b/c"] {
            let error = #expect(throws: OperationError.self) { try state(["MSE_HOME": folder.path + place]).prepare() }
            #expect(error?.code == "state")
            #expect(error?.description.contains("MSE_HOME") == true)
        }
    }

    @Test("what config.toml says is read; what it may not say is refused with its place")
    func defaults() throws {
        try folder.write(
            "c/mse/config.toml",
            "collateral = [\"a\", \"b\"]\ncollateral_ca = \"ca.pem\"\ntrusted_root = \"r\"\n"
        )
        #expect(chmod(folder.path + "/c/mse", 0o700) == 0)
        let state = state(["XDG_CONFIG_HOME": folder.path + "/c"])
        let defaults = try JudgingDefaults(state)
        #expect(try defaults.source().names.map(\.value) == ["a", "b"] && defaults.trustedRoot?.value == "r")
        #expect(defaults.collateralAuthority?.value == "ca.pem")
        for text in ["colateral = \"a\"", "collateral = 1", "collateral = [1]", "trusted_root = []", "= ", "[[a"] {
            try folder.write("c/mse/config.toml", text)
            let error = #expect(throws: OperationError.self) { try JudgingDefaults(state) }
            #expect(error?.code == "state.configuration", "\(text)")
            #expect(error?.subject.hasSuffix("config.toml") == true)
        }
    }

    @Test("a config.toml that others can write names nobody to trust", arguments: [0o666, 0o664, 0o602] as [mode_t])
    func foreignConfiguration(mode: mode_t) throws {
        try folder.write("c/mse/config.toml", "trusted_root = \"r\"\n")
        #expect(chmod(folder.path + "/c/mse/config.toml", mode) == 0)
        let error = #expect(throws: OperationError.self) {
            try JudgingDefaults(state(["XDG_CONFIG_HOME": folder.path + "/c"]))
        }
        #expect(error?.code == "state.configuration")
        #expect(error?.description.contains("chmod 600") == true)
    }

    @Test("where collateral comes from: the environment before the file; what is empty counts as unset")
    func collateral() throws {
        try folder.write("c/mse/config.toml", "collateral = \"from-file\"\n")
        let place = ["XDG_CONFIG_HOME": folder.path + "/c"]
        for (variable, expected) in [(nil, "from-file"), ("named", "named"), ("", "from-file")] as [(String?, String)] {
            let environment = place.merging(variable.map { ["MSE_COLLATERAL": $0] } ?? [:]) { $1 }
            #expect(try JudgingDefaults(state(environment)).source().names.map(\.value) == [expected])
        }
    }
}

internal import CLinux
internal import CodeEncryption
internal import Files
internal import Glibc
internal import Notation
internal import PackageBuilding
internal import PackageFormat
internal import Processes
internal import RATLS
internal import RATLSTransport
internal import Threads

/// Runs a project's own tests: against the development server, or against an instance that was launched here.
public struct ProjectTests: Sendable {
    private let surroundings: Surroundings
    private var state: StateFolder { surroundings.state }

    public init(in surroundings: Surroundings = Surroundings()) { self.surroundings = surroundings }

    /// Against the same server without enclave or encryption. It works on a copy of what a package would hold, in
    /// memory where there is a file system for it, as the agent does: what the application writes beside its code is
    /// gone afterwards, and the project stays as it was.
    /// - Returns: the tests' exit code.
    public func local(project: String, secrets: String?, sealedSecrets: String?) throws -> Int32 {
        try ProjectFiles.checkFolder(project)
        try state.prepare()
        let configuration = try configuration(project)
        guard Files.isFolder(project + "/tests") else {
            throw OperationError(
                (project + "/tests").printable(limit: nil),
                "there is no such folder, so the project has no tests",
                mend: "make it, with a test in it such as test_app.py",
                code: .notFound
            )
        }
        let command = try TestCommand(configuration.testCommand)
        let runtime = try Runtime.ofThisMachine(for: surroundings.places.any.platform)
        let work = try Files.resolved(try Files.makeTemporaryFolder(in: Self.folderInMemory, prefix: "mse-localtest"))
        defer { try? Files.remove(work) }
        let code = work + "/code"
        try copyCode(project + "/mse_src", to: code)
        let site = try TestEnvironment(
            .file(project + "/mse_src/requirements.txt", project: project, configuration),
            runtime: runtime,
            cache: state.cache
        ).site
        for name in ["home", "tmp"] { try Files.makeFolder(work + "/" + name) }
        let given = secrets ?? (Files.exists(project + "/secrets.json") ? project + "/secrets.json" : nil)
        SecretsInMemory.expect()
        try Self.check(given, sealedSecrets)
        let port = try freePort()
        let server = try DevelopmentServerProgram(
            application: configuration.application,
            folder: code,
            sitePackages: [site],
            host: "127.0.0.1",
            port: port
        ).start(
            environment: Self.variables(work, code: code, secrets: given, sealedSecrets: sealedSecrets),
            in: code
        )
        defer { server.end(graceSeconds: Self.graceSeconds) }
        try waitFor(port, server)
        return try run(
            command,
            of: configuration,
            folder: project + "/tests",
            runtime,
            url: "http://localhost:\(port)",
            pin: nil,
            secrets: given,
            sealedSecrets: sealedSecrets
        )
    }

    public enum Outcome: Sendable {
        /// Nothing was sent.
        case refused(Judgement)
        /// The tests' exit code.
        case ran(Int32)
    }

    /// Runs a package's tests against its running instance, once that is judged; its certificate is their pin.
    /// - Parameter runsForeign: also those of a package that wasn't made here.
    /// - Throws: `OperationError` for a package that wasn't made here: its tests are measured by nothing.
    public func remote(
        _ target: String,
        options: JudgingOptions,
        secrets: String?,
        sealedSecrets: String?,
        runsForeign: Bool = false
    )
        async throws -> Outcome
    {
        SecretsInMemory.expect()
        let release = try Release(options, surroundings)
        try Self.check(secrets, sealedSecrets)
        guard let package = try options.package.map({ try NamedFile.package($0).packageFile() }) else {
            throw OperationError("--package", "is needed: its tests are run, against its enclave alone", code: .usage)
        }
        guard let range = package.range(of: "tests.tar"), try Self.holdsMembers(package.path, range) else {
            throw OperationError(package.path, "there are no tests in it", code: .notFound)
        }
        let command = try TestCommand(package.configuration.testCommand)
        let recipient: Release.Recipient
        guard try runsForeign || MadePackages(state).holds(package.path) else {
            throw OperationError(
                package.path,
                """
                was not made here, and its tests are measured by nothing: they would run on this machine, with your \
                secrets;
                """
                    + " name --foreign-tests when you trust whoever gave it to you",
                code: .testsForeign
            )
        }
        switch try await release.recipient(target) {
        case .refused(let judgement): return .refused(judgement)
        case .accepted(let accepted): recipient = accepted
        }
        guard let launch = recipient.certificate.launch else {
            throw OperationError(
                target,
                "its certificate has no launch record, so its address isn't vouched for",
                code: .evidenceLaunch
            )
        }
        let work = try Files.makeTemporaryFolder(in: "/tmp", prefix: "mse-test")
        defer { try? Files.remove(work) }
        var reader = try TarReader(package.path, range: range)
        while let member = try reader.next() {
            let path = work + "/tests/" + member.name
            try Files.makeFolder(Files.split(path).folder)
            try Files.write(try reader.content(limit: 256 << 20), to: path)
        }
        try Files.write(recipient.pin, to: work + "/pin.pem")
        let runtime = try Runtime.ofThisMachine(for: surroundings.places.any.platform)
        return .ran(
            try run(
                command,
                of: package.configuration,
                folder: work + "/tests",
                runtime,
                url: NetworkAddress.text(of: launch),
                pin: work + "/pin.pem",
                secrets: secrets,
                sealedSecrets: sealedSecrets
            )
        )
    }

    /// What an application finds its files by, as the agent would have it.
    private static func variables(
        _ work: String,
        code: String,
        secrets: String?,
        sealedSecrets: String?
    ) throws -> [String: String?] {
        var variables: [String: String?] = [
            "HOME": work + "/home", "XDG_CACHE_HOME": work + "/home/.cache", "XDG_CONFIG_HOME": work + "/home/.config",
            "XDG_DATA_HOME": work + "/home/.local/share",
            "MODULE_PATH": code, "PWD": code,
            "SECRETS_PATH": try secrets.map { try Files.resolved($0) } ?? work + "/secrets.json",
            "SEALED_SECRETS_PATH": try sealedSecrets.map { try Files.resolved($0) } ?? work + "/sealed_secrets.json",
        ]
        for name in ["TMP_PATH", "TMPDIR", "TEMP", "TMP"] { variables[name] = work + "/tmp" }
        return variables
    }

    private static var folderInMemory: String {
        ["/dev/shm", "/run/user/\(geteuid())"].first { clinux_is_in_memory($0) == 1 && access($0, W_OK) == 0 } ?? "/tmp"
    }

    private func copyCode(_ folder: String, to target: String) throws {
        var notes: [String] = []
        let ignored = try ProjectFiles.ignoreList(folder, &notes)
        try Files.makeFolder(target, mode: 0o700)
        for file in try CodeTree(folder, ignoring: ignored).files {
            let copy = target + "/" + file.path
            try Files.makeFolder(Files.split(copy).folder, mode: 0o700)
            try FileCopy.copy(file.source, to: copy)
        }
    }

    private func configuration(_ project: String) throws -> ProjectConfiguration {
        let path = project + "/" + ProjectConfiguration.fileName
        return try OperationError.naming(path, code: .project) {
            try ProjectConfiguration(try Files.read(onDisk: path, limit: 1 << 20))
        }
    }

    private static func holdsMembers(_ archive: String, _ range: Range<Int>) throws -> Bool {
        var reader = try TarReader(archive, range: range)
        return try reader.next() != nil
    }

    /// Before anything is made or asked for them.
    private static func check(_ secrets: String?, _ sealedSecrets: String?) throws {
        if let secrets { _ = try NamedFile.secrets(secrets).secretObject() }
        if let sealedSecrets { _ = try NamedFile.secrets(sealedSecrets, "--sealed-secrets").secretJSON() }
    }

    private func run(
        _ command: TestCommand,
        of configuration: ProjectConfiguration,
        folder: String,
        _ runtime: MachineRuntime,
        url: String,
        pin: String?,
        secrets: String?,
        sealedSecrets: String?
    ) throws -> Int32 {
        let tools = try TestEnvironment(.tests(configuration, project: folder), runtime: runtime, cache: state.cache)
            .folder
        let installed = tools + "/bin/" + command.program
        let program = Files.exists(installed) ? installed : command.program
        guard program.utf8.contains(UInt8(ascii: "/")) else {
            throw OperationError(
                "tests_cmd",
                "'\(command.program.printable())' is not among what tests_requirements install",
                mend: "add what brings it, or write the whole path of a program of this machine",
                code: .testsCommand
            )
        }
        var variables: [String: String?] = [
            "TEST_REMOTE_URL": url, "TEST_CA_FILE": pin, "TEST_SECRET_JSON": try secrets.map { try Files.resolved($0) },
            "TEST_SEALED_SECRET_JSON": try sealedSecrets.map { try Files.resolved($0) }, "PYTHONDONTWRITEBYTECODE": "1",
        ]
        for (name, value) in command.variables { variables[name] = value }
        variables["PATH"] = tools + "/bin:" + (ProgramRun.inheritedVariables["PATH"] ?? "/usr/bin:/bin")
        return try ProgramRun(
            program,
            command.arguments + (command.program == "pytest" ? ["-p", "no:cacheprovider"] : []),
            environment: variables,
            folder: folder
        ).run(captures: false).status
    }

    // MARK: The server

    /// Seconds that it may take to end by itself.
    private static let graceSeconds = 5

    private func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard status == 0 else { throw FileError("localhost", doing: "find a free port") }
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    private func waitFor(_ port: Int, _ server: RunningProgram) throws {
        let attempts = Backoff(first: .milliseconds(20), longest: .milliseconds(100))
        let listens = try attempts.firstBlocking(within: .seconds(30), pause: server.waitForEnd) { () -> Bool? in
            if let code = server.exitCode {
                throw OperationError("serve", "the server ended with exit code \(code)", code: .testsServer)
            }
            return ListeningAddress(host: "127.0.0.1", port: port).answers ? true : nil
        }
        guard listens == nil else { return }
        throw OperationError("serve", "the server did not listen within 30 seconds", code: .testsServer)
    }
}

enum FileMove {
    static func move(_ source: String, to target: String) throws {
        guard rename(source, target) == 0 else { throw FileError(target, doing: "make") }
    }
}

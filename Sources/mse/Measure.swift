import ArgumentParser
import CommandInterface
import Operations

struct Measure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Tell what the enclave of a package, or of a manifest of Gramine, measures, and what went into it.",
        discussion:
            """
            Example: mse measure out/package_hello_1764000000000000000.tar
                     mse measure app.manifest --libpal libpal.so --key enclave-key.pem --explain
                     mse measure --diff old.tar new.tar
            """
    )

    @Argument(
        help: "The package or manifest; with --diff two, each of which may be what --json said before.",
        completion: .file()
    )
    var files: [String]
    @Option(name: .customLong("libpal"), help: "Gramine's loader, for a manifest.", completion: .file())
    var loader: String?
    @Option(name: .customLong("pkglibdir"), help: "Where Gramine's loader and library OS are.", completion: .directory)
    var libraryFolder: String?
    @Option(help: "A folder that stands for the root.", completion: .directory)
    var chroot: String?
    @Option(help: "The key of whoever signs, public or private, PEM: for MRSIGNER.", completion: .file())
    var key: String?
    @Flag(help: "Say what the parts of the enclave are, and what isn't measured.")
    var explain = false
    @Flag(help: "Say why two of them measure differently.")
    var diff = false
    @Flag(help: "Refuse settings that are insecure or weak.")
    var strict = false
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard files.count == (diff ? 2 : 1) else {
            throw ValidationError(
                diff ? "--diff compares two files." : "One package or manifest expected; --diff takes two."
            )
        }
        guard !diff || !explain else { throw ValidationError("Name one of --diff and --explain.") }
    }

    func run() async throws {
        Output.warn(private: key)
        let options = MeasuringOptions(
            loader: loader,
            libraryFolder: libraryFolder,
            chroot: chroot,
            key: key,
            isStrict: strict
        )
        let progress = ProgressLine()
        let measuring = EnclaveMeasuring(tools: GramineTools(progress: { progress.tell("\($0)") }))
        if diff {
            let difference = try await Output.attempt {
                defer { progress.end() }
                return try measuring.difference(files[0], files[1], options: options)
            }
            for note in difference.notes { Output.note(note) }
            return try Output.show(difference, json: json)
        }
        let report = try await Output.attempt {
            defer { progress.end() }
            return try measuring.measure(files[0], options: options)
        }
        for note in report.notes { Output.note(note) }
        if explain { return try Output.show(report.explanation, json: json) }
        try Output.show(report, json: json)
    }
}

import Files
import Foundation
import Testing

/// What programs do to the world around them stands in one place each, which names why where it isn't.
@Suite("Effects")
struct EffectTests {
    private static let project = Files.split(Files.split(Files.split(#filePath).folder).folder).folder

    /// Files under `Sources` whose code, comments apart, holds what matches.
    private func files(matching form: Regex<Substring>) throws -> Set<String> {
        var found: Set<String> = []
        var count = 0
        let files = FileManager.default.enumerator(atPath: Self.project + "/Sources")
        while let file = files?.nextObject() as? String {
            guard [".swift", ".c", ".h"].contains(where: { file.hasSuffix($0) }) else { continue }
            count += 1
            let text = String(decoding: try Files.read(Self.project + "/Sources/" + file), as: UTF8.self)
            let isFound = text.split(separator: "\n").contains { line in
                let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
                return code.contains(form)
            }
            if isFound { found.insert(file) }
        }
        #expect(count > 200)
        return found
    }

    @Test("the time of day is read by one clock, which is handed in")
    func clock() throws {
        let found = try files(
            matching: /\bDate\(\)|\bDate\.now\b|\btime\((?:nil|NULL|0)\)|\bgettimeofday\b|\bCLOCK_(?:REALTIME|TAI)/
        )
        #expect(
            found == [
                "WallClock/WallClock.swift",
                // A header that decides nothing (RFC 9110, section 6.6.1).
                "AppServer/HTTPDate.swift",
                // How old a file is that somebody left: by the clock that the kernel dated it with.
                "Files/TemporaryName.swift",
                // Whether a file was changed since: by that clock, too.
                "Files/FileTime.swift",
            ]
        )
    }

    @Test("programs are started in one way, apart from what the launcher hands a socket to")
    func programs() throws {
        let found = try files(matching: /\b(?:posix_spawnp?|execvp?e?|execlp?e?|fexecve|v?fork|popen)\(/)
        #expect(
            found == [
                "CProcesses/CProcesses.c",
                // The agent, with its socket, in a view of the machine of its own; and what loads it there.
                "CLinux/Confinement.c", "simulated-loader/loader.c",
            ]
        )
        let tools = try files(matching: /\b(?:Process\(\)|Foundation\.Process|import Subprocess)/)
        #expect(tools.isEmpty)
    }

    @Test("operations know the simulated processor in its place alone")
    func simulator() throws {
        let named = try files(matching: /"simulator"|\bimport SimulatedProcessor\b/)
        let ofOperations = Set(named.filter { $0.hasPrefix("Operations/") })
        #expect(
            ofOperations == [
                "Operations/Launching/SimulatedPlace.swift", "Operations/Launching/SimulatorOperations.swift",
                // The log that a launcher writes.
                "Operations/Launching/HostProcess.swift",
            ]
        )
    }

    @Test("nothing but the command line imports Foundation whole")
    func foundation() throws {
        let found = try files(matching: /\bimport Foundation\b/)
        #expect(found.filter { !$0.hasPrefix("mse/") }.isEmpty, "\(found)")
    }

    @Test(
        "what others may build on names no option of the command line: a mend is a value, which mse words",
        arguments: [
            "Attestation", "CodeEncryption", "DCAP", "DCAPCollateral", "Gramine", "Notation", "RATLS", "SGXQuote",
            "Secrets",
            "StrictX509", "PackageFormat", "PackageMeasurement", "RATLSTransport",
        ]
    )
    func options(target: String) throws {
        let found = try files(matching: /(?:^|[^-\w])--[a-z]/)
        // It would find them: others name some.
        #expect(found.contains { $0.hasPrefix("Operations/") })
        // What the agent is started with, which is measured.
        let named = found.filter { $0 != "PackageMeasurement/EnclaveManifest.swift" }
        #expect(named.filter { $0.hasPrefix(target + "/") }.isEmpty, "\(found)")
    }

    @Test("what makes packages names pip's options, and none of ours")
    func packagingOptions() throws {
        let found = try files(matching: /--(?:output|project|encrypt|key|platform|no-import-check|allow-sources)\b/)
        #expect(found.contains { $0.hasPrefix("Operations/") })
        #expect(found.filter { $0.hasPrefix("PackageBuilding/") }.isEmpty, "\(found)")
    }
}

import Crypto
import Files
import Foundation
import Gramine
import SGXQuote

/// A folder of the disk as what is around a manifest: relative paths begin in it, and one absolute prefix means it.
struct DiskSurroundings: Surroundings {
    let folder: String
    var prefix: String?
    var variables: [String: String] = [:]

    func place(_ path: String) -> String {
        if let prefix, path.hasPrefix(prefix) { return folder + path.dropFirst(prefix.count) }
        return path.hasPrefix("/") ? path : folder + "/" + path
    }

    func kind(of path: String) -> EntryKind? {
        guard let real = try? Files.resolved(place(path)), let kind = try? FileKind(real) else { return nil }
        return kind == .file ? .file : kind == .folder ? .folder : .other
    }

    func linkTarget(of path: String) -> String? { try? Files.linkTarget(place(path)) }
    func isReadable(_ path: String) -> Bool { FileManager.default.isReadableFile(atPath: place(path)) }

    func names(in folder: String) throws(GramineError) -> [String] {
        do { return try Files.names(in: place(folder)).reversed() } catch {
            throw GramineError(.unreadable, "\(error)")
        }
    }

    func digests(of paths: [String]) throws(GramineError) -> [FixedBytes<32>] {
        var digests: [FixedBytes<32>] = []
        for path in paths {
            guard kind(of: path) != nil else { throw GramineError(.missingFile, "no file '\(path)'") }
            do {
                let digest = SHA256.hash(data: try Files.read(place(path)))
                digests.append(FixedBytes(Array(digest)) ?? FixedBytes())
            } catch {
                throw GramineError(.unreadable, "\(error)")
            }
        }
        return digests
    }

    func resolved(_ path: String) throws(GramineError) -> String {
        do {
            let real = try Files.resolved(place(path))
            let root = try Files.resolved(folder)
            guard let prefix, real.hasPrefix(root) else { return real }
            return prefix + real.dropFirst(root.count)
        } catch {
            throw GramineError(.missingFile, "\(error)")
        }
    }

    /// The stand-ins in `bin`, which print what they have to.
    func output(of program: String, arguments: [String]) throws(GramineError) -> String {
        let process = Process()
        let path = program.contains("/") ? place(program) : folder + "/bin/" + program
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw GramineError(.missingFile, "no program '\(program)'")
        }
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        do {
            try process.run()
            let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: data, as: UTF8.self)
        } catch {
            throw GramineError(.unreadable, "\(error)")
        }
    }

    func byteCount(of path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: place(path))[.size] as? NSNumber)?.intValue
    }

    func beginning(of path: String) -> [UInt8]? { (try? Files.read(place(path))).map { Array($0.prefix(256)) } }

    func variable(_ name: String) -> String? { variables[name] }
}

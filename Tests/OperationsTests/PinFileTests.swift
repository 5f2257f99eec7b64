import Files
import Glibc
import Processes
import RATLS
import SGXQuote
import TestSupport
import Testing

@testable import Operations

@Suite("Pins")
struct PinFileTests {
    private let folder: TemporaryFolder
    private let pem: String

    init() throws {
        folder = try TemporaryFolder()
        let vector = try #require(try ProjectVectors.read("certificate.json").list("certificates").first)
        pem = try vector.text("certificate")
    }

    private var path: String { folder.path + "/pin.pem" }

    /// As `verify` writes it of this certificate.
    private func verdict(_ remark: Int, isAccepted: Bool = true) throws -> String {
        let report = try AttestedCertificate(pem: Array(pem.utf8)).quote.reportData
        return #"{"accepted": \#(isAccepted), "subject": {"reportData": "\#(report)"}, "remark": \#(remark)}"#
    }

    @Test("a pin is written with its verdict beside it, and again in its own place")
    func written() throws {
        for verdict in [try verdict(1), try verdict(2)] {
            #expect(try PinFile(path).write(pem, verdict: verdict) == .written(path))
            #expect(String(decoding: try folder.read("pin.pem"), as: UTF8.self) == pem)
            #expect(String(decoding: try folder.read("pin.pem.verdict.json"), as: UTF8.self) == verdict)
        }
        #expect(try Files.names(in: folder.path).count == 2, "nothing else is left")
    }

    @Test("what is refused later leaves the name, with its verdict, and takes another's place only when that is one")
    func moved() throws {
        _ = try PinFile(path).write(pem, verdict: verdict(1))
        #expect(try PinFile(path).refuse() == .moved(path, to: path + ".refused"))
        #expect(try Set(Files.names(in: folder.path)) == ["pin.pem.refused", "pin.pem.refused.verdict.json"])
        #expect(try PinFile(path).refuse() == nil, "there is none any more")
        // An earlier refused one makes room.
        _ = try PinFile(path).write(pem, verdict: verdict(2))
        #expect(try PinFile(path).refuse() == .moved(path, to: path + ".refused"))
        #expect(try folder.read("pin.pem.refused.verdict.json") == Array(try verdict(2).utf8))
    }

    @Test(
        "a refused pin takes no place where anything lies that isn't an earlier one",
        arguments: ["notes", "certificate", "verdict", "both", "other", "unaccepted", "link", "folder"]
    )
    func taken(_ kind: String) throws {
        let place = "pin.pem.refused"
        let mine = "notes of somebody"
        switch kind {
        case "notes": try folder.write(place, mine)
        case "certificate": try folder.write(place, pem)
        case "verdict": try folder.write(place + ".verdict.json", mine)
        case "both":
            try folder.write(place, pem)
            try folder.write(place + ".verdict.json", mine)
        case "other":
            try folder.write(place, pem)
            let other = #"{"accepted": true, "subject": {"reportData": "\#(String(repeating: "0", count: 128))"}}"#
            try folder.write(place + ".verdict.json", other)
        case "unaccepted":
            try folder.write(place, pem)
            try folder.write(place + ".verdict.json", verdict(9, isAccepted: false))
        case "link":
            try folder.write("elsewhere", pem)
            #expect(symlink("elsewhere", folder.path + "/" + place) == 0)
            try folder.write(place + ".verdict.json", verdict(9))
        default:
            try folder.write(place, pem)
            try folder.write(place + ".verdict.json/inner", mine)
        }
        let before = try folder.tree()
        _ = try PinFile(path).write(pem, verdict: verdict(3))
        #expect(try PinFile(path).refuse() == .moved(path, to: path + ".refused-2"))
        var after = try folder.tree()
        #expect(after.removeValue(forKey: "pin.pem.refused-2") == Array(pem.utf8))
        #expect(after.removeValue(forKey: "pin.pem.refused-2.verdict.json") == Array(try verdict(3).utf8))
        #expect(after == before, "all else is as it was")
    }

    @Test(
        "what lies in the verdict's place and is none is told before anybody is asked",
        arguments: ["", "notes", "{}", "[true]", #"{"accepted": "yes", "subject": {}}"#]
    )
    func noVerdict(_ text: String) throws {
        try folder.write("pin.pem", pem)
        try folder.write("pin.pem.verdict.json", text)
        let error = #expect(throws: OperationError.self) { try PinFile(path) }
        #expect(error?.code == "pin" && error?.problem.contains("it would be lost") == true)
        #expect(String(decoding: try folder.read("pin.pem.verdict.json"), as: UTF8.self) == text)
    }

    @Test("a certificate of somebody's own beside a verdict of another one stays")
    func anothers() throws {
        try folder.write("pin.pem", pem)
        try folder.write("pin.pem.verdict.json", #"{"accepted": true, "subject": {"reportData": "00"}}"#)
        #expect(try PinFile(path).refuse() == .foreign(path))
        #expect(try Set(Files.names(in: folder.path)) == ["pin.pem", "pin.pem.verdict.json"])
    }

    @Test("a certificate that no verify put there stays")
    func foreign() throws {
        try folder.write("pin.pem", pem)
        #expect(try PinFile(path).refuse() == .foreign(path))
        #expect(String(decoding: try folder.read("pin.pem"), as: UTF8.self) == pem)
    }

    @Test(
        "what would be lost is refused before anybody is asked",
        arguments: ["", "x", "-----BEGIN CERTIFICATE-----\n", String(repeating: "a", count: 1 << 17)]
    )
    func notACertificate(_ text: String) throws {
        try folder.write("pin.pem", text)
        let error = #expect(throws: OperationError.self) { try PinFile(path) }
        #expect(error?.code == "pin" && error?.subject.contains("--certificate-out") == true)
        #expect(String(decoding: try folder.read("pin.pem"), as: UTF8.self) == text)
    }

    @Test("a certificate without evidence, as a root's or a server's, is somebody's own")
    func noEvidence() throws {
        let made = try ProgramRun(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=root", "-keyout", "key.pem", "-out",
                "pin.pem",
            ],
            folder: folder.path
        ).run()
        try #require(made.status == 0, "\(made.output)")
        let before = try folder.read("pin.pem")
        let error = #expect(throws: OperationError.self) { try PinFile(path) }
        #expect(error?.code == "pin" && error?.problem.contains("it would be lost") == true)
        #expect(try folder.read("pin.pem") == before)
    }

    @Test("two certificates in one file are somebody's own list")
    func two() throws {
        try folder.write("pin.pem", pem + pem)
        #expect(throws: OperationError.self) { try PinFile(path) }
    }

    @Test("a folder, a link or a pipe in the pin's place or the verdict's is refused")
    func kinds() throws {
        for name in ["pin.pem", "pin.pem.verdict.json"] {
            let place = folder.path + "/" + name
            for make: (String) -> Int32 in [
                { mkdir($0, 0o700) }, { symlink("/etc/passwd", $0) }, { mkfifo($0, 0o600) },
            ] {
                #expect(make(place) == 0)
                let error = #expect(throws: OperationError.self) { try PinFile(path) }
                #expect(error?.code == "pin")
                #expect(remove(place) == 0)
            }
        }
    }

    @Test("a place that can't be is told", arguments: ["", "/tmp/", "nowhere/pin.pem", "/proc/pin.pem"])
    func places(_ place: String) {
        let error = #expect(throws: OperationError.self) { try PinFile(place) }
        #expect(error?.code == "pin")
    }
}

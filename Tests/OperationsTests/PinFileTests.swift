import Files
import Glibc
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

    @Test("a pin is written with its verdict beside it, and again in its own place")
    func written() throws {
        for verdict in ["{}", "{\"a\":1}"] {
            #expect(try PinFile(path).write(pem, verdict: verdict) == .written(path))
            #expect(String(decoding: try folder.read("pin.pem"), as: UTF8.self) == pem)
            #expect(String(decoding: try folder.read("pin.pem.verdict.json"), as: UTF8.self) == verdict)
        }
        #expect(try Files.names(in: folder.path).count == 2, "nothing else is left")
    }

    @Test("what is refused later leaves the name, with its verdict, and takes another's place only when that is one")
    func moved() throws {
        _ = try PinFile(path).write(pem, verdict: "1")
        #expect(try PinFile(path).refuse() == .moved(path, to: path + ".refused"))
        #expect(try Set(Files.names(in: folder.path)) == ["pin.pem.refused", "pin.pem.refused.verdict.json"])
        #expect(try PinFile(path).refuse() == nil, "there is none any more")
        // An earlier refused one makes room.
        _ = try PinFile(path).write(pem, verdict: "2")
        #expect(try PinFile(path).refuse() == .moved(path, to: path + ".refused"))
        #expect(String(decoding: try folder.read("pin.pem.refused.verdict.json"), as: UTF8.self) == "2")
        // What is none stays.
        try folder.write("pin.pem.refused", "notes of somebody")
        _ = try PinFile(path).write(pem, verdict: "3")
        #expect(try PinFile(path).refuse() == .moved(path, to: path + ".refused-2"))
        #expect(String(decoding: try folder.read("pin.pem.refused"), as: UTF8.self) == "notes of somebody")
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

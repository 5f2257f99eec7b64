import Files
import Foundation
import Gramine
import GramineVectors
import Notation
import SGXQuote
import Testing

/// What Gramine's own tools wrote, byte for byte.
@Suite("Vectors of Gramine's signer")
struct VectorTests {
    static let cases = GramineCase.all(in: "cases").filter {
        !$0.isSlow || ProcessInfo.processInfo.environment["MSE_DEEP"] != nil
    }

    @Test("manifest, measurement and signature are Gramine's", arguments: cases)
    func whole(vector: GramineCase) throws {
        try vector.inFolder { surroundings in
            let expected = try vector.file("expected.manifest.sgx")
            let manifest = try vector.manifest(surroundings).text
            #expect(String(decoding: manifest, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
            #expect(manifest == expected)
            // The tool's own output stays as it is.
            let again = try Manifest(reading: manifest)
            #expect(again.text == manifest)

            let layout = try EnclaveLayout(manifest: manifest, image: vector.image(surroundings))
            let measurement = layout.measurement
            #expect(measurement.description == vector.expected("mrenclave"))
            let body = try SigstructBody(
                settings: layout.settings,
                measurement: measurement,
                date: SigningDate(vector.text("date") ?? "")
            )
            let sigstruct = try vector.key(surroundings).sign(body)
            #expect(sigstruct.bytes == (try vector.file("expected.sig")))
            #expect(sigstruct.signer.description == vector.expected("mrsigner"))
            let read = try Sigstruct(reading: sigstruct.bytes)
            #expect(read == sigstruct)
            try read.verify()
        }
    }

    @Test("the areas are Gramine's", arguments: cases.filter { $0.has("layout.json") })
    func layout(vector: GramineCase) throws {
        try vector.inFolder { surroundings in
            let layout = try EnclaveLayout(
                manifest: vector.file("expected.manifest.sgx"),
                image: vector.image(surroundings)
            )
            let expected = try JSON.read(vector.file("layout.json")).list
            #expect(layout.areas.count == expected.count)
            for (area, expected) in zip(layout.areas, expected) {
                #expect(area.name.rawValue == expected["name"]?.string)
                #expect("0x" + String(area.address, radix: 16) == expected["address"]?.string)
                #expect("0x" + String(area.size, radix: 16) == expected["size"]?.string)
                #expect(area.permissions.description == expected["flags"]?.string)
                #expect((area.isThreadControl ? "TCS" : "REG") == expected["type"]?.string)
                #expect(.boolean(area.isMeasured) == expected["measured"]?.value)
            }
        }
    }

    @Test("what Gramine 1.5 signed is measured and read as well", arguments: GramineCase.all(in: "cases-1.5"))
    func former(vector: GramineCase) throws {
        try vector.inFolder { surroundings in
            let layout = try EnclaveLayout(
                manifest: vector.file("expected.manifest.sgx"),
                image: vector.image(surroundings)
            )
            #expect(layout.measurement.description == vector.expected("mrenclave"))
            let sigstruct = try Sigstruct(reading: vector.file("expected.sig"))
            try sigstruct.verify()
            #expect(sigstruct.signer.description == vector.expected("mrsigner"))
            #expect(sigstruct.body.measurement == layout.measurement)
            #expect(sigstruct.body.date.description == vector.text("date"))
        }
    }

    @Test("all cases are there")
    func count() {
        #expect(GramineCase.all(in: "cases-1.5").count == 3)
        #expect(GramineCase.all(in: "cases").count == 33)
        #expect(GramineCase.all(in: "errors").count == 32)
    }
}

/// What Gramine's tools refuse, and why.
@Suite("What Gramine's signer refuses")
struct RefusalTests {
    static let kinds: [String: GramineError.Kind] = [
        "syntax": .syntax, "schema": .schema, "entrypoint": .entrypoint, "trusted-files": .trustedFiles, "uri": .uri,
        "directory": .directory, "missing-file": .missingFile, "hash-conflict": .hashConflict, "template": .template,
        "too-small": .tooSmall, "size": .size, "range": .range, "cpu-feature": .cpuFeature, "key": .key,
        "usage": .date, "chroot": .chroot,
    ]

    @Test(
        "each case is refused, for the same kind of reason",
        arguments: GramineCase.all(in: "errors")
    )
    func refused(vector: GramineCase) throws {
        try vector.inFolder { surroundings in
            let error = #expect(throws: GramineError.self) {
                let key = try vector.key(surroundings)
                let manifest = try vector.manifest(surroundings).text
                let layout = try EnclaveLayout(manifest: manifest, image: vector.image(surroundings))
                let body = try SigstructBody(
                    settings: layout.settings,
                    measurement: layout.measurement,
                    date: SigningDate(vector.text("date") ?? "")
                )
                _ = try key.sign(body)
            }
            #expect(error?.kind == Self.kinds[vector.text("class") ?? ""], "\(String(describing: error))")
            if vector.text("class") == "schema", vector.testDescription != "32-mount-extra" {
                let message = vector.node["expected"]?["gramine"]?["message"]?.string ?? ""
                #expect(message.hasSuffix(error?.problem ?? "nothing"))
            }
        }
    }
}

import Notation
import RATLS
import SGXQuote
import StrictX509
import TestSupport
import Testing

/// docs/formats/launch-record.md, by what Python makes of it.
@Suite("Vectors of launch records")
struct LaunchRecordVectorTests {
    private let vectors: Vector

    init() throws { vectors = try ProjectVectors.read("launch-record.json") }

    @Test("they are read, and written in their one form")
    func records() throws {
        for vector in try vectors.list("records") {
            let canonical = Array(try vector.text("canonical").utf8)
            #expect(try LaunchRecord(canonical).encoded == canonical)
            #expect(try LaunchRecord(Array(JSON.pretty(vector["record"].node).utf8)).encoded == canonical)
        }
    }

    @Test("what isn't as the page says is refused")
    func refused() throws {
        for vector in try vectors.list("refused") {
            #expect(throws: NotationError.self, "\(vector.what)") {
                try LaunchRecord(Array(vector.text("text").utf8))
            }
        }
    }

    @Test("the page's limits are the code's")
    func limits() throws {
        let limits = try FormatPage("launch-record").limits
        #expect(limits["bytes of a launch record"] == LaunchRecord.byteLimit)
        #expect(limits["seconds of a configuration's time limit"] == LaunchRecord.configurationTimeouts.upperBound)
        #expect(limits["days of a certificate's life"] == Int(LaunchRecord.longestLife.components.seconds / 86400))
    }
}

/// docs/formats/certificate.md, by certificates that Python made.
@Suite("Vectors of certificates")
struct CertificateVectorTests {
    private let vectors: Vector

    init() throws { vectors = try ProjectVectors.read("certificate.json") }

    @Test("they are read with what holds of them and what doesn't")
    func certificates() throws {
        for vector in try vectors.list("certificates") {
            let what = try vector.text("what")
            let read = try AttestedCertificate(pem: Array(vector.text("certificate").utf8))
            #expect(try read.certificate.key.point == vector.hex("point"), "\(what)")
            #expect(try read.binding.sealingKey == vector.hex("sealingKey"), "\(what)")
            #expect(try read.bindsItsKey == vector.flag("binds"), "\(what)")
            #expect(try read.isSelfSigned == vector.flag("isSelfSigned"), "\(what)")
            let launch = read.launch.map { String(decoding: $0.encoded, as: UTF8.self) }
            #expect(try launch == vector.optionalText("launch"), "\(what)")
            #expect(try (read.launchProblem != nil) == vector.flag("launchIsUnreadable"), "\(what)")
            #expect(try read.unknownCritical?.description == vector.optionalText("unknownCritical"), "\(what)")
            #expect(try read.furtherEvidence.count == vector.number("furtherEvidence"), "\(what)")
            #expect(
                read.furtherEvidence.allSatisfy { if case .quote(_, binds: true) = $0.content { true } else { false } }
            )
            #expect(try Int(read.certificate.notBefore.seconds) == vector.number("notBefore"), "\(what)")
            #expect(try Int(read.certificate.notAfter.seconds) == vector.number("notAfter"), "\(what)")
            #expect(try read.sans == vector.texts("sans").map { try #require(SubjectAlternativeName($0)) }, "\(what)")
        }
    }

    @Test("what can't be judged at all is refused, for the right reason")
    func refused() throws {
        for vector in try vectors.list("refused") {
            let error = #expect(throws: AttestedCertificateError.self, "\(vector.what)") {
                try AttestedCertificate(pem: Array(vector.text("certificate").utf8))
            }
            let kind: String? =
                switch error {
                case .certificate: "certificate"
                case .noQuote: "noQuote"
                case .otherDialect: "otherDialect"
                case .quote: "quote"
                case nil: nil
                }
            #expect(try kind == vector.text("kind"), "\(vector.what)")
        }
    }
}

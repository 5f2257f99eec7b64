import Foundation
import StrictX509
import Testing

/// Files as `openssl` writes them and as editors change them.
@Suite("What a file is")
struct RecognitionTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "recognition-\(UUID().uuidString)"
    ).path

    private func openssl(_ arguments: String) throws -> [UInt8] {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "openssl \(arguments)")
        return bytes
    }

    private func makeCertificate() throws -> (pem: [UInt8], der: [UInt8]) {
        _ = try openssl("ecparam -name prime256v1 -genkey -noout -out key.pem")
        _ = try openssl("req -x509 -new -key key.pem -subj /CN=a -out cert.pem -days 30")
        return (try openssl("x509 -in cert.pem"), try openssl("x509 -in cert.pem -outform DER"))
    }

    @Test(
        "a large file of nothing costs next to nothing, debug builds included",
        arguments: [
            "-", "-----BEGIN ", "-----BEGIN A-----\n", " ", "a", "-----BEGIN A-----\nA\n-----END A-----\n", "----- ",
        ]
    )
    func large(piece: String) {
        let bytes = Array(String(repeating: piece, count: (8 << 20) / piece.utf8.count).utf8)
        let start = ContinuousClock.now
        _ = ContentKind(bytes)
        #expect(throws: CertificateFileError.self) { try CertificateFile.certificates(in: bytes) }
        #expect(ContinuousClock.now - start < .seconds(4))
    }

    @Test("UTF-16 without its mark is called that, and a key's bytes are called what they may be")
    func unmarked() {
        for text in ["-----BEGIN CERTIFICATE-----\nMIIB", "{\"a\": 1}", "name = 1\r\n"] {
            let little = text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
            let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
            for bytes in [little, big] {
                #expect(ContentKind(bytes) == .unmarkedUTF16)
                #expect(throws: CertificateFileError.self) { try CertificateFile.certificates(in: bytes) }
            }
        }
        #expect(ContentKind((0..<32).map { UInt8($0) &+ 200 }) == .keySized)
        #expect(ContentKind((0..<33).map { UInt8($0) + 0x60 }) == .binary)
    }

    @Test("a certificate is found in every form that people have it in")
    func forms() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (pem, der) = try makeCertificate()
        let text = String(decoding: pem, as: UTF8.self)
        let key = String(decoding: try openssl("pkey -in key.pem"), as: UTF8.self)
        var utf16: [UInt8] = [0xFF, 0xFE]
        for unit in text.utf16 { utf16 += [UInt8(unit & 255), UInt8(unit >> 8)] }
        var bigEndian: [UInt8] = [0xFE, 0xFF]
        for unit in text.utf16 { bigEndian += [UInt8(unit >> 8), UInt8(unit & 255)] }
        let forms: [[UInt8]] = [
            der, pem, try openssl("x509 -in cert.pem -text"),
            Array("depth=0 CN = a\n---\nServer certificate\n\(text)subject=CN = a\n---\n".utf8),
            Array(text.replacingOccurrences(of: "\n", with: "\r\n").utf8), [0xEF, 0xBB, 0xBF] + pem, utf16, bigEndian,
            Array(text.split(separator: "\n").map { "    \($0)\n" }.joined().utf8), Array((key + text).utf8),
            Array((text + key).utf8),
        ]
        for (index, form) in forms.enumerated() {
            #expect(try CertificateFile.certificates(in: form) == [der], "form \(index)")
        }
        #expect(try CertificateFile.certificates(in: Array((text + "between\n" + text).utf8)) == [der, der])
        #expect(throws: CertificateFileError.self) {
            try CertificateFile.certificates(in: Array(text.dropLast(40).utf8))
        }
        let many = Array(String(repeating: text, count: CertificateFile.countLimit + 1).utf8)
        #expect(throws: CertificateFileError.self) { try CertificateFile.certificates(in: many) }
        _ = try openssl("ecparam -name prime256v1 -genkey -noout -out other.pem")
        _ = try openssl("req -new -key other.pem -subj /CN=b -out other.csr")
        // Without extensions it is of version 1.
        let old = try openssl("x509 -req -in other.csr -signkey other.pem -days 30 -outform DER")
        #expect(ContentKind(old) == .certificate(isPEM: false))
    }

    @Test(
        """
        what a file begins with decides, not the PEM that it holds: certificates of enclaves and quotes carry a chain \
        of it
        """
    )
    func frames() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (pem, _) = try makeCertificate()
        let hex = pem.map { String(format: "%02X", $0) }.joined()
        let der = try openssl(
            "req -x509 -new -key key.pem -subj /CN=a -days 30 -outform DER -addext 1.2.3.4=DER:\(hex)"
        )
        #expect(ContentKind(der) == .certificate(isPEM: false))
        #expect(try CertificateFile.certificates(in: der) == [der])
        let quote: [UInt8] = [3, 0, 2, 0] + [UInt8](repeating: 7, count: 1000) + pem + [0]
        let tar = [UInt8](repeating: 0x61, count: 257) + Array("ustar\0".utf8) + pem
        for (bytes, kind) in [
            (quote, ContentKind.binary), (tar, .tar), ([0x1F, 0x8B, 8, 0] + pem, .gzip),
            (Array("PK\u{3}\u{4}".utf8) + pem, .zip),
        ] {
            #expect(ContentKind(bytes) == kind)
            #expect(throws: CertificateFileError.self) { try CertificateFile.certificates(in: bytes) }
        }
    }

    @Test("what is no certificate is called by its name, and a private key is never told")
    func kinds() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try makeCertificate()
        _ = try openssl("req -new -key key.pem -subj /CN=a -out a.csr")
        _ = try openssl("genrsa -out rsa.pem 2048")
        let kinds: [([UInt8], ContentKind)] = [
            (try openssl("pkey -in key.pem"), .privateKey), (try openssl("pkey -in key.pem -outform DER"), .privateKey),
            (try openssl("ec -in key.pem"), .privateKey), (try openssl("ec -in key.pem -outform DER"), .privateKey),
            (try openssl("rsa -in rsa.pem -traditional"), .privateKey),
            (try openssl("rsa -in rsa.pem -traditional -outform DER"), .privateKey),
            (try openssl("pkcs8 -topk8 -in key.pem -passout pass:x"), .privateKey),
            (try openssl("pkey -in key.pem -pubout"), .publicKey),
            (try openssl("pkey -in key.pem -pubout -outform DER"), .publicKey),
            (try openssl("req -in a.csr"), .certificateRequest),
            (try openssl("req -in a.csr -outform DER"), .certificateRequest),
            (try openssl("crl2pkcs7 -nocrl -certfile cert.pem"), .containerOfCertificates),
            (try openssl("crl2pkcs7 -nocrl -certfile cert.pem -outform DER"), .containerOfCertificates),
            (try openssl("pkcs12 -export -in cert.pem -inkey key.pem -passout pass:x"), .containerOfCertificates),
            ([], .empty), (Array(" \r\n".utf8), .empty), ([0xEF, 0xBB, 0xBF], .empty), ([0x1F, 0x8B, 8, 0], .gzip),
            (Array("\n<!DOCTYPE HTML><p>".utf8), .html), (Array("<html>".utf8), .html),
            (Array("{\"a\":1}".utf8), .json),
            ([UInt8](repeating: 0x61, count: 257) + Array("ustar\0".utf8), .tar), (Array("hello there".utf8), .text),
            ([0, 1, 2, 255], .binary),
            (Array("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n".utf8), .revocationList),
            (Array("ssh-ed25519 AAAA me".utf8), .sshKey),
            (Array("-----BEGIN \u{1B}[2J-----\n".utf8), .otherPEM("\u{1B}[2J")),
        ]
        for (bytes, kind) in kinds {
            #expect(ContentKind(bytes) == kind, "\(kind)")
            let error = #expect(throws: CertificateFileError.self) { try CertificateFile.certificates(in: bytes) }
            let message = error?.description ?? ""
            #expect(
                message.contains(kind.description) && !message.contains("MHc") && !message.contains("\u{1B}"),
                "\(message)"
            )
        }
    }
}

import Crypto
import Files
import Processes
import StrictX509

/// A certificate without any evidence, made by openssl.
struct PlainCertificate {
    let der: [UInt8]
    let key: P256.Signing.PrivateKey

    static func make(in folder: String) throws -> PlainCertificate {
        let made = try ProgramRun(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-keyout", folder + "/key.pem", "-out", folder + "/own.pem",
            ]
        ).run()
        guard made.status == 0 else { throw FileError(folder, made.output) }
        let blocks = try PEM.blocks(try Files.read(folder + "/own.pem"), label: "CERTIFICATE", byteLimit: 1 << 16)
        let text = String(decoding: try Files.read(folder + "/key.pem"), as: UTF8.self)
        return PlainCertificate(der: blocks[0], key: try P256.Signing.PrivateKey(pemRepresentation: text))
    }
}

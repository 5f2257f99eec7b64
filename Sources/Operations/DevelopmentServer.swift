internal import Files
internal import Glibc
internal import StrictX509

/// `mse serve`: the agent's own server, in this process's place.
public enum DevelopmentServer {
    /// Returns only by throwing.
    /// - Parameters: the TLS files, looked at before anything is started; one without the other would serve in clear.
    public static func replaceThisProcess(_ arguments: [String], certificate: String?, privateKey: String?) throws {
        guard (certificate == nil) == (privateKey == nil) else {
            throw OperationError(
                certificate == nil ? "--private-key" : "--certificate",
                "--certificate and --private-key stand only together"
            )
        }
        if let certificate {
            try NamedFile.tlsCertificate(certificate).check { kind, _ in kind == .certificate(isPEM: true) }
        }
        if let privateKey { try NamedFile.tlsKey(privateKey).check { kind, _ in kind == .privateKey } }
        let programs = try Programs.found()
        let pointers = ([programs.agent, "serve"] + arguments).map { strdup($0) } + [nil]
        execv(programs.agent, pointers)
        throw FileError(programs.agent, doing: "run")
    }
}

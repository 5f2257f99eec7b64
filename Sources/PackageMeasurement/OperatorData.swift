internal import Notation
public import PackageFormat

/// What an enclave sees of the machine that isn't measured: how to reach the network, whom TLS trusts there, and what
/// time it is in which zone. All of it is data, and its operator's.
public enum OperatorData {
    public static let files = [
        "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/services", "/etc/protocols", authorities,
    ]
    public static let authorities = "/etc/ssl/certs/ca-certificates.crt"
    public static let timeZones = "/usr/share/zoneinfo"

    /// What of it an enclave of this record sees: a file that is measured is nobody's to choose.
    static func files(beside record: EnclaveRecord) -> [String] {
        files.filter { record.digest(of: $0) == nil }
    }

    /// Whether an enclave of this record sees the machine's time zones: it does unless it brings some along.
    public static func hasTimeZones(beside record: EnclaveRecord) -> Bool {
        !record.files.contains { ExactText($0.path).hasPrefix(timeZones + "/") }
    }

    /// Gramine reads it itself, word by word (`sys.enable_extra_runtime_domain_names_conf`).
    static let readByGramine = "/etc/resolv.conf"
}

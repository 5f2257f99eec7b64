internal import DCAPCollateral
internal import Files
internal import Notation
internal import PackageFormat
internal import RATLS
internal import SGXQuote

/// Values of options and arguments, checked where they are read: what can't mean anything is a usage error, before
/// anything is done.
public enum Arguments {
    static func mismatch(_ expected: String, found: String? = nil) -> OperationError {
        OperationError("", expected + " expected" + (found.map { ", found " + $0 } ?? ""), code: .usage)
    }

    /// 12 hex digits.
    public static func fmspc(_ text: String) throws(OperationError) -> String {
        guard Hex.bytes(text)?.count == 6 else { throw mismatch("12 hex digits") }
        return text
    }

    /// Who issued a PCK certificate.
    public static func authority(_ text: String) throws(OperationError) -> String {
        guard CollateralRequest.Authority(rawValue: text) != nil else { throw mismatch("platform or processor") }
        return text
    }

    public static func tee(_ text: String) throws(OperationError) -> String {
        guard CollateralRequest.TEE(rawValue: text) != nil else { throw mismatch("sgx or tdx") }
        return text
    }

    public static func edition(_ text: String) throws(OperationError) -> String {
        guard CollateralRequest.Edition(text: text) != nil else {
            throw mismatch("standard, early or the number of an evaluation")
        }
        return text
    }

    /// MRENCLAVE or MRTD, or the name of a file that is there.
    public static func measurement(_ text: String) throws(OperationError) -> String {
        let digits = text.hasPrefix("0x") || text.hasPrefix("0X") ? String(text.dropFirst(2)) : text
        if let count = Hex.bytes(digits)?.count, count == 32 || count == 48 { return text }
        guard Files.exists(text) else {
            throw mismatch("MRENCLAVE as 64 or MRTD as 96 hex digits, or a file that holds them,")
        }
        return text
    }

    /// An instance's name.
    public static func instance(_ text: String) throws(OperationError) -> String {
        guard LaunchRecord.isName(text) else { throw mismatch("an instance's name, 1 to 63 of a–z, 0–9 and '-',") }
        return text
    }

    /// An instance's name or an https address.
    public static func peer(_ text: String) throws(OperationError) -> String {
        if isAddress(text) { return try serviceAddress(text) }
        // A file's name is told to be one, by whoever wants none.
        guard LaunchRecord.isName(text) || Files.exists(text) else {
            throw mismatch(
                "an instance's name (1 to 63 of a–z, 0–9 and '-') or an address such as https://localhost:7443"
            )
        }
        return text
    }

    /// An instance's name, an https address, or a file's name.
    public static func target(_ text: String) throws(OperationError) -> String {
        isAddress(text) ? try serviceAddress(text) : text
    }

    /// A folder, a file, or the address of a service.
    public static func source(_ text: String) throws(OperationError) -> String {
        isAddress(text) ? try address(text, "https://localhost:8081") : text
    }

    /// No file's name is written like this, whatever stands before.
    private static func isAddress(_ text: String) -> Bool { text.contains("://") }

    /// Of a service of ours: nothing but TLS, a host and a port.
    private static func serviceAddress(_ text: String) throws(OperationError) -> String {
        let example = "https://localhost:7443"
        guard text.hasPrefix("https://"), try NetworkAddress(address(text, example)).isOrigin else {
            throw mismatch("an address such as \(example)", found: "another scheme, or more than host and port")
        }
        return text
    }

    private static func address(_ text: String, _ example: String) throws(OperationError) -> String {
        do {
            _ = try NetworkAddress(text)
        } catch {
            throw mismatch("an address such as \(example), whose port is 1 to 65535,")
        }
        return text
    }

    /// Where to listen.
    public static func host(_ text: String) throws(OperationError) -> String {
        // An address of a link names its interface.
        let bare = String(text.prefix { $0 != "%" })
        guard !text.hasPrefix("*"), SubjectAlternativeName(bare) != nil else {
            throw mismatch("an address or name of this machine")
        }
        return text
    }

    /// `module:variable` or `module:factory`.
    public static func application(_ text: String) throws(OperationError) -> String {
        guard ProjectConfiguration.isApplication(text) else {
            let advice = ProjectConfiguration.applicationAdvice(text).map { "; " + $0 } ?? ""
            throw OperationError("", "module:variable or module:factory expected" + advice, code: .usage)
        }
        return text
    }

    /// A project's folder, which its settings' file may stand for.
    public static func projectFolder(_ text: String) -> String {
        let (folder, name) = Files.split(text)
        let isSettings = name == ProjectConfiguration.fileName && Files.exists(text) && !Files.isFolder(text)
        return isSettings ? folder : text
    }

    /// Which protocol an application speaks.
    public static func interface(_ text: String) throws(OperationError) -> String {
        guard ["auto", "wsgi"].contains(text) else { throw mismatch("auto or wsgi") }
        return text
    }
}

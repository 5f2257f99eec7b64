internal import DCAPCollateral
internal import Files
internal import Notation
internal import PackageFormat
internal import PackageMeasurement
internal import SGXQuote

/// What enclaves run on, as their operator has it: what it protects, what is needed to launch there, and who knows its
/// collateral.
///
/// It is never a root of trust: whose quotes are believed, the judging options say and nobody else.
protocol LaunchPlatform: Sendable {
    /// As packages name it; measured.
    var name: EnclaveSettings.Platform { get }
    var worth: PlatformWorth { get }

    /// The path of the program that loads the agent there; measured.
    func loader() throws -> String

    /// - Throws: when this user can launch nothing there.
    func check() throws

    /// Whether what a package runs with is there as it was measured; whoever launches it looks again at each byte.
    /// - Parameters:
    ///   - package: its path.
    ///   - subject: what the person named.
    ///   - afterwards: what becomes of it where it isn't.
    func check(package: String, of subject: String, afterwards: String) throws

    /// For enclaves that were launched here, where the judge names no source.
    /// - Returns: nil where the configured source knows it.
    func collateral(at time: Timestamp) throws -> CollateralDelivery?

    /// What to do where no source has collateral for a quote, if the quote says that it comes from such a platform.
    /// Nobody vouches for that: it is good for a hint and for nothing else.
    func mend(forCollateralOf quote: Quote) -> String?

    /// What is lost where some of its protection is missing.
    /// - Parameter names: as `run` told them.
    func losses(without names: [String]) -> [String]

    /// Launches an instance from this process, and answers it until it ends.
    /// - Parameter started: told the agent's process id, and what of the protection is missing here.
    /// - Returns: the agent's exit code; 128 and the signal's number when a signal ended it.
    func run(
        _ instance: borrowing MeasuredInstance,
        started: (_ agent: Int32, _ missing: [String]) throws -> Void
    ) throws -> Int32
}

extension LaunchPlatform {
    func collateral(at time: Timestamp) throws -> CollateralDelivery? { nil }
    func mend(forCollateralOf quote: Quote) -> String? { nil }
    func losses(without names: [String]) -> [String] { names }
}

/// What a platform keeps from whoever runs the machine.
enum PlatformWorth: Hashable, Sendable {
    /// Nothing: its enclaves are none.
    case simulated
    /// What its maker promises.
    /// - Parameter name: of hardware and library operating system.
    case genuine(_ name: String)

    /// Of the platform.
    var words: String {
        switch self {
        case .simulated: "simulated processor: it protects nothing"
        case .genuine(let name): name
        }
    }

    /// Of a measurement of an enclave there.
    var measurementWords: String {
        switch self {
        case .simulated: "simulated: this is no value of a real enclave"
        case .genuine(let name): name
        }
    }

    /// For whoever may take an enclave there for more than it is.
    var warning: String? { self == .simulated ? "this enclave is simulated: it protects nothing" : nil }
}

/// An instance whose package was measured, as a platform launches it.
struct MeasuredInstance: ~Copyable {
    let service: ServiceState
    /// Opened when it was measured: what is measured and what the agent gets are one open file.
    let package: OpenFile
    let enclave: PackageEnclave
    /// Whether key, quote and certificate are to be new.
    let renews: Bool
}

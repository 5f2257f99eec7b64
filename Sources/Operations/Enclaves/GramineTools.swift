internal import Files
public import FoundationEssentials
internal import Gramine
internal import GramineFiles
internal import Notation
internal import SGXQuote
public import WallClock

/// What Gramine's own tools do, without them: manifests rendered, enclaves measured and signed.
public struct GramineTools: Sendable {
    let around: any Gramine.Surroundings & Sendable
    let variables: [String: String]
    let clock: WallClock
    private let progress: (@Sendable (EnclaveProgress) -> Void)?

    /// - Parameter progress: called from any thread, often.
    public init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        clock: WallClock = .system,
        progress: (@Sendable (EnclaveProgress) -> Void)? = nil
    ) {
        let advance = progress.map { progress in { @Sendable count in progress(.hashing(byteCount: count)) } }
        let around = DiskSurroundings(variables: environment, advance: advance)
        self.init(around: around, variables: environment, clock: clock, progress: progress)
    }

    init(
        around: any Gramine.Surroundings & Sendable,
        variables: [String: String],
        clock: WallClock,
        progress: (@Sendable (EnclaveProgress) -> Void)? = nil
    ) {
        self.progress = progress
        self.around = around
        self.variables = variables
        self.clock = clock
    }

    /// A template or manifest is a file, a text that was given in its place, or standard input.
    static func read(_ path: String, option: String, limit: Int) throws(OperationError) -> [UInt8] {
        let isInput = path == "-"
        let subject = (option.isEmpty ? "" : option + " ") + (isInput ? "standard input" : path.printable(limit: nil))
        do {
            return try Files.read(isInput ? "/dev/stdin" : path, limit: limit)
        } catch {
            throw OperationError(subject, error.problem, like: error)
        }
    }

    /// MRENCLAVE.
    func measurement(of layout: EnclaveLayout) -> FixedBytes<32> {
        guard let progress else { return layout.measurement }
        let total = layout.hashedByteCount
        return layout.measurement { progress(.measuring(byteCount: $0, of: total)) }
    }

    static func loader(_ path: String) throws(OperationError) -> (bytes: [UInt8], image: ELFImage) {
        let bytes: [UInt8]
        do throws(OperationError) {
            bytes = try read(path, option: "--libpal", limit: ELFImage.byteLimit)
        } catch {
            throw OperationError(
                error.subject,
                error.problem,
                mend: "name Gramine's libpal.so with --libpal",
                like: error
            )
        }
        do { return (bytes, try ELFImage(reading: bytes)) } catch { throw error.about(path) }
    }
}

/// How far an operation is.
public enum EnclaveProgress: Sendable, CustomStringConvertible {
    /// Trusted files.
    case hashing(byteCount: Int)
    /// The pages of an enclave.
    case measuring(byteCount: UInt64, of: UInt64)

    public var description: String {
        switch self {
        case .hashing(let count): "hashing trusted files: \(ByteText.words(UInt64(count)))"
        case .measuring(let count, let total): "measuring: \(total == 0 ? 100 : min(100, count * 100 / total)) %"
        }
    }
}

extension GramineError {
    /// About a file that a person named.
    func about(_ path: String) -> OperationError {
        OperationError(path == "-" ? "standard input" : path.printable(limit: nil), "\(self)", mend: mend, like: self)
    }
}

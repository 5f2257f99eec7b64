internal import Files
public import FoundationEssentials
internal import Gramine
internal import GramineFiles
internal import Notation
public import WallClock

/// What Gramine's own tools do, without them: manifests rendered, enclaves measured and signed.
public struct GramineTools: Sendable {
    let around: any Gramine.Surroundings & Sendable
    let variables: [String: String]
    let clock: WallClock

    public init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        clock: WallClock = .system
    ) {
        self.init(around: DiskSurroundings(variables: environment), variables: environment, clock: clock)
    }

    init(around: any Gramine.Surroundings & Sendable, variables: [String: String], clock: WallClock) {
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

    static func loader(_ path: String) throws(OperationError) -> ELFImage {
        let bytes = try read(path, option: "--libpal", limit: ELFImage.byteLimit)
        do { return try ELFImage(reading: bytes) } catch { throw error.about(path) }
    }
}

extension GramineError {
    /// About a file that a person named.
    func about(_ path: String) -> OperationError {
        OperationError(path == "-" ? "standard input" : path.printable(limit: nil), "\(self)", mend: mend, like: self)
    }
}

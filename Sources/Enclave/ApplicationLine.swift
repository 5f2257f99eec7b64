/// What the application says, where a measured setting lets the operator read it: one line of ASCII that commands no
/// terminal.
public struct ApplicationLine: Hashable, Sendable {
    private static let mark = "application.says "

    public let line: String

    /// - Parameter text: without a line's end.
    public init(_ text: some Sequence<UInt8>) {
        line =
            Self.mark
            + String(decoding: Array(text), as: UTF8.self).unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
    }

    /// Takes what the other initialiser may have written; nil for anything else.
    public init?(line: String) {
        guard line.utf8.starts(with: Self.mark.utf8), line.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return nil
        }
        self.line = line
    }
}

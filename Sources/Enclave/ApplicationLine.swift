/// What the application says, where a measured setting lets the operator read it: one line of ASCII that commands no
/// terminal.
public struct ApplicationLine: Hashable, Sendable {
    private static let mark = "application.says "

    public let line: String

    /// Of a line with its time, fewer than the launcher takes (docs/formats/operators-log.md).
    private static let byteLimit = 4000

    private init(escaped text: String) { line = Self.mark + text }

    /// - Returns: one for each line of a text; what is longer goes on in the next.
    public static func lines(of text: [UInt8]) -> [ApplicationLine] {
        text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).flatMap { line in
            var lines: [ApplicationLine] = [], escaped = ""
            for scalar in String(decoding: line, as: UTF8.self).unicodeScalars {
                let next = scalar.escaped(asASCII: true)
                if mark.utf8.count + escaped.utf8.count + next.utf8.count > byteLimit {
                    lines.append(ApplicationLine(escaped: escaped))
                    escaped = ""
                }
                escaped += next
            }
            return lines + [ApplicationLine(escaped: escaped)]
        }
    }

    /// Takes what may have been written; nil for anything else.
    public init?(line: String) {
        guard line.utf8.starts(with: Self.mark.utf8), line.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return nil
        }
        self.line = line
    }
}

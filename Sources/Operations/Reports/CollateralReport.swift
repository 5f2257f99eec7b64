internal import DCAP
internal import Files
internal import Notation
internal import SGXQuote
internal import StrictX509

/// Collateral by its parts and their dates, for people and programs.
public struct CollateralReport: Report {
    struct Entry: Sendable {
        var title: String
        var source: String
        var statement: CollateralStatement
        var notes: [String]
    }

    let entries: [Entry]
    /// What has expired is told as of then.
    private let time: Timestamp

    init(_ entries: [Entry], at time: Timestamp) {
        self.entries = entries
        self.time = time
    }

    public var text: String {
        if entries.isEmpty { return "no collateral is kept here\n" }
        return entries.map { entry in
            var lines = ["\(entry.title)  from \(entry.source)".printable(limit: nil)]
            let width = entry.statement.parts.map(\.name.count).max() ?? 0
            for part in entry.statement.parts {
                let end = part.end.map { $0.description } ?? "never"
                let mark = part.end.map { time > $0 } ?? false ? "  EXPIRED" : ""
                let name = part.name + String(repeating: " ", count: width - part.name.count)
                lines.append(
                    "  \(name)  \(part.start) to \(end)\(mark)  \(part.detail.printable())"
                )
            }
            lines +=
                entry.statement.problems.map { "  unreadable: \($0.printable(limit: 500))" }
                + entry.notes.map { "  \($0.printable(limit: 500))" }
            return lines.joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    public var json: String {
        JSON.pretty(Node(.array(entries.map(\.node))))
    }
}

extension CollateralReport.Entry {
    fileprivate var node: Node {
        .object([
            "title": Node(title),
            "source": Node(source),
            "fmspc": statement.fmspc.map { Node($0.description) },
            "tee": statement.tee.map { Node($0) },
            "tcbEvaluationDataNumber": statement.tcbEvaluationDataNumber.map { Node($0) },
            "qeEvaluationDataNumber": statement.qeEvaluationDataNumber.map { Node($0) },
            "validUntil": statement.period.map { Node($0.end.description) },
            "parts": Node(.array(statement.parts.map(Self.node))),
            "problems": Node(.array(statement.problems.map { Node($0) })),
            "notes": Node(.array(notes.map { Node($0) })),
        ])
    }

    private static func node(_ part: CollateralStatement.Part) -> Node {
        .object([
            "name": Node(part.name),
            "from": Node(part.start.description),
            "until": part.end.map { Node($0.description) } ?? Node(.null),
            "detail": Node(part.detail),
        ])
    }
}

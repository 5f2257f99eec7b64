internal import Attestation
internal import DCAP
internal import DCAPCollateral
internal import Notation
internal import SGXQuote
internal import StrictX509

/// Any quote, shown or judged.
public enum QuoteOperations {
    /// Every field, named.
    public static func show(_ path: String) throws -> (text: String, json: String) {
        let node = QuoteDescription(try EvidenceInput(file: path).evidence.quote).node
        return (lines(node, indent: 0), JSON.pretty(node))
    }

    public static func verify(_ path: String, options: JudgingOptions, in surroundings: Surroundings = Surroundings())
        async throws -> Judgement
    {
        try await JudgingSession(options, surroundings).judge(.init(file: path, try EvidenceInput(file: path)))
    }

    private static func lines(_ node: Node, indent: Int) -> String {
        guard case .object(let members) = node.value else { return "" }
        let width = members.map(\.name.count).max() ?? 0
        return members.map { member in
            let head =
                String(repeating: " ", count: indent) + member.name
                + String(repeating: " ", count: width - member.name.count)
            switch member.node.value {
            case .object: return head + "\n" + lines(member.node, indent: indent + 2)
            case .array(let elements)
            where elements.contains(where: { if case .object = $0.value { true } else { false } }):
                return elements.enumerated().map {
                    "\(head) \($0.offset + 1)\n" + lines($0.element, indent: indent + 2)
                }.joined()
            case .array(let elements):
                return head + "  "
                    + elements.map { value($0) }.joined(
                        separator: "\n" + String(repeating: " ", count: indent + width + 2)
                    )
                    + "\n"
            default: return head + "  " + value(member.node) + "\n"
            }
        }.joined()
    }

    private static func value(_ node: Node) -> String {
        switch node.value {
        case .string(let text): text.printable(limit: 4096)
        case .number(let digits): digits
        case .boolean(let value): value ? "yes" : "no"
        case .null: "-"
        case .foreign(let literal): literal
        default: JSON.line(node)
        }
    }
}

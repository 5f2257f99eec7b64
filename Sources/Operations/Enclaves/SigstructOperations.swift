internal import Gramine
internal import Notation

/// Signatures of enclaves, shown and verified.
public enum SigstructOperations {
    public static func show(_ path: String) throws(OperationError) -> SigstructReport {
        SigstructReport(try read(path), problem: nil)
    }

    /// Does what the processor does before it starts an enclave.
    public static func verify(_ path: String) throws(OperationError) -> SigstructReport {
        let sigstruct = try read(path)
        do throws(GramineError) {
            try sigstruct.verify()
            return SigstructReport(sigstruct, problem: nil)
        } catch {
            return SigstructReport(sigstruct, problem: "\(error)")
        }
    }

    private static func read(_ path: String) throws(OperationError) -> Sigstruct {
        let bytes = try GramineTools.read(path, option: "", limit: 1 << 20)
        do { return try Sigstruct(reading: bytes) } catch { throw error.about(path) }
    }
}

/// A signature's fields, and whether it holds where that was looked at.
public struct SigstructReport: Report {
    /// The forms that Gramine's own viewer has.
    public enum Form: String, CaseIterable, Sendable {
        case text, toml, json
    }

    private let sigstruct: Sigstruct
    private let problem: String?

    fileprivate init(_ sigstruct: Sigstruct, problem: String?) {
        self.sigstruct = sigstruct
        self.problem = problem
    }

    public var holds: Bool { problem == nil }

    /// Byte for byte as that viewer prints it.
    /// - Parameter isWhole: whether attributes, masks and the date are shown too.
    public func view(_ form: Form, isWhole: Bool) -> String {
        let members = sigstruct.view(isWhole: isWhole)
        switch form {
        case .text:
            return "Attributes:\n" + members.map { "    \($0.name): \(Self.words($0.node))\n" }.joined()
        case .toml:
            return members.map { member in
                if case .string(let text) = member.node.value { return "\(member.name) = \"\(text)\"\n" }
                return "\(member.name) = \(Self.words(member.node).lowercased())\n"
            }.joined()
        case .json:
            let lines = members.map { "    \"\($0.name)\": \(JSON.line($0.node))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n}"
        }
    }

    private static func words(_ node: Node) -> String {
        switch node.value {
        case .string(let text): text
        case .boolean(let isTrue): isTrue ? "True" : "False"
        default: JSON.line(node)
        }
    }

    public var text: String {
        let members = sigstruct.view(isWhole: true)
        let width = members.map(\.name.utf8.count).max() ?? 0
        let lines = members.map { member in
            "  " + member.name + String(repeating: " ", count: width - member.name.utf8.count) + "  "
                + Self.words(member.node) + "\n"
        }
        return (problem.map { "REFUSED  \($0)\n" } ?? "VALID  modulus, signature, Q1 and Q2 fit each other\n")
            + lines.joined()
    }

    public var json: String {
        let members = sigstruct.view(isWhole: true)
        return JSON.pretty(
            Node(
                .object(
                    [
                        Member("valid", Node(.boolean(holds))),
                        Member("problem", problem.map { Node($0) } ?? Node(.null)),
                    ] + members
                )
            )
        )
    }
}

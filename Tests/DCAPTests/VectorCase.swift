import DCAP
import FakePKI
import Files
import Notation
import SGXQuote
import StrictX509
import TestSupport
import Testing

/// Files of one case, and what is done to them before they are judged.
struct VectorCase {
    /// The vectors that stand beside the project, and those that are in it.
    static let shared = SharedVectors.path("dcap/vectors"), own = ProjectVectors.path("quotes")

    /// Of the vectors that the case is one of.
    var folder: String
    var name: String
    /// Paths below that folder.
    var quote: String
    var collateral: String
    var root: String?
    /// Seconds since 1970.
    var time: Timestamp
    var operations: [Node] = []
    /// The node it was made from.
    var node: Node

    // MARK: Reading the lists

    static func list(_ folder: String, _ name: String) -> [Node] {
        guard let node = try? JSON.read(try Files.read(folder + "/" + name), depthLimit: 32),
            case .array(let list) = node.value
        else { return [] }
        return list
    }

    static func text(_ node: Node?) -> String? {
        if case .string(let text)? = node?.value { text } else { nil }
    }

    static func texts(_ node: Node?) -> [String] {
        if case .array(let list)? = node?.value { list.compactMap { text($0) } } else { [] }
    }

    private static func seconds(_ node: Node?) -> Timestamp {
        text(node).flatMap { Timestamp($0) } ?? Timestamp(seconds: 0)
    }

    static let real = real(in: shared), ownReal = real(in: own)
    static let negative = negative(in: shared, of: real), ownNegative = negative(in: own, of: ownReal)

    private static func real(in folder: String) -> [VectorCase] {
        list(folder, "cases.json").map { node in
            VectorCase(
                folder: folder,
                name: text(node["name"]) ?? "",
                quote: text(node["quote"]) ?? "",
                collateral: text(node["collateral"]) ?? "",
                time: seconds(node["at"]),
                node: node
            )
        }
    }

    private static func negative(in folder: String, of real: [VectorCase]) -> [VectorCase] {
        list(folder, "negatives.json").compactMap { node in
            guard var vector = real.first(where: { $0.name == text(node["base"]) }),
                case .array(let operations)? = node["operations"]?.value
            else {
                return nil
            }
            vector.name = text(node["name"]) ?? ""
            vector.node = node
            for operation in operations {
                if let at = operation["at"] { vector.time = seconds(at) } else { vector.operations.append(operation) }
            }
            return vector
        }
    }

    static let forged: [VectorCase] = ((try? Files.names(in: shared + "/forged")) ?? []).compactMap { name in
        guard let node = try? JSON.read(try Files.read(shared + "/forged/\(name)/case.json")) else { return nil }
        return VectorCase(
            folder: shared,
            name: name,
            quote: "forged/\(name)/quote.bin",
            collateral: "forged/\(name)/collateral",
            root: "forged/\(name)/root.pem",
            time: seconds(node["at"]),
            node: node
        )
    }

    // MARK: Judging

    /// What is given in is neither quote nor collateral.
    struct NotEvenInput: Error, CustomStringConvertible {
        let description: String
    }

    private static let names = [
        "root_ca.crl.der", "pck.crl.der", "tcb_info.json", "qe_identity.json", "tcb_info_chain.pem",
        "qe_identity_chain.pem",
        "pck_chain.pem",
    ]

    /// All files, with the operations done.
    func files() throws -> [String: [UInt8]] {
        var files = ["quote.bin": try Files.read(folder + "/" + quote)]
        for name in Self.names {
            let path = "\(folder)/\(collateral)/\(name)"
            if Files.exists(path) { files[name] = try Files.read(path) }
        }
        for operation in operations { try apply(operation, &files) }
        return files
    }

    /// - Throws: `NotEvenInput`.
    func examine(_ anchor: TrustAnchor = .intel) throws -> Examination {
        let files = try files()
        func file(_ name: String) throws -> [UInt8] {
            guard let bytes = files[name] else { throw NotEvenInput(description: "\(name) isn't there") }
            return bytes
        }
        let quote: Quote
        do {
            quote = try Quote(file("quote.bin"))
        } catch let error as QuoteError {
            throw NotEvenInput(description: "\(error)")
        }
        let collateral = try Collateral(vector: file, pckChain: files["pck_chain.pem"])
        return QuoteExaminer(anchor: anchor).examine(quote, with: collateral, at: time)
    }

    /// The root that a forged chain leads to.
    func ownAnchor() throws -> TrustAnchor {
        do {
            return try TrustAnchor(file: try Files.read(folder + "/" + (try #require(root))))
        } catch let error as TrustAnchorError {
            throw NotEvenInput(description: "\(error)")
        }
    }

    private func apply(_ operation: Node, _ files: inout [String: [UInt8]]) throws {
        guard case .object(let members) = operation.value, let member = members.first else { return }
        let arguments: [Node] = if case .array(let list) = member.node.value { list } else { [member.node] }
        func number(_ index: Int) -> Int {
            if case .number(let digits) = arguments[index].value { Int(digits) ?? 0 } else { 0 }
        }
        func text(_ index: Int) throws -> String { try #require(Self.text(arguments[index])) }
        let file = try text(0)
        var bytes = files[file] ?? []
        switch member.name {
        case "delete":
            files[file] = nil
            return
        case "copy": bytes = try Files.read(folder + "/" + text(1))
        case "text":
            let old = Array(try text(1).utf8)
            let start = try #require(
                (0...(bytes.count - old.count)).first { bytes[$0..<($0 + old.count)].elementsEqual(old) }
            )
            bytes.replaceSubrange(start..<(start + old.count), with: Array(try text(2).utf8))
        case "truncate": bytes = Array(bytes.prefix(number(1)))
        case "append": bytes += try #require(Hex.bytes(text(1)))
        case "xor": bytes[number(1) < 0 ? bytes.count + number(1) : number(1)] ^= UInt8(number(2))
        case "set":
            let offset = number(1) < 0 ? bytes.count + number(1) : number(1)
            let new = try #require(Hex.bytes(text(2)))
            bytes.replaceSubrange(offset..<(offset + new.count), with: new)
        default: Issue.record("an unknown operation \(member.name)")
        }
        files[file] = bytes
    }
}

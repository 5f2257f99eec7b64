internal import Attestation
internal import DCAP
internal import Files
internal import Notation
internal import SGXQuote
internal import StrictX509

/// Any quote, shown or judged.
public enum QuoteOperations {
    /// Every field, named.
    public static func show(_ path: String) throws -> (text: String, json: String) {
        let node: Node
        do {
            node = try QuoteDescription(EvidenceInput.read(try read(path)).quote).node
        } catch let error as FileError {
            throw error
        } catch {
            throw OperationError(path, "\(error)")
        }
        return (lines(node, indent: 0), JSON.pretty(node))
    }

    public static func verify(_ path: String, options: JudgingOptions, state: StateFolder = StateFolder()) async throws -> Judgement {
        let verifier = try options.verifier(state)
        let time = try options.time()
        let evidence: Evidence
        do {
            evidence = try EvidenceInput.read(try read(path))
        } catch let error as FileError {
            throw error
        } catch {
            throw OperationError(path, "\(error)")
        }
        let collateral = try await options.collateral(for: evidence.quote, platform: nil, at: time, state)
        return Judgement(title: path, verdict: verifier.judge(evidence, with: collateral, at: time), package: nil)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        try Files.read(path == "-" ? "/dev/stdin" : path, limit: 1 << 20)
    }

    private static func lines(_ node: Node, indent: Int) -> String {
        guard case .object(let members) = node.value else { return "" }
        let width = members.map(\.name.count).max() ?? 0
        return members.map { member in
            let head = String(repeating: " ", count: indent) + member.name + String(repeating: " ", count: width - member.name.count)
            switch member.node.value {
            case .object: return head + "\n" + lines(member.node, indent: indent + 2)
            case .array(let elements):
                return head + "  " + elements.map { value($0) }.joined(separator: "\n" + String(repeating: " ", count: indent + width + 2))
                    + "\n"
            default: return head + "  " + value(member.node) + "\n"
            }
        }.joined()
    }

    private static func value(_ node: Node) -> String {
        switch node.value {
        case .string(let text): text
        case .number(let digits): digits
        case .boolean(let value): value ? "yes" : "no"
        case .null: "-"
        default: JSON.canonical(node)
        }
    }
}

/// All fields of a quote by name.
struct QuoteDescription {
    let quote: Quote

    init(_ quote: Quote) { self.quote = quote }

    var node: Node {
        let layout = quote.layout
        return .object([
            "version": Node(Int(layout.version)), "tee": Node(layout.tee == .sgx ? "SGX" : "TDX"),
            "qeVendor": Node(Hex.text(quote.qeVendor)),
            "userData": Node(Hex.text(quote.userData)), "report": quote.report.map(Self.node), "tdReport": quote.tdReport.map(Self.node),
            "signature": Node(Hex.text(quote[layout.signature])), "attestationKey": Node(Hex.text(quote[layout.attestationKey])),
            "qeReport": Self.node(quote.qeReport), "qeReportSignature": Node(Hex.text(quote[layout.qeReportSignature])),
            "authenticationData": Node(Hex.text(quote[layout.authenticationData])),
            "certificationDataType": Node(Int(layout.certificationKind.rawValue)),
            "certificates": certificates, "platform": platform, "byteCount": Node(layout.end),
            "padding": Node(quote.bytes.count - layout.end),
        ])
    }

    private static func node(_ report: ReportBody) -> Node {
        .object([
            "cpuSVN": Node(Hex.text(report.cpuSVN)), "miscSelect": Node(String(report.miscSelect, radix: 16)),
            "attributes": Node(Hex.text(report.attributesBytes)), "attributeNames": Node(report.attributes.description),
            "mrenclave": Node(Hex.text(report.mrenclave)), "mrsigner": Node(Hex.text(report.mrsigner)),
            "configID": Node(Hex.text(report.configID)),
            "productID": Node(Int(report.productID)), "svn": Node(Int(report.securityVersion)), "configSVN": Node(Int(report.configSVN)),
            "reportData": Node(Hex.text(report.reportData)),
        ])
    }

    private static func node(_ td: TDReport) -> Node {
        .object([
            "teeTcbSvn": Node(Hex.text(td.teeTCBSVN)), "mrseam": Node(Hex.text(td.mrseam)), "mrsignerseam": Node(Hex.text(td.mrsignerseam)),
            "seamAttributes": Node(String(td.seamAttributes, radix: 16)), "tdAttributes": Node(String(td.tdAttributes, radix: 16)),
            "xfam": Node(String(td.xfam, radix: 16)), "mrtd": Node(Hex.text(td.mrtd)), "mrconfigid": Node(Hex.text(td.mrconfigid)),
            "mrowner": Node(Hex.text(td.mrowner)), "mrownerconfig": Node(Hex.text(td.mrownerconfig)),
            "rtmr": Node(.array(td.rtmr.map { Node(Hex.text($0)) })), "reportData": Node(Hex.text(td.reportData)),
            "teeTcbSvn2": td.teeTCBSVN2.map { Node(Hex.text($0)) }, "mrservicetd": td.mrservicetd.map { Node(Hex.text($0)) },
        ])
    }

    private var chain: [Certificate] {
        guard quote.layout.certificationKind == .chain || quote.layout.certificationKind == .leaf else { return [] }
        let blocks = (try? PEM.blocks(quote[quote.layout.certificationData], label: "CERTIFICATE", allowsNUL: true)) ?? []
        return blocks.compactMap { try? Certificate($0) }
    }

    private var certificates: Node {
        Node(
            .array(
                chain.map {
                    Node(
                        "\(NotationError.printable($0.subject.description)), \(CalendarTime.text($0.notBefore)) to \(CalendarTime.text($0.notAfter)), serial \(Hex.text($0.serial))"
                    )
                }))
    }

    private var platform: Node? {
        guard let leaf = chain.first, let values = try? PCKExtension(of: leaf) else { return nil }
        return .object([
            "fmspc": Node(Hex.text(values.fmspc)), "pceID": Node(Hex.text(values.pceID)), "ppid": Node(Hex.text(values.ppid)),
            "components": Node(Hex.text(values.components)), "pceSVN": Node(Int(values.pceSVN)), "sgxType": Node("\(values.sgxType)"),
            "platformInstanceID": values.platformInstanceID.map { Node(Hex.text($0)) },
        ])
    }
}

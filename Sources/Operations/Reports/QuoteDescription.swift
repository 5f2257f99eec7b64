internal import DCAP
internal import Notation
internal import SGXQuote
internal import StrictX509

/// All fields of a quote by name.
public struct QuoteDescription: Report {
    private let quote: Quote

    init(_ quote: Quote) { self.quote = quote }

    public var text: String { Self.lines(node, indent: 0) }

    public var json: String { JSON.pretty(node) }

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

    var node: Node {
        let layout = quote.layout
        return .object([
            "tee": Node(layout.tee == .sgx ? "SGX" : "TDX"), "header": Self.node(quote.header),
            "report": quote.report.map(Self.node),
            "tdReport": quote.tdReport.map(Self.node), "signature": Node(quote.view.signature.description),
            "attestationKey": Node(quote.view.attestationKey.description), "qeReport": Self.node(quote.qeReport),
            "qeReportSignature": Node(quote.view.qeReportSignature.description),
            "authenticationData": Node(Hex.text(quote[layout.authenticationData])),
            "certificationData": .object([
                "type": Node(Int(layout.certificationKind.rawValue)), "meaning": Node(layout.certificationKind.meaning),
                "byteCount": Node(layout.certificationData.count),
            ]), "certificates": certificates, "platform": platform, "byteCount": Node(layout.end),
            "padding": Node(quote.bytes.count - layout.end),
        ])
    }

    private static func node(_ header: QuoteHeader) -> Node {
        .object([
            "version": Node(Int(header.version)), "attestationKeyType": Node(Int(header.attestationKeyType)),
            "teeType": Node(Int(header.teeType)), "qeSVN": Node(Int(header.qeSVN)), "pceSVN": Node(Int(header.pceSVN)),
            "qeVendor": Node(
                header.qeVendor.description + (header.qeVendor == QuoteHeader.intelQEVendor ? " (Intel)" : "")
            ),
            "userData": Node(header.userData.description),
        ])
    }

    private static func node(_ report: ReportBody) -> Node {
        .object([
            "cpuSVN": Node(report.cpuSVN.description), "miscSelect": flags(report.miscSelect),
            "attributes": flags(report.attributes),
            "xfrm": flags(report.xfrm), "mrenclave": Node(report.mrenclave.description),
            "mrsigner": Node(report.mrsigner.description),
            "extendedProductID": Node(report.extendedProductID.description),
            "configID": Node(report.configID.description),
            "productID": Node(Int(report.productID)), "svn": Node(Int(report.securityVersion)),
            "configSVN": Node(Int(report.configSVN)),
            "familyID": Node(report.familyID.description), "reportData": Node(report.reportData.description),
        ])
    }

    /// Digits as numbers are written, and what the bits are called.
    private static func flags<Bits: NamedBits>(_ bits: Bits) -> Node {
        Node("0x\(String(bits.rawValue, radix: 16)) (\(bits))")
    }

    private static func node(_ td: TDReport) -> Node {
        .object([
            "teeTcbSvn": Node(td.teeTCBSVN.description), "mrseam": Node(td.mrseam.description),
            "mrsignerseam": Node(td.mrsignerseam.description),
            "seamAttributes": Node("0x\(String(td.seamAttributes, radix: 16))"),
            "tdAttributes": flags(td.attributes), "xfam": flags(td.xfam), "mrtd": Node(td.mrtd.description),
            "mrconfigid": Node(td.mrconfigid.description), "mrowner": Node(td.mrowner.description),
            "mrownerconfig": Node(td.mrownerconfig.description),
            "rtmr": Node(.array(td.rtmr.map { Node($0.description) })),
            "reportData": Node(td.reportData.description), "teeTcbSvn2": td.teeTCBSVN2.map { Node($0.description) },
            "mrservicetd": td.mrservicetd.map { Node($0.description) }, "extended": td.extended.map(node),
        ])
    }

    private static func node(_ extended: ExtendedTDReport) -> Node {
        .object([
            "vmID": Node(Int(extended.vmID)), "tdID": Node(extended.tdID.description),
            "deviceInformation": Node(extended.deviceInformation.description),
            "initialServiceTDHash": Node(extended.initialServiceTDHash.description),
            "initialServiceTDAttributes": Node(extended.initialServiceTDAttributes.description),
            "initialCPUSVN": Node(extended.initialCPUSVN.description),
            "initialTeeTcbSvn": Node(extended.initialTEETCBSVN.description),
            "initialFMSPC": Node(extended.initialFMSPC.description),
            "currentServiceTDHash": Node(extended.currentServiceTDHash.description),
            "currentServiceTDAttributes": Node(extended.currentServiceTDAttributes.description),
        ])
    }

    private var chain: [Certificate] {
        guard quote.layout.certificationKind == .chain || quote.layout.certificationKind == .leaf else { return [] }
        let blocks =
            (try? PEM.blocks(quote[quote.layout.certificationData], label: "CERTIFICATE", allowsNUL: true)) ?? []
        return blocks.compactMap { try? Certificate($0) }
    }

    private var certificates: Node {
        Node(.array(chain.map(Self.node)))
    }

    private static func node(_ certificate: Certificate) -> Node {
        let extensions = certificate.extensions.map { one in
            let value = Hex.text(certificate.der[one.value].prefix(64))
            return Node("\(one.identifier)\(one.isCritical ? ", critical" : ""): \(value)")
        }
        return .object([
            "subject": Node(certificate.subject.description),
            "issuer": Node(certificate.issuer.description),
            "serial": Node(certificate.serial.description),
            "notBefore": Node(certificate.notBefore.description),
            "notAfter": Node(certificate.notAfter.description),
            "publicKey": Node(Hex.text(certificate.key.point)),
            "extensions": Node(.array(extensions)),
        ])
    }

    private var platform: Node? {
        guard let leaf = chain.first, let values = try? PCKExtension(of: leaf) else { return nil }
        func stated(_ value: Bool?) -> Node { value.map { Node(.boolean($0)) } ?? Node(.null) }
        return .object([
            "fmspc": Node(values.fmspc.description), "pceID": Node(values.pceID.description),
            "ppid": Node(values.ppid.description),
            "components": Node(.array((0..<16).map { Node(Int(values.components[$0])) })),
            "pceSVN": Node(Int(values.pceSVN)),
            "sgxType": Node("\(values.sgxType)"),
            "platformInstanceID": values.platformInstanceID.map { Node($0.description) },
            "configuration": values.configuration.map {
                .object([
                    "dynamicPlatform": stated($0.dynamicPlatform), "cachedKeys": stated($0.cachedKeys),
                    "smtEnabled": stated($0.smtEnabled),
                ])
            },
            "unknownMembers": values.unknown.isEmpty ? nil : Node(.array(values.unknown.map { Node($0.description) })),
        ])
    }
}

extension QuoteLayout.CertificationKind {
    fileprivate var meaning: String {
        switch self {
        case .ppidClear: "PPID in clear, CPUSVN, PCESVN, PCEID; the chain comes from outside"
        case .ppidRSA2048: "PPID encrypted with RSA-2048, CPUSVN, PCESVN, PCEID; the chain comes from outside"
        case .ppidRSA3072: "PPID encrypted with RSA-3072, CPUSVN, PCESVN, PCEID; the chain comes from outside"
        case .leaf: "PCK certificate; the rest of the chain comes from outside"
        case .chain: "PCK certificate chain"
        }
    }
}

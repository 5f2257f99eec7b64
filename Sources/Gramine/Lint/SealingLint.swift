internal import Notation

/// Keys that the processor derives.
extension LintSubject {
    var sealingFindings: [LintFinding] {
        var findings: [LintFinding] = []
        for mount in mounts.all where mount.type == "encrypted" {
            switch mount.keyName {
            case "_sgx_mrsigner": findings.append(LintFinding(.sealedMrsigner, mount.path.text, at: mount.place))
            case "_sgx_mrenclave": findings.append(LintFinding(.sealedNotDurable, mount.path.text, at: mount.place))
            default: break
            }
        }
        let defaults = [
            "flags_mask": "0xffffffffffffffff", "xfrm_mask": "0xfffffffffff9ff1b", "misc_mask": "0xffffffff",
        ]
        for member in manifest["sgx", "seal_key"]?.members ?? [] {
            guard let text = member.node.text, let usual = defaults[member.name], text.lowercased() != usual else {
                continue
            }
            let rule: LintRule = member.name == "flags_mask" ? .sealMaskFlags : .sealMaskOdd
            findings.append(LintFinding(rule, "sgx.seal_key.\(member.name) = \(text)", at: member.place))
        }
        if manifest["sgx", "isvprodid"]?.integer == 0, manifest["sgx", "isvsvn"]?.integer == 0 {
            findings.append(LintFinding(.svnZero, "sgx.isvprodid = 0, sgx.isvsvn = 0"))
        }
        return findings
    }
}

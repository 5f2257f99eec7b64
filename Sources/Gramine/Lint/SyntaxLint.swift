internal import Notation

/// Keys of earlier versions.
extension LintSubject {
    var syntaxFindings: [LintFinding] {
        var findings: [LintFinding] = []
        for section in manifest.root.members {
            for member in section.node.members {
                let name = section.name + "." + member.name
                if ManifestSchema.former[name] != nil {
                    findings.append(LintFinding(.oldSyntax, name, at: member.place))
                }
            }
        }
        if let entrypoint = manifest["loader", "entrypoint"], entrypoint.text != nil {
            findings.append(LintFinding(.oldSyntax, "loader.entrypoint as a string", at: entrypoint.place))
        }
        if let choice = manifest["sgx", "remote_attestation"], choice.text == "epid" || choice.text == nil {
            findings.append(LintFinding(.oldSyntax, "sgx.remote_attestation", at: choice.place))
        }
        return findings
    }
}

internal import Notation

/// What costs time, or lets machines differ.
extension LintSubject {
    var costFindings: [LintFinding] {
        var findings: [LintFinding] = []
        if facts.isHot, manifest["libos", "check_invalid_pointers"]?.value != .boolean(false) {
            findings.append(LintFinding(.pointerChecks, "libos.check_invalid_pointers = true"))
        }
        if facts.isSingleProcess, manifest["sys", "disallow_subprocesses"]?.isTrue != true {
            findings.append(LintFinding(.subprocess, "sys.disallow_subprocesses = false"))
        }
        if facts.handlesFaults, manifest["sgx", "use_exinfo"]?.isTrue != true {
            findings.append(LintFinding(.noExinfo, "sgx.use_exinfo = false"))
        }
        if facts.isDatedToday { findings.append(LintFinding(.signingDate, "the signature's date is today")) }
        if let version = facts.gramine, version.lexicographicallyPrecedes([1, 6, 2]) {
            findings.append(LintFinding(.oldGramine, "Gramine " + version.map(String.init).joined(separator: ".")))
        }
        return findings + featureFindings + profileFindings
    }

    private var featureFindings: [LintFinding] {
        var findings: [LintFinding] = []
        func choice(_ feature: CPUFeature) -> String? { manifest["sgx", "cpu_features", feature.rawValue]?.text }
        func add(_ rule: LintRule, _ feature: CPUFeature) {
            let place = manifest["sgx", "cpu_features", feature.rawValue]?.place ?? .none
            findings.append(
                LintFinding(rule, "sgx.cpu_features.\(feature.rawValue) = \"\(choice(feature) ?? "")\"", at: place)
            )
        }
        for feature in CPUFeature.allCases {
            if feature.canBeUnspecified {
                if choice(feature) == "unspecified" { add(.cpuUnspecified, feature) }
            } else if choice(feature) == "required" {
                add(.pkruMPX, feature)
            }
        }
        if facts.usesAVX, choice(.avx) == "disabled" { add(.cpuDisabledAVX, .avx) }
        if choice(.avx) == "required", choice(.avx512) == "disabled" { add(.avx512ClearsAVX, .avx512) }
        return findings
    }

    private var profileFindings: [LintFinding] {
        let profile = manifest["sgx", "profile", "enable"]
        return flag(.statsProfile, "sgx", "enable_stats") + flag(.statsProfile, "sgx", "vtune_profile")
            + (profile?.text.map { $0 != "none" } == true
                ? [LintFinding(.statsProfile, "sgx.profile.enable", at: profile?.place ?? .none)] : [])
    }
}

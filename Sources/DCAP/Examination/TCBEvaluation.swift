internal import Notation
internal import SGXQuote

/// Which levels fit a platform, and what they say together (PCS API, version 4, "TCB Info", and Intel's quote
/// verification library).
struct TCBEvaluation {
    let pck: PCKExtension
    let info: TCBInfo
    let identity: QEIdentity

    /// The level that fits each part, as far as one does.
    func parts(_ td: TDReport?, qeSVN: UInt16) -> TCBParts {
        var parts = TCBParts()
        parts[.qe] = identity.levels.match(Int(qeSVN))
        parts[.platform] = platformLevel(tdx: td?.teeTCBSVN)?.finding
        if let td { parts[.tdxModule] = moduleLevel(td.teeTCBSVN) }
        if let td, let now = td.teeTCBSVN2, now != td.teeTCBSVN {
            parts[.currentPlatform] = platformLevel(tdx: now)?.finding
            parts[.currentTDXModule] = moduleLevel(now)
        }
        return parts
    }

    /// What the parts say together; nil when no level fits one of them.
    func evaluate(_ td: TDReport?, qeSVN: UInt16) -> TCBFinding? {
        guard let qe = identity.levels.match(Int(qeSVN)) else { return nil }
        guard let td else { return platformLevel(tdx: nil).map { Self.converge($0.finding, module: nil, qe: qe) } }
        let launched = evaluate(td.teeTCBSVN, qe)
        guard let now = td.teeTCBSVN2 else { return launched }
        guard var result = launched, let current = now == td.teeTCBSVN ? launched : evaluate(now, qe) else {
            return nil
        }
        // What runs now and is revoked doesn't get better by what was launched once.
        if current.status == .revoked { return current }
        if result.status.isOutOfDate, current.status.isHelpedByRelaunch {
            let configuration = result.status.speaksOfConfiguration || current.status.speaksOfConfiguration
            result.status = configuration ? .tdRelaunchAdvisedConfigurationNeeded : .tdRelaunchAdvised
        }
        return result
    }

    private func evaluate(_ svns: TEETCBSVN, _ qe: TCBFinding) -> TCBFinding? {
        guard let level = platformLevel(tdx: svns) else { return nil }
        guard svns.moduleVersion > 0 else { return Self.converge(level.finding, module: nil, qe: qe) }
        guard let module = moduleLevel(svns) else { return nil }
        return Self.converge(level.finding, module: module, qe: qe)
    }

    /// Nil without a module version, and when no level fits.
    private func moduleLevel(_ svns: TEETCBSVN) -> TCBFinding? {
        guard svns.moduleVersion > 0 else { return nil }
        return moduleIdentity(version: svns.moduleVersion)?.levels.match(Int(svns.moduleSVN))
    }

    private func platformLevel(tdx: TEETCBSVN?) -> PlatformLevel? {
        let svns = tdx.map { ComponentSVNs($0.bytes) }
        // With a module version the first two belong to the module's identity.
        let start = tdx.map { $0.moduleVersion > 0 ? 2 : 0 } ?? 0
        return info.levels.first { level in
            guard level.components.isCovered(by: pck.components), level.pceSVN <= pck.pceSVN else { return false }
            guard let svns else { return true }
            return level.tdxComponents.map { $0.isCovered(by: svns, from: start) } ?? false
        }
    }

    func moduleIdentity(version: UInt8) -> TDXModuleIdentity? {
        let digits = String(version, radix: 16, uppercase: true)
        let id = "TDX_" + (digits.count == 1 ? "0" : "") + digits
        return info.moduleIdentities.first { $0.id == id }
    }

    private static func converge(_ level: TCBFinding, module: TCBFinding?, qe: TCBFinding) -> TCBFinding {
        TCBFinding(
            status: level.status.converged(with: [module?.status, qe.status]),
            date: min(level.date, module?.date ?? level.date, qe.date),
            advisories: union(union(level.advisories, module?.advisories ?? []), qe.advisories)
        )
    }

    private static func union(_ left: [String], _ right: [String]) -> [String] {
        right.isEmpty ? left : left.isEmpty ? right : Set((left + right).map { ExactText($0) }).sorted().map(\.text)
    }
}

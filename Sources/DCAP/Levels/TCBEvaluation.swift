internal import SGXQuote

/// Which levels fit a platform, and what they say together (DCAP SPEC §4.5 to §4.8).
struct TCBEvaluation {
    let pck: PCKExtension
    let info: TCBInfo
    let identity: QEIdentity

    /// Nil when no level fits.
    func evaluate(_ quote: Quote) -> TCBFinding? {
        let qe = identity.levels.match(Int(quote.qeReport.securityVersion))
        guard let td = quote.tdReport else { return qe.flatMap { qe in platformLevel(tdx: nil).map { Self.converge($0.finding, [qe]) } } }
        let launched = evaluate(Array(td.teeTCBSVN), qe)
        guard let now = td.teeTCBSVN2 else { return launched }
        guard var result = launched, let current = evaluate(Array(now), qe) else { return nil }
        let improves: [TCBStatus] = [.upToDate, .swHardeningNeeded, .configurationNeeded, .configurationAndSWHardeningNeeded]
        if result.status.isOutOfDate, improves.contains(current.status) {
            let configuration = result.status.speaksOfConfiguration || current.status.speaksOfConfiguration
            result.status = configuration ? .tdRelaunchAdvisedConfigurationNeeded : .tdRelaunchAdvised
        }
        return result
    }

    private func evaluate(_ svns: [UInt8], _ qe: TCBFinding?) -> TCBFinding? {
        guard let qe, let level = platformLevel(tdx: svns) else { return nil }
        guard svns[1] > 0 else { return Self.converge(level.finding, [qe]) }
        guard let module = moduleIdentity(version: svns[1])?.levels.match(Int(svns[0])) else { return nil }
        return Self.converge(level.finding, [module, qe])
    }

    private func platformLevel(tdx: [UInt8]?) -> PlatformLevel? {
        info.levels.first { level in
            guard zip(level.components, pck.components).allSatisfy({ $0 <= $1 }), level.pceSVN <= Int(pck.pceSVN) else { return false }
            guard let tdx else { return true }
            guard let components = level.tdxComponents else { return false }
            // With a module version the first two belong to the module's identity.
            return ((tdx[1] > 0 ? 2 : 0)..<16).allSatisfy { components[$0] <= tdx[$0] }
        }
    }

    func moduleIdentity(version: UInt8) -> TDXModuleIdentity? {
        let digits = String(version, radix: 16, uppercase: true)
        let id = "TDX_" + (digits.count == 1 ? "0" : "") + digits
        return info.moduleIdentities.first { $0.id == id }
    }

    private static func converge(_ level: TCBFinding, _ others: [TCBFinding]) -> TCBFinding {
        TCBFinding(
            status: level.status.converged(with: others.map(\.status)),
            date: others.map(\.date).reduce(level.date, min),
            advisories: Set(others.flatMap(\.advisories) + level.advisories).sorted())
    }
}

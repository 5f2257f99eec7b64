internal import DCAP
internal import DCAPCollateral
internal import Files
internal import Notation
internal import PackageFormat
internal import RATLS
internal import SGXQuote
internal import SimulatedProcessor
internal import StrictX509
internal import WallClock

extension LaunchPlace {
    /// This user's simulated processor, in processes of this host.
    static func simulatedProcessor(_ state: StateFolder, _ clock: WallClock) -> LaunchPlace {
        LaunchPlace(
            platform: SimulatedLaunchPlatform(folder: state.simulator, clock: clock),
            engine: HostProcess()
        )
    }
}

/// Everything but the silicon.
private struct SimulatedLaunchPlatform: LaunchPlatform {
    /// Where its keys and faults lie.
    let folder: String
    let clock: WallClock
    let name = EnclaveSettings.Platform.simulator
    let worth = PlatformWorth.simulated

    func loader() throws -> String { try Programs.path(of: .loader) }

    func check() throws { _ = try SimulatedPlatform(folder: folder) }

    func check(package: String, of subject: String, afterwards: String) throws {
        try PackageFile(package).checkRuntime(of: subject, afterwards: afterwards)
    }

    func collateral(at time: Timestamp) throws -> CollateralDelivery? {
        CollateralDelivery(try SimulatedPlatform(folder: folder).collateral(at: time), from: "the simulated processor")
    }

    func mend(forCollateralOf quote: Quote) -> String? {
        guard
            let blocks = try? PEM.blocks(
                quote[quote.layout.certificationData],
                label: "CERTIFICATE",
                allowsNUL: true
            ),
            blocks.contains(where: {
                (try? Certificate($0))?.issuer.commonName?.hasPrefix(SimulatedPlatform.maker) == true
            })
        else { return nil }
        return
            """
            the quote says that it comes from a simulated processor, which only its operator has collateral of: he \
            serves it with 'mse simulator serve', and you name that with --collateral (such as \
            http://127.0.0.1:8081), or the evidence file that he made with 'mse evidence'; its root, if you want to \
            trust it, with --trusted-root
            """
    }

    func losses(without names: [String]) -> [String] {
        names.compactMap { Protection(rawValue: $0) }.map(\.withoutIt)
    }

    func run(
        _ instance: borrowing MeasuredInstance,
        started: (_ agent: Int32, _ missing: [String]) throws -> Void
    ) throws -> Int32 {
        let service = instance.service
        let launcher = Launcher(
            enclave: instance.enclave,
            isDebug: try service.record().isDebug,
            instance: Launcher.Instance(
                id: try service.launch().id,
                package: instance.package.descriptor,
                packagePath: service.packagePath,
                launchPath: service.launchPath,
                sealedFolder: service.sealedFolder,
                memoryFolder: service.memoryFolder,
                logPath: service.logPath
            ),
            arguments: instance.renews ? ["--renew"] : [],
            clock: clock
        )
        return try launcher.run(on: SimulatedPlatform(folder: folder)) { try started($0, $1.map(\.rawValue)) }
    }
}

/// The registers of a TD that hold digests, by the names that Intel gives them (TDX Module ABI, TDREPORT).
public enum TDRegister: String, CaseIterable, Sendable {
    case rtmr0, rtmr1, rtmr2, rtmr3, mrseam, mrsignerseam, mrconfigid, mrowner, mrownerconfig, mrservicetd
}

extension TDReport {
    /// Nil when reports of this kind have none of that name.
    public subscript(register: TDRegister) -> FixedBytes<48>? {
        switch register {
        case .rtmr0: self[rtmr: 0]
        case .rtmr1: self[rtmr: 1]
        case .rtmr2: self[rtmr: 2]
        case .rtmr3: self[rtmr: 3]
        case .mrseam: mrseam
        case .mrsignerseam: mrsignerseam
        case .mrconfigid: mrconfigid
        case .mrowner: mrowner
        case .mrownerconfig: mrownerconfig
        case .mrservicetd: mrservicetd
        }
    }
}

/// MISCSELECT of an enclave.
public struct MiscSelect: NamedBits {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let names = [0: "EXINFO", 1: "CPINFO"]
}

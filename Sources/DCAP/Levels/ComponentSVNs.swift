internal import SGXQuote

/// 16 component SVNs, compared each for itself: never as text, as one number or as a sum.
public typealias ComponentSVNs = SIMD16<UInt8>

extension ComponentSVNs {
    init(_ bytes: FixedBytes<16>) {
        self.init()
        for index in 0..<16 { self[index] = bytes[index] }
    }

    /// Whether every component from an index on is at most the other's.
    func isCovered(by other: ComponentSVNs, from start: Int = 0) -> Bool {
        var fits = self .<= other
        for index in 0..<start { fits[index] = true }
        return all(fits)
    }

    /// Lexicographic order, the first component first.
    func precedes(_ other: ComponentSVNs) -> Bool? {
        for index in 0..<16 where self[index] != other[index] { return self[index] < other[index] }
        return nil
    }
}

/// A natural number of many bits, for what SIGSTRUCT needs beside the signature: quotients of public numbers.
/// Not constant in time: never for secrets.
struct WideInteger: Hashable {
    /// The lowest first; the highest isn't zero.
    private(set) var limbs: [UInt64]

    private init(limbs: [UInt64]) {
        self.limbs = limbs
        while self.limbs.last == 0 { self.limbs.removeLast() }
    }

    init(littleEndian bytes: some Sequence<UInt8>) {
        var limbs: [UInt64] = []
        for (index, byte) in bytes.enumerated() {
            if index % 8 == 0 { limbs.append(0) }
            limbs[index / 8] |= UInt64(byte) << (8 * (index % 8))
        }
        self.init(limbs: limbs)
    }

    /// Nil where the number needs more bytes.
    func littleEndian(byteCount: Int) -> [UInt8]? {
        let bytes = limbs.flatMap { limb in (0..<8).map { UInt8(truncatingIfNeeded: limb >> (8 * $0)) } }
        guard bytes.dropFirst(byteCount).allSatisfy({ $0 == 0 }) else { return nil }
        return bytes.prefix(byteCount) + [UInt8](repeating: 0, count: max(0, byteCount - bytes.count))
    }

    var isZero: Bool { limbs.isEmpty }

    static func < (left: WideInteger, right: WideInteger) -> Bool {
        guard left.limbs.count == right.limbs.count else { return left.limbs.count < right.limbs.count }
        for (a, b) in zip(left.limbs.reversed(), right.limbs.reversed()) where a != b { return a < b }
        return false
    }

    static func * (left: WideInteger, right: WideInteger) -> WideInteger {
        var product = [UInt64](repeating: 0, count: left.limbs.count + right.limbs.count)
        for (i, a) in left.limbs.enumerated() {
            var carry: UInt64 = 0
            for (j, b) in right.limbs.enumerated() {
                var (high, low) = a.multipliedFullWidth(by: b)
                for summand in [product[i + j], carry] {
                    let (sum, overflows) = low.addingReportingOverflow(summand)
                    low = sum
                    high += overflows ? 1 : 0
                }
                product[i + j] = low
                carry = high
            }
            product[i + right.limbs.count] = carry
        }
        return WideInteger(limbs: product)
    }

    /// Bit by bit; the divisor isn't zero.
    func dividing(by divisor: WideInteger) -> (quotient: WideInteger, remainder: WideInteger) {
        precondition(!divisor.isZero)
        var quotient = [UInt64](repeating: 0, count: limbs.count)
        var remainder = WideInteger(limbs: [])
        for index in limbs.indices.reversed() {
            for bit in (0..<64).reversed() {
                remainder.double(adding: limbs[index] >> UInt64(bit) & 1)
                guard !(remainder < divisor) else { continue }
                remainder.subtract(divisor)
                quotient[index] |= 1 << UInt64(bit)
            }
        }
        return (WideInteger(limbs: quotient), remainder)
    }

    private mutating func double(adding bit: UInt64) {
        var carry = bit
        for index in limbs.indices {
            let high = limbs[index] >> 63
            limbs[index] = limbs[index] << 1 | carry
            carry = high
        }
        if carry != 0 { limbs.append(carry) }
    }

    /// What isn't larger.
    private mutating func subtract(_ other: WideInteger) {
        var borrow = false
        for index in limbs.indices {
            let (part, first) = limbs[index].subtractingReportingOverflow(
                index < other.limbs.count ? other.limbs[index] : 0
            )
            let (rest, second) = part.subtractingReportingOverflow(borrow ? 1 : 0)
            limbs[index] = rest
            borrow = first || second
        }
        while limbs.last == 0 { limbs.removeLast() }
    }
}

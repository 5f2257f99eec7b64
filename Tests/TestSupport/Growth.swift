internal import Glibc
public import Testing

/// How the cost of reading something grows with its size.
///
/// Told by the processor time of the reading thread, at sizes where that is milliseconds: other work on the machine
/// adds little to it, and what it adds is gone at the next try. A reader of n log n takes some ten times as long for
/// eight times the input, a quadratic one 64 times.
public struct Growth: Sendable, CustomTestStringConvertible {
    public let testDescription: String
    private let sizes: ClosedRange<Int>
    /// The least of several readings of one input.
    private let seconds: @Sendable (_ size: Int, _ readings: Int) throws -> Double

    /// - Parameters:
    ///   - sizes: what makes sense as a size, such as the number of lines.
    ///   - make: an input of a size.
    ///   - read: what is measured; it must take the input as it is.
    public init<Input>(
        _ name: String,
        _ sizes: ClosedRange<Int> = 64...(1 << 17),
        make: @escaping @Sendable (Int) throws -> Input,
        read: @escaping @Sendable (Input) throws -> Void
    ) {
        testDescription = name
        self.sizes = sizes
        seconds = { size, readings in
            let input = try make(size)
            var least = Double.infinity
            for _ in 0..<readings {
                let start = Self.now()
                try read(input)
                least = min(least, Self.now() - start)
            }
            return least
        }
    }

    public struct Result: Sendable, CustomStringConvertible {
        /// How many times as long eight times the size takes; nil where even the largest size takes too short to be
        /// told.
        public let factor: Double?
        public let description: String
        /// Beside other work, which costs caches, n log n was seen to take up to 21 times as long; n to the power of
        /// 1.7 takes 34 times.
        public var isNearlyLinear: Bool { factor.map { $0 < Growth.limit } ?? true }
    }

    private static let limit = 32.0
    /// Seconds; below it a clock tells little.
    private static let measurable = 0.004

    /// - Parameter tries: how often other work may disturb it. What is too slow fails every one of them, so a reader
    ///   that is meant to needs only one.
    /// - Throws: what the reader throws.
    public func measure(tries: Int = 4) throws -> Result {
        var size = sizes.lowerBound
        _ = try seconds(size, 1)  // what is made once
        while try seconds(size, 1) < Self.measurable {
            guard size * 16 <= sizes.upperBound else {
                return Result(factor: nil, description: "\(size): too fast to be told")
            }
            size *= 2
        }
        // A try that other work disturbed is followed by another; a reader that is too slow fails them all.
        var best = Double.infinity
        for _ in 0..<tries {
            best = min(best, try seconds(8 * size, 2) / seconds(size, 3))
            if best < Self.limit { break }
        }
        return Result(factor: best, description: "\(8 * size) takes \(best) times as long as \(size)")
    }

    /// Of this thread.
    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// A text of lines, or of other pieces.
    public static func text(_ count: Int, _ piece: (Int) -> String) -> String { (0..<count).map(piece).joined() }
    public static func bytes(_ count: Int, _ piece: (Int) -> String) -> [UInt8] { Array(text(count, piece).utf8) }
}

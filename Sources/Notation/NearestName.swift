/// What somebody may have meant who wrote a name that is unknown.
package enum NearestName {
    /// - Returns: the names, the nearest first, and whether that one is near enough to be meant.
    package static func ranked(_ names: some Sequence<String>, to name: String) -> (names: [String], isMeant: Bool) {
        let ranked = Set(names).map { (name: $0, distance: distance($0, name)) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        let isMeant = ranked.first.map { $0.distance <= max(1, name.unicodeScalars.count / 3) } ?? false
        return (ranked.map(\.name), isMeant)
    }

    /// The number of single-character changes and swaps of neighbours from one name to the other (optimal string
    /// alignment).
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8.prefix(64)), right = Array(right.utf8.prefix(64))
        var older: [Int] = [], old = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var least = min(old[j] + (a == b ? 0 : 1), old[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a == right[j - 1], b == left[i - 1] { least = min(least, older[j - 1] + 1) }
                row.append(least)
            }
            (older, old) = (old, row)
        }
        return old[right.count]
    }
}

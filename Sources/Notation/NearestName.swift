/// What somebody may have meant who wrote a name that is unknown.
package enum NearestName {
    /// - Returns: the names, the nearest first, and whether that one is near enough to be meant.
    package static func ranked(_ names: some Sequence<String>, to name: String) -> (names: [String], isMeant: Bool) {
        let ranked = Set(names).map { (name: $0, distance: distance($0, name)) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        let isMeant = ranked.first.map { $0.distance <= max(2, name.unicodeScalars.count / 3) } ?? false
        return (ranked.map(\.name), isMeant)
    }

    /// The number of single-character changes from one name to the other (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8.prefix(64)), right = Array(right.utf8.prefix(64))
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                (diagonal, row[j + 1]) = (row[j + 1], a == b ? diagonal : min(diagonal, row[j], row[j + 1]) + 1)
            }
        }
        return row[right.count]
    }
}

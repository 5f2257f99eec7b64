/// One synchronous piece of work for each of many values, spread over all processors.
package enum BatchRun {
    /// How many values one task takes: large enough that starting it costs nothing, small enough that the last one
    /// isn't waited for.
    private static let chunk = 8

    /// - Returns: the results in the values' order.
    package static func map<Value: Sendable, Result: Sendable>(
        _ values: [Value],
        _ body: @escaping @Sendable (Value) -> Result
    ) async -> [Result] {
        await withTaskGroup(of: (Int, [Result]).self) { group in
            for start in stride(from: 0, to: values.count, by: chunk) {
                group.addTask { (start, values[start..<min(start + chunk, values.count)].map(body)) }
            }
            var parts: [(start: Int, results: [Result])] = []
            for await part in group { parts.append(part) }
            return parts.sorted { $0.start < $1.start }.flatMap(\.results)
        }
    }
}

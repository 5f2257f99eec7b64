internal import Notation

/// Paths that are asked what of them lies above or below another: one step for each part of that, however many there
/// are, and however deep.
struct LintFolders {
    private struct Step: Hashable {
        let from: Int
        let part: ExactText
    }

    /// From 0, the folder that relative paths begin in, and from 1, the root.
    private var steps: [Step: Int] = [:]
    private var paths: [Int: LintPath] = [:]
    /// Where any of them begins.
    private var starts: Set<Int> = []

    init(_ paths: some Sequence<LintPath> = []) { for path in paths { insert(path) } }

    mutating func insert(_ path: LintPath) {
        var end = Self.start(path)
        for part in path.parts {
            let step = Step(from: end, part: ExactText(part))
            end = steps[step] ?? steps.count + 2
            steps[step] = end
        }
        paths[end] = path
        starts.insert(Self.start(path))
    }

    /// Those that this path is, or lies in, the highest first.
    func above(_ path: LintPath) -> [LintPath] {
        var end = Self.start(path)
        var found = paths[end].map { [$0] } ?? []
        for part in path.parts {
            guard let next = steps[Step(from: end, part: ExactText(part))] else { break }
            end = next
            if let path = paths[end] { found.append(path) }
        }
        return found
    }

    func holds(_ path: LintPath) -> Bool { !above(path).isEmpty }

    /// Whether one of them is this path, or lies in it.
    func hasAny(in path: LintPath) -> Bool {
        var end = Self.start(path)
        for part in path.parts {
            guard let next = steps[Step(from: end, part: ExactText(part))] else { return false }
            end = next
        }
        return end > 1 || starts.contains(end)
    }

    private static func start(_ path: LintPath) -> Int { path.isAbsolute ? 1 : 0 }
}

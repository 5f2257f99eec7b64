internal import Notation

/// A folder that stands for the root of a file system: links are followed within it.
struct RootFolder<Around: Surroundings> {
    let path: PurePath
    let surroundings: Around
    private var known: [PurePath: Link] = [:]
    private var steps = 0

    private enum Link {
        case beingResolved
        case resolved(PurePath)
    }

    /// Links within links, and parts of paths in all: more are a trap, not a file system.
    private static var nestingLimit: Int { 64 }
    private static var stepLimit: Int { 10_000_000 }

    init(_ path: String, surroundings: Around) {
        self.path = PurePath(path)
        self.surroundings = surroundings
    }

    /// The place on disk of a path within, which has no links any more.
    func outside(_ inner: PurePath) -> PurePath { PurePath(root: path.root, parts: path.parts + inner.parts) }

    /// Follows the links of an absolute path, the last part's too.
    /// - Throws: `.chroot`.
    mutating func resolve(_ path: PurePath, at place: Place, nesting: Int = 0) throws(GramineError) -> PurePath {
        guard path.root == "/" else {
            throw GramineError(
                .chroot,
                """
                '\(path.text.printable())' is relative, and a folder that stands for the root has absolute paths alone
                """,
                at: place,
                mend: "write file:/…"
            )
        }
        var current = PurePath("/")
        for part in path.parts {
            steps += 1
            guard nesting < Self.nestingLimit, steps < Self.stepLimit else { throw loop(at: current, place) }
            guard surroundings.kind(of: outside(current).text) == .folder else {
                throw GramineError(
                    .chroot,
                    "'\(current.text.printable())' is no folder in '\(self.path.text.printable())'",
                    at: place
                )
            }
            guard part != ".." else {
                current = PurePath(root: "/", parts: current.parts.dropLast())
                continue
            }
            let folder = current
            current = current.appending(part)
            guard let target = surroundings.linkTarget(of: outside(current).text) else { continue }
            switch known[current] {
            case .resolved(let resolved): current = resolved
            case .beingResolved: throw loop(at: current, place)
            case nil:
                known[current] = .beingResolved
                let target = PurePath(target)
                let next = target.isAbsolute ? target : PurePath(root: "/", parts: folder.parts + target.parts)
                let resolved = try resolve(next, at: place, nesting: nesting + 1)
                known[current] = .resolved(resolved)
                current = resolved
            }
        }
        return current
    }

    private func loop(at path: PurePath, _ place: Place) -> GramineError {
        GramineError(.chroot, "'\(path.text.printable())': too many levels of symbolic links", at: place)
    }
}

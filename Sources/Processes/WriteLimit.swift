internal import CProcesses
internal import Files
internal import Glibc

/// Where alone a program, and all that it starts, may make, change or remove files. The kernel holds them to it
/// (Landlock, Linux 5.13); modes, owners and times of files elsewhere stay theirs to change, and before Linux 6.2 their
/// lengths by `truncate`.
public struct WriteLimit: Sendable {
    /// Files and folders, these with all below them; they must be there. The null device is among them unasked.
    public var places: [String]
    /// Whether it may make links, pipes and sockets there, too.
    public var makesLinks: Bool

    public init(_ places: [String], makesLinks: Bool) {
        self.places = places
        self.makesLinks = makesLinks
    }

    /// Whether this kernel can hold a program to such a limit. Where it can't, one with a limit doesn't start.
    public static var isEnforced: Bool { cprocesses_can_limit_writes() == 1 }

    func withLimit(_ body: (UnsafePointer<cprocesses_write_limit>) -> Int32) -> Int32 {
        let strings = CArguments()
        return withExtendedLifetime(strings) {
            var limit = cprocesses_write_limit()
            limit.places = UnsafePointer(strings.list(places.map { Optional(UnsafePointer(strings.text($0))) }))
            limit.place_count = places.count
            limit.makes_links = makesLinks ? 1 : 0
            return withUnsafePointer(to: limit, body)
        }
    }
}

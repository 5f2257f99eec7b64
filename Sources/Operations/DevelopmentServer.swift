internal import Files
internal import Glibc

/// `mse serve`: the agent's own server, in this process's place.
public enum DevelopmentServer {
    /// Returns only by throwing.
    public static func replaceThisProcess(_ arguments: [String]) throws {
        let programs = try Programs.found()
        let pointers = ([programs.agent, "serve"] + arguments).map { strdup($0) } + [nil]
        execv(programs.agent, pointers)
        throw FileError(programs.agent, doing: "run")
    }
}

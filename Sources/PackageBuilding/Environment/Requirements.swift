internal import Notation
internal import PackageFormat

/// What a project's `requirements.txt` asks for, with what it refers to, in the one form that pip is given.
///
/// pip is handed the text that was judged here and no other: what would build or run code on this machine is refused
/// before pip starts, and an option that isn't known here is an error instead of a way round.
struct Requirements: Hashable, Sendable {
    /// Canonical lines: `--index-url …` and the like, in their order.
    var options: [String] = []
    /// Canonical lines: `name==1.0 ; marker --hash=…`, paths as `file:` addresses.
    var distributions: [String] = []
    var constraints: [String] = []
    /// The files that were read, the first one first.
    var files: [String] = []
    /// Environment variables that lines refer to, by the name that stands for each in the lines.
    var variables: [String: String] = [:]
    var credentials = Credentials()
    /// Files and folders of this machine that lines name.
    var local: [String] = []
    /// Where the lines of `distributions` and `constraints` stand, in the user's own files.
    var distributionPlaces: [LinePlace] = [], constraintPlaces: [LinePlace] = []

    /// A line of a list of requirements.
    struct LinePlace: Hashable, Sendable, CustomStringConvertible {
        let file: String
        /// 0 in what is no file.
        let number: Int
        var description: String { file.printable(limit: nil) + (number > 0 ? " line \(number)" : "") }
    }

    /// The list that pip reads.
    /// - Parameter constraints: its name for `constraints`.
    func lines(constraints name: String) -> [String] {
        (constraints.isEmpty ? [] : ["--constraint=" + name]) + options + distributions
    }

    /// Of a line of what `lines` returns, from 1.
    func place(ofLine number: Int) -> LinePlace? {
        let index = number - 1 - (constraints.isEmpty ? 0 : 1) - options.count
        return distributionPlaces.indices.contains(index) ? distributionPlaces[index] : nil
    }

    /// Of a line of `constraints`, from 1.
    func place(ofConstraint number: Int) -> LinePlace? {
        constraintPlaces.indices.contains(number - 1) ? constraintPlaces[number - 1] : nil
    }

    /// Of a requirement as pip repeats it: without blanks, hashes and marker.
    func place(of requirement: String) -> LinePlace? {
        func form(_ text: String) -> String {
            let bare = text.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
            return bare.firstRange(of: "--hash=").map { String(bare[..<$0.lowerBound]) } ?? bare
        }
        let wanted = form(requirement)
        return zip(distributions + constraints, distributionPlaces + constraintPlaces).first { form($0.0) == wanted }?.1
    }

    var isEmpty: Bool { distributions.isEmpty }

    /// Reads a file and those it names.
    /// - Parameters:
    ///   - project: where relative paths count from when they lead nowhere beside the file that names them.
    ///   - allowsSources: whether what has to be built may be named.
    /// - Throws: `PackageError` with file, line and mend for what can't be locked, would run code, or isn't understood.
    init(file: String, project: String, allowsSources: Bool, environment: [String: String]) throws(PackageError) {
        var reader = RequirementsReader(project: project, allowsSources: allowsSources, environment: environment)
        try reader.read(file, isConstraints: false, depth: 0)
        self = reader.result
    }

    /// Requirements that stand in a list, such as those of the tests.
    init(lines: [String], of place: String, project: String, allowsSources: Bool, environment: [String: String])
        throws(PackageError)
    {
        var reader = RequirementsReader(project: project, allowsSources: allowsSources, environment: environment)
        for line in lines { try reader.take(line, .init(file: place, number: 0, isConstraints: false, depth: 0)) }
        self = reader.result
    }

    /// None at all.
    init() {}
}

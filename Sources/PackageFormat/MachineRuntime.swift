public import Notation

/// What the agent of a machine says of it to whoever packages there: the list of files that a package names, and what
/// makes environments. The interpreter runs on its owner's machine alone, so no package names one.
public struct MachineRuntime: Hashable, Sendable {
    /// The path of the interpreter's program.
    public var interpreter: String
    public var list: RuntimeList

    public init(interpreter: String, list: RuntimeList) {
        self.interpreter = interpreter
        self.list = list
    }

    /// Reads what `encoded` wrote.
    public init(_ bytes: [UInt8]) throws(NotationError) {
        var reader = try ObjectReader(JSON.read(bytes))
        guard let interpreter = try reader.string("interpreter") else {
            throw NotationError(at: reader.place, member: "interpreter", "is missing")
        }
        try RuntimeList.check(interpreter, "interpreter", at: reader.place)
        let list = try RuntimeList(reader.required("runtime"))
        try reader.finish()
        self.init(interpreter: interpreter, list: list)
    }

    public var encoded: [UInt8] {
        Array(JSON.pretty(.object(["interpreter": Node(interpreter), "runtime": list.node])).utf8)
    }
}

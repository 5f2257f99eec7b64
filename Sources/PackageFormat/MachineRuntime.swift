public import Notation

/// What the agent of a machine says of it to whoever packages there: the list of files that a package names, and what
/// makes environments. The interpreter runs on its owner's machine alone, so no package names one.
public struct MachineRuntime: Hashable, Sendable {
    /// The path of the interpreter's program.
    public var interpreter: String
    public var list: RuntimeList
    /// The bytes of what loads the agent, which packages carry.
    public var loader: [UInt8]

    public init(interpreter: String, list: RuntimeList, loader: [UInt8]) {
        self.interpreter = interpreter
        self.list = list
        self.loader = loader
    }

    /// Reads what `encoded` wrote.
    public init(_ bytes: [UInt8]) throws(NotationError) {
        var reader = try ObjectReader(JSON.read(bytes))
        guard let interpreter = try reader.string("interpreter") else {
            throw NotationError(at: reader.place, member: "interpreter", "is missing")
        }
        try RuntimeList.check(interpreter, "interpreter", at: reader.place)
        let list = try RuntimeList(reader.required("runtime"))
        guard let loader = Base64.bytes(Array((try reader.string("loader") ?? "").utf8)), !loader.isEmpty else {
            throw NotationError(at: reader.place, member: "loader", "its bytes in base64 expected")
        }
        try reader.finish()
        self.init(interpreter: interpreter, list: list, loader: loader)
    }

    public var encoded: [UInt8] {
        Array(
            JSON.pretty(
                .object([
                    "interpreter": Node(interpreter), "runtime": list.node, "loader": Node(Base64.text(loader)),
                ])
            ).utf8
        )
    }
}

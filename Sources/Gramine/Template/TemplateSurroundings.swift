internal import Notation

/// The names that Gramine gives a template, and what is called by them.
struct TemplateSurroundings<Around: Surroundings> {
    let libraryFolder: String
    let surroundings: Around

    /// Numbers of Gramine's own headers, as far as they decide about enclaves.
    private static var constants: [String: Int] {
        [
            "PAGESIZE": 4096, "SSA_FRAME_SIZE": 16384, "SSA_FRAME_NUM": 2, "TCS_SIZE": 4096, "SGX_GPR_SIZE": 184,
            "ENCLAVE_STACK_SIZE": 0x40000, "ENCLAVE_SIG_STACK_SIZE": 0x10000, "DEFAULT_HEAP_MIN": 0x10000,
            "SGX_FLAGS_DEBUG": 2, "SGX_FLAGS_MODE64BIT": 4, "SGX_MISCSELECT_EXINFO": 1, "SGX_XFRM_LEGACY": 3,
            "SGX_XFRM_AVX": 0x4, "SGX_XFRM_AVX512": 0xE4, "SGX_XFRM_AMX": 0x60000, "SGX_XFRM_MPX": 0x18,
            "SGX_XFRM_PKRU": 0x200,
        ]
    }

    static var names: [String: TemplateValue] {
        [
            "gramine": .names(.gramine), "python": .names(.python), "env": .names(.environment),
            "ldd": .function(.ldd), "range": .function(.range),
        ]
    }

    func value(_ name: String, of names: TemplateNames) throws(GramineError) -> TemplateValue {
        switch names {
        case .gramine:
            switch name {
            case "libos": return .path(PurePath(libraryFolder).appending("libsysdb.so"))
            case "pkglibdir": return .path(PurePath(libraryFolder))
            case "runtimedir": return .function(.runtimeFolder)
            default: if let number = Self.constants[name] { return .integer(number) }
            }
        case .environment:
            if name == "get" { return .function(.environmentVariable) }
            if let text = surroundings.variable(name) { return .string(text) }
            return .undefined("the environment has no variable '\(name.printable(limit: 80))'")
        case .python:
            switch name {
            case "stdlib", "platstdlib", "purelib":
                return try askPythonForPath("sysconfig.get_path(*sys.argv[1:])", [name])
            case "distlib":
                return try askPythonForPath(
                    "sysconfig.get_path('stdlib', vars={'py_version_short': sys.version_info[0]}) + '/dist-packages'"
                )
            case "ext_suffix": return try askPython("sysconfig.get_config_var('EXT_SUFFIX')")
            case "implementation":
                return try askPython(
                    "{'name': sys.implementation.name, 'cache_tag': sys.implementation.cache_tag}"
                )
            case "get_config_var": return .function(.pythonVariable)
            case "get_path": return .function(.pythonPath)
            case "get_paths": return .function(.pythonPaths)
            case "get_sys_path": return .function(.pythonSearchPath)
            default: break
            }
        }
        return .undefined("'dict object' has no attribute '\(name.printable(limit: 80))'")
    }

    /// What the machine's Python says of itself.
    /// - Parameter expression: one of this file's, never a template's.
    func askPython(_ expression: String, _ arguments: [String] = []) throws(GramineError) -> TemplateValue {
        let script = "import json, sys, sysconfig; print(json.dumps(\(expression)))"
        let answer = try surroundings.output(of: "python3", arguments: ["-c", script] + arguments)
        do {
            return TemplateValue(try JSON.read(Array(answer.utf8)))
        } catch {
            throw GramineError(.template, "python3 said what can't be read: \(error)")
        }
    }

    private func askPythonForPath(
        _ expression: String,
        _ arguments: [String] = []
    ) throws(GramineError) -> TemplateValue {
        let answer = try askPython(expression, arguments)
        guard case .string(let text) = answer else { throw GramineError(.template, "python3 said no path") }
        return .path(PurePath(text))
    }

    /// `sys.path` of an interpreter, which is run: what isn't empty, in its order.
    func searchPath(of interpreter: String, includesMissing: Bool) throws(GramineError) -> [String] {
        let script = "import sys; print('\\0'.join(sys.path), end='')"
        let answer = try surroundings.output(of: interpreter, arguments: ["-c", script])
        return answer.utf8.split(separator: 0).map { String(Substring($0)) }
            .filter { includesMissing || surroundings.kind(of: $0) != nil }
    }

    /// The libraries that programs load, each once, in the order of their bytes.
    func libraries(of paths: [String]) throws(GramineError) -> [String] {
        var found: Set<ExactText> = []
        for line in try surroundings.output(of: "ldd", arguments: paths).split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace).map { ExactText(String($0)) }
            if words.count > 2, words[1] == "=>" {
                if words[2].hasPrefix("/") { found.insert(words[2]) }
            } else if words.count > 1, words[0].hasPrefix("/"), words[1].hasPrefix("/") {
                found.insert(words[0])
            }
        }
        return found.sorted().map(\.text)
    }

    func runtimeFolder(_ library: String) throws(GramineError) -> PurePath {
        PurePath(try surroundings.resolved("\(libraryFolder)/runtime/\(library)"))
    }
}

extension TemplateValue {
    fileprivate init(_ node: Node) {
        self =
            switch node.value {
            case .object(let members):
                .dictionary(members.map { Entry(key: .string($0.name), value: TemplateValue($0.node)) })
            case .array(let elements): .list(elements.map { TemplateValue($0) })
            case .string(let text): .string(text)
            case .number(let digits): Int(digits).map { .integer($0) } ?? .float(Double(digits) ?? 0)
            case .boolean(let isTrue): .boolean(isTrue)
            case .null, .foreign: .none
            }
    }
}

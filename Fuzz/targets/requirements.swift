@testable import PackageBuilding

/// What is handed to pip is one line each and begins like an option or a name; lists that ship say no user.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let clean = ReadableRequirements.cleaned(text)
    precondition(ReadableRequirements.cleaned(clean).utf8.elementsEqual(clean.utf8), "cleaned twice is something else")
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    let requirements = try? Requirements(
        lines: lines,
        of: "list",
        project: "/nonexistent",
        allowsSources: false,
        environment: ["USER": "u", "WORD": "p%40ss"]
    )
    guard let requirements else { return 0 }
    for line in requirements.options + requirements.distributions + requirements.constraints {
        precondition(!line.utf8.contains { $0 < 0x20 && $0 != 0x09 }, "a line in a line")
    }
    for line in requirements.distributions { precondition(line.utf8.first != UInt8(ascii: "-"), "an option") }
    return 0
}

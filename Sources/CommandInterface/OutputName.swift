/// Why a name can't be that of what is to be made.
struct OutputNameError: Error, CustomStringConvertible {
    let description =
        "the name of a file or folder expected: nothing is written to standard output here ('./-' names a file '-')"
}

/// Names of what is to be made. To many programs `-` is standard output; here nothing of that name is made by mistake.
public func outputName(_ text: String) throws -> String {
    guard text != "-" else { throw OutputNameError() }
    return text
}

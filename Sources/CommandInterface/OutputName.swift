internal import Notation

/// Why a name can't be that of what is to be made.
struct OutputNameError: CodedError, CustomStringConvertible {
    let description =
        "the name of a file or folder expected: nothing is written to standard output here ('./-' names a file '-')"

    var code: String { "usage" }
}

/// Why a name can't be that of a file that is to be made.
struct OutputFileError: CodedError, CustomStringConvertible {
    let description = "the name of a file expected: this is a folder's"

    var code: String { "usage" }
}

/// Names of what is to be made. To many programs `-` is standard output; here nothing of that name is made by mistake.
public func outputName(_ text: String) throws -> String {
    guard text != "-" else { throw OutputNameError() }
    return text
}

/// Names of files that are to be made: none that can only be a folder's.
public func outputFile(_ text: String) throws -> String {
    let last = try outputName(text).utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last
    guard let last, !last.isEmpty, !last.elementsEqual(".".utf8), !last.elementsEqual("..".utf8) else {
        throw OutputFileError()
    }
    return text
}

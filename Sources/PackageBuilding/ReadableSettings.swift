internal import Notation
internal import PackageFormat

extension ProjectConfiguration {
    /// The file ships readable, whatever becomes of the code.
    /// - Throws: when it holds what the operator may not have.
    func checkReadable(_ bytes: [UInt8]) throws(NotationError) {
        var root = try ObjectReader(TOML.read(bytes))
        for line in try root.strings("tests_requirements") ?? [] where ReadableRequirements.saysTooMuch(line.text) {
            throw NotationError(
                at: line.place,
                member: "tests_requirements",
                """
                a user, password, query or comment stands in it, and this file ships readable; name the index in pip's \
                own settings (PIP_INDEX_URL), or write ${NAME} for a variable
                """
            )
        }
        let text = String(decoding: TOML.withoutComments(bytes), as: UTF8.self)
        if let index = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).firstIndex(where: {
            ReadableRequirements.hasUsers(String($0))
        }) {
            throw NotationError(
                at: Place(line: index + 1, column: 1),
                "a user or password stands in an address, and this file ships readable; remove it"
            )
        }
    }
}

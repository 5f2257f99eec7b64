internal import Glibc

/// Texts as C takes them; they live as long as this does.
struct CStrings: ~Copyable {
    private var copies: [UnsafeMutablePointer<CChar>] = []

    mutating func add(_ text: String) -> UnsafePointer<CChar> {
        // As Swift's own texts do where there is no memory: nothing that was asked for could be done without it.
        guard let copy = strdup(text) else { fatalError("there is no memory for a name") }
        copies.append(copy)
        return UnsafePointer(copy)
    }

    deinit { for copy in copies { free(copy) } }
}

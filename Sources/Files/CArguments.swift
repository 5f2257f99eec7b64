internal import Glibc

/// Texts and lists for one call of C: they lie where they are as long as this lives.
package final class CArguments {
    private var blocks: [UnsafeMutableRawPointer] = []

    package init() {}

    deinit { for block in blocks { free(block) } }

    /// A copy that ends with NUL.
    package func text(_ text: String) -> UnsafeMutablePointer<CChar> {
        // As Swift's own texts do where there is no memory: nothing that was asked for could be done without it.
        guard let copy = strdup(text) else { fatalError("there is no memory for a text") }
        blocks.append(copy)
        return copy
    }

    /// The texts, and nil behind them, as programs take their arguments.
    package func texts(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        list(texts.map { text($0) } + [nil])
    }

    /// The elements one after the other.
    package func list<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let size = max(1, elements.count * MemoryLayout<Element>.stride)
        // As above.
        guard let block = malloc(size) else { fatalError("there is no memory for a list") }
        blocks.append(block)
        let list = block.bindMemory(to: Element.self, capacity: elements.count)
        list.initialize(from: elements, count: elements.count)
        return list
    }
}

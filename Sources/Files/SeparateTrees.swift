internal import Notation

/// A tree that is read and a place that is written to: neither lies in the other, by whatever names, links and `..` it
/// is reached.
///
/// What is written into the tree that it comes from is in it the next time, and was not meant to be.
package struct SeparateTrees {
    private let tree: String
    private let name: String

    /// - Parameter tree: a folder that is there.
    package init(reading tree: String) throws(FileError) {
        name = tree
        self.tree = try Files.resolved(tree)
    }

    /// - Parameter output: needn't be there.
    /// - Returns: what is wrong with it, in words; nil when it lies apart.
    package func objection(to output: String) throws(FileError) -> String? {
        let place = try Files.resolvedPlace(output)
        let shown = name.printable(limit: nil)
        if place.utf8.elementsEqual(tree.utf8) { return "is \(shown) itself, which is read" }
        if tree == "/" || Files.isInside(place, tree) { return "lies in \(shown), which is read" }
        if place == "/" || Files.isInside(tree, place) { return "holds \(shown), which is read" }
        return nil
    }
}

/// Text that is the same only as the same bytes. A `String` equals every other that is canonically equivalent: to it
/// U+212A is the letter K, and an accent before a letter is one behind it. Names of members and whatever a decision
/// rests on are compared as these.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension ExactText: Comparable, ExpressibleByStringLiteral {
    /// In the order of bytes, which is that of code points.
    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package init(stringLiteral text: String) { self.init(text) }
}

/// Searches by bytes: to a `String`, a sign under an accent is another sign, and `/` isn't the first of `/\u{301}x`.
extension ExactText {
    package func hasPrefix(_ part: String) -> Bool { text.utf8.starts(with: part.utf8) }

    package func hasSuffix(_ part: String) -> Bool { text.utf8.reversed().starts(with: part.utf8.reversed()) }

    package func contains(_ part: String) -> Bool { text.utf8.firstRange(of: part.utf8) != nil }
}

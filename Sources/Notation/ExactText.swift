/// Text that is the same only as the same bytes. A `String` equals every other that is canonically equivalent: to it
/// U+212A is the letter K, and an accent before a letter is one behind it. Names of members and whatever a decision
/// rests on are compared as these: where they lie in memory, since a view's iterator decodes each byte anew, and lists
/// of advisories are sorted with every verification.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool {
        let (left, right) = (left.text, right.text)
        let (first, second) = (left.utf8Span.span, right.utf8Span.span)
        guard first.count == second.count else { return false }
        for index in 0..<first.count where first[index] != second[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension ExactText: Comparable, ExpressibleByStringLiteral {
    /// In the order of bytes, which is that of code points.
    package static func < (left: ExactText, right: ExactText) -> Bool {
        let (left, right) = (left.text, right.text)
        let (first, second) = (left.utf8Span.span, right.utf8Span.span)
        for index in 0..<min(first.count, second.count) where first[index] != second[index] {
            return first[index] < second[index]
        }
        return first.count < second.count
    }

    package init(stringLiteral text: String) { self.init(text) }
}

/// Searches by bytes: to a `String`, a sign under an accent is another sign, and `/` isn't the first of `/\u{301}x`.
extension ExactText {
    package func hasPrefix(_ part: String) -> Bool { text.utf8.starts(with: part.utf8) }

    package func hasSuffix(_ part: String) -> Bool { text.utf8.reversed().starts(with: part.utf8.reversed()) }

    package func contains(_ part: String) -> Bool { text.utf8.firstRange(of: part.utf8) != nil }
}

internal import Files

/// What stands before a member's content: a ustar header, and a PAX header before it where something doesn't fit
/// (docs/formats/package.md). No owners.
package enum TarHeader {
    package static let blockByteCount = 512

    /// - Parameters:
    ///   - name: a folder's without a `/` at its end.
    ///   - wholeByteCount: of a file with holes, whose content begins with a map of what is no hole.
    package static func bytes(
        _ name: String,
        byteCount: Int,
        _ attributes: TarAttributes = TarAttributes(kind: .file),
        wholeByteCount: Int? = nil
    ) -> [UInt8] {
        let name = attributes.kind == .folder ? name + "/" : name
        let target = attributes.kind.target ?? ""
        let time = attributes.modifiedAt
        let nameFits = fits(name), sizeFits = byteCount < 1 << 33, targetFits = fits(target)
        let timeFits = time.nanoseconds == 0 && (0..<1 << 33).contains(time.seconds)
        var records: [UInt8] = []
        if !nameFits { records += record("path", name) }
        if !sizeFits { records += record("size", "\(byteCount)") }
        if !targetFits { records += record("linkpath", target) }
        if !timeFits { records += record("mtime", time.decimal) }
        if let wholeByteCount {
            records += record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0")
            records += record("GNU.sparse.name", name) + record("GNU.sparse.realsize", "\(wholeByteCount)")
        }
        let header = block(
            nameFits ? name : "@LongName",
            sizeFits ? byteCount : 0,
            kind: attributes.kind.letter,
            mode: attributes.mode,
            target: targetFits ? target : "",
            time: timeFits ? time.seconds : 0
        )
        guard !records.isEmpty else { return header }
        return block("@PaxHeader", records.count, kind: UInt8(ascii: "x")) + records + padding(records.count) + header
    }

    /// What stands behind a content.
    package static func padding(_ byteCount: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (blockByteCount - byteCount % blockByteCount) % blockByteCount)
    }

    /// What stands behind the last member.
    package static let end = [UInt8](repeating: 0, count: 2 * blockByteCount)

    private static func fits(_ text: String) -> Bool { text.utf8.count <= 100 && text.utf8.allSatisfy { $0 < 0x80 } }

    /// `<length of all> <key>=<value>\n`
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var count = rest.utf8.count + 1
        while String(count).utf8.count + rest.utf8.count != count { count = String(count).utf8.count + rest.utf8.count }
        return Array("\(count)\(rest)".utf8)
    }

    private static func block(
        _ name: String,
        _ byteCount: Int,
        kind: UInt8,
        mode: UInt32 = 0o644,
        target: String = "",
        time: Int = 0
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockByteCount)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, at: 0)
        put(octal(Int(mode), 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(byteCount, 11), at: 124)
        put(octal(time, 11), at: 136)
        put("        ", at: 148)
        block[156] = kind
        put(target, at: 157)
        put("ustar\u{0}00", at: 257)
        put(octal(0, 7), at: 329)
        put(octal(0, 7), at: 337)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
        return block
    }
}

extension TarAttributes.Kind {
    fileprivate var letter: UInt8 {
        switch self {
        case .file: UInt8(ascii: "0")
        case .secondName: UInt8(ascii: "1")
        case .link: UInt8(ascii: "2")
        case .folder: UInt8(ascii: "5")
        }
    }

    /// Of what leads elsewhere.
    fileprivate var target: String? {
        switch self {
        case .file, .folder: nil
        case .link(let target), .secondName(let target): target
        }
    }
}

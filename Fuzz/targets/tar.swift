import Files
import PackageFormat

/// Members are inside the archive and behind each other, and no name leaves the tree.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let path = Scratch.write(bytes)
    guard var reader = try? TarReader(path) else { return -1 }
    var end = 0
    while let member = try? reader.next() {
        precondition(member.offset >= end && member.offset + member.byteCount <= count, "a member outside")
        let parts = Files.components(member.name)
        precondition(!parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }, "a name that leaves the tree")
        end = member.offset + member.byteCount
        if let content = try? reader.content(limit: 1 << 20) {
            precondition(content == Array(bytes[member.offset..<end]), "other content")
        }
    }
    readTree(bytes)
    return 0
}

/// The same as a stream, with folders and links.
private func readTree(_ bytes: [UInt8]) {
    var position = 0
    var reader = TarReader("stream", byteCount: bytes.count, takes: .trees) { buffer in
        let piece = bytes[position..<min(bytes.count, position + buffer.count)]
        buffer.copyBytes(from: piece)
        position += piece.count
        return piece.count
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 16)
    defer { buffer.deallocate() }
    while let member = try? reader.next() {
        let parts = Files.components(member.name)
        precondition(
            member.name == "." || !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." },
            "a name that leaves"
        )
        precondition(member.attributes.kind == .file || member.byteCount == 0, "a content of no file")
        while let count = try? reader.read(into: buffer), count > 0 {}
        precondition(position <= bytes.count, "more than there is")
    }
}

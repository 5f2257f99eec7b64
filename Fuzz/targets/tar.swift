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
    return 0
}

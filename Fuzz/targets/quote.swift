import SGXQuote

/// A quote that is taken is written again as it was, and every field can be read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let quote = try? Quote(bytes) else { return 0 }
    let contents = QuoteContents(quote)
    precondition(contents.encoded == Array(quote.encoded), "encoding differs")
    precondition((quote.report == nil) != (quote.tdReport == nil), "neither or both bodies")
    precondition(quote.bytes[quote.layout.end...].allSatisfy { $0 == 0 }, "padding")
    return quote.reportData.count == 64 ? 0 : -1
}

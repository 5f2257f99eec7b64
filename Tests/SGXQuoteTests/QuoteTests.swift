import SGXQuote
import Testing

/// A quote of version 3 whose bytes mean nothing, in the right shape.
enum SyntheticQuote {
    static func bytes(version: UInt8 = 3, authentication: Int = 32, chain: [UInt8] = Array("chain".utf8)) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var data = [UInt8](repeating: 0x11, count: 64) + [UInt8](repeating: 0x22, count: 64)
        var inner = [UInt8](repeating: 0x33, count: 384) + [UInt8](repeating: 0x44, count: 64)
        inner +=
            number(authentication, 2) + [UInt8](repeating: 0x55, count: authentication) + number(5, 2)
            + number(chain.count, 4) + chain
        if version > 3 { data += number(6, 2) + number(inner.count, 4) }
        data += inner
        let header =
            [version, 0, 2, 0, 0, 0, 0, 0, 1, 0, 2, 0] + Array(QuoteHeader.intelQEVendor)
            + [UInt8](repeating: 7, count: 20)
        let body = (0..<384).map { UInt8(truncatingIfNeeded: $0) }
        return header + (version == 5 ? number(1, 2) + number(384, 4) : []) + body + number(data.count, 4) + data
    }
}

@Suite("Quotes")
struct QuoteTests {
    @Test("fields are read from their offsets", arguments: [3, 4, 5] as [UInt8])
    func fields(version: UInt8) throws {
        let quote = try Quote(SyntheticQuote.bytes(version: version))
        let report = try #require(quote.report)
        #expect(report.mrenclave.elementsEqual((64..<96).map { UInt8($0) }))
        #expect(report.mrsigner.elementsEqual((128..<160).map { UInt8($0) }))
        #expect(report.productID == 0x0100 && report.securityVersion == 0x0302)
        #expect(quote.reportData.first == 64 && quote.reportData.count == 64)
        #expect(quote[quote.layout.certificationData].elementsEqual("chain".utf8))
        #expect(quote.qeReport.bytes.allSatisfy { $0 == 0x33 })
        #expect(Array(quote.encoded) == SyntheticQuote.bytes(version: version))
    }

    @Test("what was read is written again, byte for byte", arguments: [3, 4, 5] as [UInt8])
    func roundTrip(version: UInt8) throws {
        let bytes = SyntheticQuote.bytes(version: version)
        #expect(QuoteContents(try Quote(bytes)).encoded == bytes)
        #expect(QuoteContents(try Quote(bytes + [0, 0])).encoded == bytes)
    }

    @Test("TD reports are read and written", arguments: [QuoteLayout.BodyKind.td10, .td15, .td15Extended])
    func tdReports(kind: QuoteLayout.BodyKind) throws {
        var report = TDReport(kind: kind)
        report.mrtd = FixedBytes(repeating: 7)
        report[rtmr: 3] = FixedBytes(repeating: 8)
        report.attributes = [.septVEDisable, .debug]
        report.teeTCBSVN2 = TEETCBSVN(FixedBytes(repeating: 3))
        let contents = QuoteContents(
            header: QuoteHeader(version: 5, tee: .tdx),
            body: .td(report),
            certificationData: [1]
        )
        let quote = try Quote(contents.encoded)
        let read = try #require(quote.tdReport)
        #expect(read == report && quote.layout.bodyRange.count == kind.byteCount && quote.report == nil)
        #expect(read.attributes.description == "DEBUG SEPT_VE_DISABLE" && read.rtmr[3] == FixedBytes(repeating: 8))
        #expect((read.teeTCBSVN2 != nil) == (kind != .td10) && (read.extended != nil) == (kind == .td15Extended))
        #expect(QuoteContents(quote) == contents)
        #expect(quote.reportData == read.reportData)
    }

    @Test("a view reads without a copy of its own, and says what it reads")
    func view() throws {
        let bytes = SyntheticQuote.bytes(version: 4)
        let view = try QuoteView(bytes.span.bytes)
        #expect(view.header.qeVendor == QuoteHeader.intelQEVendor && view.header.qeSVN == 1 && view.header.pceSVN == 2)
        #expect(view[view.layout.certificationData].byteCount == 5)
        #expect(view.signature.description == String(repeating: "11", count: 64))
        #expect(EnclaveAttributes(rawValue: 0x8000_0000_0000_0081).description == "INIT KSS bit 63")
        #expect(ExtendedFeatures(rawValue: 7).description == "x87 SSE AVX" && MiscSelect().description == "none")
    }

    @Test("every truncation is refused", arguments: [3, 4, 5] as [UInt8])
    func truncations(version: UInt8) {
        let bytes = SyntheticQuote.bytes(version: version)
        for count in 0..<bytes.count {
            #expect(throws: QuoteError.self, "\(count) bytes") { try Quote(Array(bytes[..<count])) }
        }
    }

    @Test("zeros may follow, nothing else")
    func padding() throws {
        let bytes = SyntheticQuote.bytes()
        #expect(try Quote(bytes + [0, 0, 0]).layout.end == bytes.count)
        #expect(throws: QuoteError.trailingBytes(offset: bytes.count + 1)) { try Quote(bytes + [0, 1]) }
    }

    @Test(
        "another version, key type, TEE or certification type is refused",
        arguments: [(0, 2), (0, 6), (2, 3), (4, 0x81), (4, 1), (1046, 6), (1046, 0)] as [(Int, UInt8)]
    )
    func unsupported(offset: Int, value: UInt8) {
        var bytes = SyntheticQuote.bytes()
        bytes[offset] = value
        #expect(throws: QuoteError.self) { try Quote(bytes) }
    }

    @Test("nested lengths must fit to the byte", arguments: [432, 1012, 1048])
    func lengths(offset: Int) {
        for change in [-1, 1, 0x7F00] {
            var bytes = SyntheticQuote.bytes()
            let value = Int(bytes[offset]) + Int(bytes[offset + 1]) << 8 + change
            bytes[offset] = UInt8(truncatingIfNeeded: value)
            bytes[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
            #expect(throws: QuoteError.self) { try Quote(bytes) }
        }
    }

    @Test("authentication data of any legal length is taken", arguments: [0, 1, 1024])
    func authentication(count: Int) throws {
        #expect(try Quote(SyntheticQuote.bytes(authentication: count)).layout.authenticationData.count == count)
        #expect(throws: QuoteError.self) { try Quote(SyntheticQuote.bytes(authentication: 1025)) }
    }
}

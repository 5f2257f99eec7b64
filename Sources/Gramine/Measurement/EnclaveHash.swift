internal import Crypto
package import SGXQuote

/// MRENCLAVE while it is made: SHA-256 over what ECREATE, EADD and EEXTEND of each page would add (Intel's Software
/// Developer's Manual, volume 3D, chapter 40). Holds one page, however large the enclave is.
struct EnclaveHash {
    private var hash = SHA256()
    /// One EADD, and sixteen times an EEXTEND with its 256 bytes.
    private var page: [UInt8]
    /// EADDs alone.
    private var additions: [UInt8] = []

    /// Bytes so far, and how many there were when that was told last.
    private var byteCount: UInt64 = 0
    private var toldByteCount: UInt64 = 0
    private let advance: ((_ byteCount: UInt64) -> Void)?

    private static let step: UInt64 = 16 << 20
    private static let record = 64
    private static let chunk = 256
    private static let chunks = 16
    private static let batch = 256

    /// - Parameter advance: called with how many bytes were hashed so far, every 16 MiB.
    init(size: UInt64, advance: ((_ byteCount: UInt64) -> Void)? = nil) {
        self.advance = advance
        var creation = Self.header("ECREATE")
        Self.put(UInt32(EnclaveLayout.saveAreaSize / Page.size), at: 8, in: &creation)
        Self.put(size, at: 12, in: &creation)
        hash.update(data: creation)
        page = Self.header("EADD")
        for _ in 0..<Self.chunks { page += Self.header("EEXTEND") + [UInt8](repeating: 0, count: Self.chunk) }
    }

    private mutating func count(_ bytes: Int) {
        byteCount += UInt64(bytes)
        guard let advance, byteCount - toldByteCount >= Self.step else { return }
        toldByteCount = byteCount
        advance(byteCount)
    }

    private static func header(_ name: String) -> [UInt8] {
        Array(name.utf8) + [UInt8](repeating: 0, count: record - name.utf8.count)
    }

    private static func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int, in bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self) }
    }

    /// Adds an area page by page, upwards.
    mutating func add(_ area: MemoryArea, of layout: EnclaveLayout, places: EnclaveLayout.ThreadPlaces) {
        guard area.isMeasured else { return addUnmeasured(area) }
        Self.put(area.flags, at: 16, in: &page)
        withUnsafeTemporaryAllocation(byteCount: Int(Page.size), alignment: 16) { content in
            content.initializeMemory(as: UInt8.self, repeating: 0)
            var isZero = false
            for index in 0..<(area.size / Page.size) {
                if !isZero { content.withMemoryRebound(to: UInt8.self) { $0.update(repeating: 0) } }
                let isFilled = layout.fill(content, of: area, index: index, places: places)
                // Zeros that are there already aren't copied again.
                addPage(
                    at: area.address + index * Page.size,
                    UnsafeRawBufferPointer(content),
                    copies: isFilled || !isZero
                )
                isZero = !isFilled
            }
        }
    }

    private mutating func addPage(at address: UInt64, _ content: UnsafeRawBufferPointer, copies: Bool) {
        page.withUnsafeMutableBytes { page in
            page.storeBytes(of: address.littleEndian, toByteOffset: 8, as: UInt64.self)
            for index in 0..<Self.chunks {
                let place = Self.record + index * (Self.record + Self.chunk)
                let position = address + UInt64(index * Self.chunk)
                page.storeBytes(of: position.littleEndian, toByteOffset: place + 8, as: UInt64.self)
                guard copies else { continue }
                let part = content[(index * Self.chunk)..<((index + 1) * Self.chunk)]
                UnsafeMutableRawBufferPointer(rebasing: page[(place + Self.record)...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
            }
            hash.update(bufferPointer: UnsafeRawBufferPointer(page))
        }
        count(page.count)
    }

    private mutating func addUnmeasured(_ area: MemoryArea) {
        if additions.isEmpty {
            let one = Self.header("EADD")
            for _ in 0..<Self.batch { additions += one }
        }
        for index in 0..<Self.batch {
            Self.put(area.flags, at: index * Self.record + 16, in: &additions)
        }
        var address = area.address
        while address < area.end {
            let count = min(Self.batch, Int((area.end - address) / Page.size))
            additions.withUnsafeMutableBytes { additions in
                var offset = 8
                for _ in 0..<count {
                    additions.storeBytes(of: address.littleEndian, toByteOffset: offset, as: UInt64.self)
                    address += Page.size
                    offset += Self.record
                }
                hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: additions[..<(count * Self.record)]))
            }
            self.count(count * Self.record)
        }
    }

    consuming func finalize() -> FixedBytes<32> {
        var digest = FixedBytes<32>()
        digest.replace(at: 0, with: Array(hash.finalize()))
        return digest
    }
}

extension EnclaveLayout {
    /// MRENCLAVE.
    package var measurement: FixedBytes<32> { measurement(advance: nil) }

    /// MRENCLAVE.
    /// - Parameter advance: called with how many of `hashedByteCount` bytes were hashed so far.
    package func measurement(advance: ((_ byteCount: UInt64) -> Void)?) -> FixedBytes<32> {
        var hash = EnclaveHash(size: settings.size, advance: advance)
        let places = threadPlaces
        for area in areas { hash.add(area, of: self, places: places) }
        return hash.finalize()
    }

    /// Bytes that are hashed for its pages.
    package var hashedByteCount: UInt64 { areas.reduce(0) { $0 + $1.hashedByteCount } }
}

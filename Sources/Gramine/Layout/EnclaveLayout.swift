/// Every area of an enclave, in the order in which Gramine's signer measures and its loader adds them.
package struct EnclaveLayout: Sendable {
    package let settings: EnclaveSettings
    /// The image's segments stand as areas of their own.
    package let areas: [MemoryArea]
    let manifest: [UInt8]
    let image: ELFImage
    /// Where the image lies, which is also the end of the heap.
    let imageAddress: UInt64

    static let lowestAddress: UInt64 = 0x10000
    static let saveAreaSize: UInt64 = 0x4000
    static let saveAreasPerThread: UInt64 = 2
    static let stackSize: UInt64 = 0x40000
    static let signalStackSize: UInt64 = 0x10000

    /// - Parameters:
    ///   - manifest: its bytes as they are signed, without the NUL that is measured behind them.
    ///   - image: of the loader.
    /// - Throws: what the settings throw, `.tooSmall`, `.layout`.
    package init(manifest: [UInt8], image: ELFImage) throws(GramineError) {
        let settings = try EnclaveSettings(try Manifest(reading: manifest))
        try self.init(manifest: manifest, settings: settings, image: image)
    }

    init(manifest: [UInt8], settings: EnclaveSettings, image: ELFImage) throws(GramineError) {
        self.settings = settings
        self.manifest = manifest
        self.image = image
        var placed = Placement(settings: settings)
        let threads = UInt64(settings.maximumThreads)
        let writable: Permissions = [.read, .write]
        try placed.add(.manifest, size: Page.up(UInt64(manifest.count) + 1), .read, holding: .manifest)
        try placed.add(.ssa, size: threads * Self.saveAreaSize * Self.saveAreasPerThread, writable)
        try placed.add(.tcs, size: threads * Page.size, [], holding: .threadControl)
        try placed.add(.tls, size: threads * Page.size, writable, holding: .threadLocal)
        for _ in 0..<threads { try placed.add(.stack, size: Self.stackSize, writable) }
        for _ in 0..<threads { try placed.add(.signalStack, size: Self.signalStackSize, writable) }
        let imageAddress = try placed.place(image)
        self.imageAddress = imageAddress
        let segments = image.segments.map { segment in
            MemoryArea(
                name: segment.permissions.contains(.execute) ? .code : .data,
                address: imageAddress + (segment.start - image.start),
                size: segment.end - segment.start,
                permissions: segment.permissions,
                content: .segment(segment)
            )
        }
        areas = placed.areas + segments + placed.free(below: imageAddress, imageEnd: imageAddress + image.size)
    }

    /// The one area of that name.
    func address(of name: MemoryArea.Name) -> UInt64 { areas.first { $0.name == name }?.address ?? 0 }
}

extension ELFImage {
    fileprivate var size: UInt64 { end - start }
}

/// Areas as they are put into the enclave, from its end downwards.
private struct Placement {
    let settings: EnclaveSettings
    private(set) var areas: [MemoryArea] = []
    private var lowest: UInt64

    init(settings: EnclaveSettings) {
        self.settings = settings
        lowest = settings.size
    }

    mutating func add(
        _ name: MemoryArea.Name,
        size: UInt64,
        _ permissions: Permissions,
        holding content: MemoryArea.Content = .zero
    ) throws(GramineError) {
        let address = try lower(by: size)
        areas.append(
            MemoryArea(name: name, address: address, size: size, permissions: permissions, content: content)
        )
    }

    private mutating func lower(by size: UInt64) throws(GramineError) -> UInt64 {
        guard lowest >= size, lowest - size >= EnclaveLayout.lowestAddress else {
            throw GramineError(
                .tooSmall,
                """
                the enclave size is not large enough: manifest, loader and \(settings.maximumThreads) threads don't \
                fit into \(settings.size) bytes
                """,
                mend: "raise sgx.enclave_size, or lower sgx.max_threads"
            )
        }
        lowest -= size
        return lowest
    }

    /// Where an image lies: below the rest, or at the address that it was linked for.
    mutating func place(_ image: ELFImage) throws(GramineError) -> UInt64 {
        guard image.start > 0 else { return try lower(by: image.size) }
        guard image.end <= settings.size else {
            throw GramineError(.layout, "the loader is linked for addresses behind the enclave's end")
        }
        // All below the image is heap, where nothing else may lie.
        if let area = areas.first(where: { $0.end > EnclaveLayout.lowestAddress && $0.address < image.start }) {
            throw GramineError(
                .layout,
                "the loader is linked for addresses above the area '\(area.name.rawValue)', which the heap would cover"
            )
        }
        return image.start
    }

    /// What is left, where every page is added at the start.
    func free(below imageAddress: UInt64, imageEnd: UInt64) -> [MemoryArea] {
        guard !settings.usesDynamicMemory else { return [] }
        var free: [MemoryArea] = []
        func add(_ start: UInt64, _ end: UInt64) {
            free.append(
                MemoryArea(
                    name: .free,
                    address: start,
                    size: end - start,
                    permissions: [.read, .write, .execute],
                    content: .unmeasured
                )
            )
        }
        var lowest = lowest
        if imageEnd < lowest {
            add(imageEnd, lowest)
            lowest = imageAddress
        }
        if lowest > EnclaveLayout.lowestAddress { add(EnclaveLayout.lowestAddress, lowest) }
        return free
    }
}

/// The bytes of pages that differ from zero.
extension EnclaveLayout {
    /// Fills a buffer of 4096 zeros with a page's content.
    /// - Parameters:
    ///   - index: of the page in its area.
    /// - Returns: false where the page stays zero.
    func fill(
        _ page: UnsafeMutableRawBufferPointer,
        of area: MemoryArea,
        index: UInt64,
        places: ThreadPlaces
    ) -> Bool {
        switch area.content {
        case .zero, .unmeasured: return false
        case .manifest:
            let start = Int(index * Page.size)
            let end = min(manifest.count, start + Int(Page.size))
            guard start < end else { return false }
            manifest.withUnsafeBytes {
                page.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<end]))
            }
        case .threadControl: fillThreadControl(page, thread: index, places)
        case .threadLocal: fillThreadLocal(page, thread: index, places)
        case .segment(let segment): image.copyPage(index, of: segment, into: page)
        }
        return true
    }

    /// Where the areas begin that pages of threads point into.
    struct ThreadPlaces {
        let saveAreas: UInt64
        let control: UInt64
        let local: UInt64
        let firstStack: UInt64
        let firstSignalStack: UInt64
    }

    var threadPlaces: ThreadPlaces {
        ThreadPlaces(
            saveAreas: address(of: .ssa),
            control: address(of: .tcs),
            local: address(of: .tls),
            firstStack: address(of: .stack),
            firstSignalStack: address(of: .signalStack)
        )
    }

    /// The TCS (Intel's Software Developer's Manual, volume 3D, section 39.8).
    private func fillThreadControl(_ page: UnsafeMutableRawBufferPointer, thread: UInt64, _ places: ThreadPlaces) {
        func put<Value: FixedWidthInteger>(_ value: Value, _ offset: Int) {
            page.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
        }
        put(places.saveAreas + thread * Self.saveAreaSize * Self.saveAreasPerThread, 0x10)
        put(UInt32(Self.saveAreasPerThread), 0x1C)
        // An image with an address of its own has it twice: Gramine's signer adds it to an entry that holds it.
        put(imageAddress &+ image.entry, 0x20)
        put(places.local + thread * Page.size, 0x38)
        put(UInt32(0xFFF), 0x40)
        put(UInt32(0xFFF), 0x44)
    }

    /// The thread's block of Gramine's loader.
    private func fillThreadLocal(_ page: UnsafeMutableRawBufferPointer, thread: UInt64, _ places: ThreadPlaces) {
        func put(_ value: UInt64, _ offset: Int) {
            page.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
        }
        let saveArea = places.saveAreas + thread * Self.saveAreaSize * Self.saveAreasPerThread
        // Stacks were put one below the other.
        let stack = places.firstStack - thread * Self.stackSize
        let signalStack = places.firstSignalStack - thread * Self.signalStackSize
        put(places.local + thread * Page.size, 0x000)
        put(0x0000_BADB_ADBA_DBAD, 0x008)
        put(settings.size, 0x110)
        put(places.control + thread * Page.size, 0x118)
        put(stack + Self.stackSize, 0x120)
        put(signalStack, 0x130)
        put(signalStack + Self.signalStackSize, 0x138)
        put(saveArea, 0x148)
        /// Of the general registers at the end of a save area.
        let registers: UInt64 = 0xB8
        put(saveArea + Self.saveAreaSize - registers, 0x150)
        put(UInt64(manifest.count) + 1, 0x1A0)
        put(Self.lowestAddress, 0x1A8)
        put(imageAddress, 0x1B0)
    }
}

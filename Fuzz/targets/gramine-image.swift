import Gramine
import SGXQuote

/// A loader that is taken lies within its enclave, and can be measured.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard let image = try? ELFImage(reading: Array(UnsafeBufferPointer(start: start, count: count))) else { return 0 }
    let manifest = Array("sgx.enclave_size = '8M'\nsgx.max_threads = 1\nsgx.edmm_enable = true\n".utf8)
    guard let layout = try? EnclaveLayout(manifest: manifest, image: image) else { return 0 }
    precondition(layout.areas.allSatisfy { $0.end <= 8 << 20 && $0.address % 4096 == 0 && $0.size % 4096 == 0 })
    // So many segments may share a page that hashing takes longer than an input may.
    guard layout.areas.reduce(0, { $0 + $1.size }) < 1 << 20 else { return 0 }
    return layout.measurement.isZero ? -1 : 0
}

import Files
import Foundation
import Gramine
import GramineVectors
import SGXQuote
import Testing

@Suite("Measurement")
struct MeasurementTests {
    private static func image(_ name: String) throws -> [UInt8] {
        try GramineCase.image(name)
    }

    private static let small = """
        libos.entrypoint = "/a"
        fs.mounts = []
        sgx.enclave_size = "4M"
        sgx.max_threads = 1
        sgx.edmm_enable = true

        """

    private func measure(_ manifest: [UInt8], _ image: [UInt8]) throws -> FixedBytes<32> {
        try EnclaveLayout(manifest: manifest, image: ELFImage(reading: image)).measurement
    }

    @Test("every byte of the loader that is loaded counts, and no other")
    func image() throws {
        let bytes = try Self.image("pal-basic.so")
        let image = try ELFImage(reading: bytes)
        let manifest = Array(Self.small.utf8)
        let whole = try measure(manifest, bytes)
        /// Beside the headers that lay it out.
        let header = 64 + 56 * 8
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<40 {
            let place = Int.random(in: header..<bytes.count, using: &generator)
            var changed = bytes
            changed[place] ^= UInt8.random(in: 1...255, using: &generator)
            let isLoaded = image.segments.contains { $0.fileRange.contains(place) }
            #expect((try measure(manifest, changed) != whole) == isLoaded, "offset \(place)")
        }
    }

    @Test("every byte of the manifest counts")
    func manifest() throws {
        let image = try Self.image("pal-basic.so")
        let manifest = Array((Self.small + "# a comment").utf8)
        let whole = try measure(manifest, image)
        for place in (manifest.count - 9)..<manifest.count {
            var changed = manifest
            changed[place] ^= 0x02
            #expect(try measure(changed, image) != whole, "offset \(place)")
        }
        #expect(try measure(manifest + [0x0A], image) != whole)
    }

    @Test(
        "each setting counts",
        arguments: [
            "sgx.debug = true", "sgx.isvsvn = 1", "sgx.isvprodid = 1", "loader.argv = ['a']", "loader.env.A = 'b'",
            "sgx.remote_attestation = 'dcap'", "sys.stack.size = '1M'",
        ]
    )
    func setting(line: String) throws {
        let image = try Self.image("pal-basic.so")
        func measured(_ text: String) throws -> FixedBytes<32> {
            try measure(Manifest(reading: Array(text.utf8)).text, image)
        }
        #expect(try measured(Self.small) != measured(Self.small + line + "\n"))
    }

    @Test("the order of files on disk doesn't count, a changed file does")
    func files() throws {
        let vector = try GramineCase.named("07-trusted-directory")
        try vector.inFolder { surroundings in
            let once = try vector.manifest(surroundings)
            // The names come in another order from each.
            struct Shuffled: Surroundings {
                let inner: VectorSurroundings
                func kind(of path: String) -> EntryKind? { inner.kind(of: path) }
                func linkTarget(of path: String) -> String? { inner.linkTarget(of: path) }
                func isReadable(_ path: String) -> Bool { inner.isReadable(path) }
                func names(in folder: String) throws(GramineError) -> [String] {
                    try inner.names(in: folder).shuffled()
                }
                func digests(of paths: [String]) throws(GramineError) -> [FixedBytes<32>] {
                    try inner.digests(of: paths)
                }
                func resolved(_ path: String) throws(GramineError) -> String { try inner.resolved(path) }
                func output(of program: String, arguments: [String]) throws(GramineError) -> String {
                    try inner.output(of: program, arguments: arguments)
                }
                func byteCount(of path: String) -> Int? { inner.byteCount(of: path) }
                func beginning(of path: String) -> [UInt8]? { inner.beginning(of: path) }
                func variable(_ name: String) -> String? { inner.variable(name) }
            }
            var shuffled = try Manifest(reading: vector.file("manifest.template"))
            try shuffled.addEntrypoint(libOS: "pkglib/libsysdb.so", surroundings: surroundings)
            let files = try shuffled.expandTrustedFiles(surroundings: Shuffled(inner: surroundings))
            #expect(shuffled.text == once.text)
            #expect(files.count > 10)
            for file in files {
                let path = surroundings.place(file.path)
                let bytes = try Files.read(path)
                try Files.write(bytes + [0], to: path)
                #expect(try vector.manifest(surroundings).text != once.text, "\(file.uri)")
                try Files.write(bytes, to: path)
            }
        }
    }

    /// Eight times: other tests run at the same time in this process, and take memory as well.
    @Test("memory stays flat, however large the enclave is: 8 GiB are 128 MiB of records")
    func memory() throws {
        let image = try Self.image("pal-basic.so")
        let manifest = Array("fs.mounts = []\nsgx.enclave_size = '8G'\nsgx.max_threads = 2\n".utf8)
        var least = Int.max
        for _ in 0..<8 where least >= 50 * 1024 {
            // The peak begins anew.
            try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
            let before = try Self.residentKilobytes()
            _ = try measure(manifest, image)
            least = min(least, try Self.residentKilobytes() - before)
        }
        #expect(least < 50 * 1024)
    }

    /// The most that this process has had.
    private static func residentKilobytes() throws -> Int {
        let status = String(decoding: try Data(contentsOf: URL(filePath: "/proc/self/status")), as: UTF8.self)
        return Int(try #require(status.firstMatch(of: /VmHWM:\s+(\d+) kB/)).1) ?? 0
    }
}

@Suite("Loaders")
struct ELFImageTests {
    private static let names = ["pal-basic.so", "pal-bss.so", "pal-nonpie", "pal-hole.so", "pal-lld.so"]

    private static func bytes(_ name: String) throws -> [UInt8] {
        try GramineCase.image(name)
    }

    @Test("a file that ends too early is refused", arguments: names)
    func truncated(name: String) throws {
        let bytes = try Self.bytes(name)
        let needed = try #require(try ELFImage(reading: bytes).segments.map(\.fileRange.upperBound).max())
        for count in [0, 3, 63, 64, 100, 400, needed - 1] {
            let error = #expect(throws: GramineError.self, "\(count)") { try ELFImage(reading: Array(bytes[..<count])) }
            #expect(error?.kind == .image)
        }
        _ = try ELFImage(reading: Array(bytes[..<needed]))
    }

    @Test(
        "headers that no loader can have are refused",
        arguments: [
            (4, [UInt8(1)]), (5, [2]), (0, [0]), (32, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]), (54, [8, 0]),
            (56, [0xFF, 0xFF]), (56, [0, 0]),
            // The first segment's offset, address, size in the file and in memory.
            (64 + 8, [0, 0, 0, 0, 0, 0, 0, 0x80]), (64 + 16, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            (64 + 40, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            (64 + 40, [0, 0, 0, 0, 1]),
        ]
    )
    func headers(place: Int, patch: [UInt8]) throws {
        var bytes = try Self.bytes("pal-basic.so")
        bytes.replaceSubrange(place..<(place + patch.count), with: patch)
        let error = #expect(throws: GramineError.self) { try ELFImage(reading: bytes) }
        #expect(error?.kind == .image)
    }

    @Test("no change of the headers does more than be refused or measured")
    func anyHeaders() throws {
        let bytes = try Self.bytes("pal-nonpie")
        let manifest = Array("fs.mounts = []\nsgx.enclave_size = '8M'\nsgx.max_threads = 1\n".utf8)
        for seed in 0..<2000 {
            var changed = bytes
            for step in 0..<3 { changed[(seed * 31 + step * 97) % 512] = UInt8(truncatingIfNeeded: seed &* 73 &+ step) }
            do {
                let layout = try EnclaveLayout(manifest: manifest, image: ELFImage(reading: changed))
                #expect(layout.areas.allSatisfy { $0.end <= 8 << 20 })
                if seed % 50 == 0 { _ = layout.measurement }
            } catch {
                #expect([.image, .layout, .tooSmall].contains(error.kind))
            }
        }
    }

    @Test("a loader at an address above the stacks is refused")
    func fixedAddress() throws {
        let image = try ELFImage(reading: Self.bytes("pal-nonpie"))
        let manifest = Array("sgx.enclave_size = '4M'\nsgx.max_threads = 1\n".utf8)
        let error = #expect(throws: GramineError.self) { try EnclaveLayout(manifest: manifest, image: image) }
        #expect(error?.kind == .layout)
    }
}

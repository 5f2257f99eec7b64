import DCAP
import DCAPCollateral
import Files
import Foundation
import Notation
import Synchronization
import TestSupport
import Testing

/// Delivers what a test says, and counts.
private final class CountingSource: CollateralSource {
    let name = "http://service.test"
    private let calls = Atomic(0)
    private let result: Mutex<Result<Collateral, CollateralError>>
    private let delay: Duration
    var count: Int { calls.load(ordering: .relaxed) }

    init(_ collateral: Collateral, delay: Duration = .zero) {
        result = Mutex(.success(collateral))
        self.delay = delay
    }

    func answer(_ new: Result<Collateral, CollateralError>) { result.withLock { $0 = new } }

    func collateral(for request: CollateralRequest) async throws(CollateralError) -> CollateralDelivery {
        calls.add(1, ordering: .relaxed)
        try? await Task.sleep(for: delay)
        return CollateralDelivery(try result.withLock { $0 }.get(), from: name)
    }
}

@Suite("The cache of collateral")
struct CacheTests {
    private static let now = Served.now
    private let folder: TemporaryFolder
    private let source: CountingSource
    private let served: Served

    init() throws {
        folder = try TemporaryFolder()
        served = try Served()
        source = CountingSource(served.collateral)
    }

    private var cache: CollateralCache { CollateralCache(folder: folder.path + "/collateral") }
    private func cached(
        at time: Timestamp = now,
        maximumAge: Duration = .seconds(30 * 86400),
        alwaysAsks: Bool = false,
        anchor: TrustAnchor? = nil,
        _ source: (any CollateralSource)? = nil
    ) -> CachedSource {
        CachedSource(
            source ?? self.source,
            cache: cache,
            maximumAge: maximumAge,
            anchor: anchor ?? served.anchor,
            alwaysAsks: alwaysAsks,
            now: { time }
        )
    }
    private func files(_ name: String) throws -> [String] {
        try Files.names(in: folder.path + "/collateral/" + name).map { folder.path + "/collateral/" + name + "/" + $0 }
    }

    @Test("asked once, then known; private files under their digests")
    func hit() async throws {
        let first = try await cached().collateral(for: Served.request)
        let second = try await cached(at: Self.now + .seconds(3600)).collateral(for: Served.request)
        #expect(
            source.count == 1 && first.collateral == second.collateral && second.source.hasSuffix("(cached)")
                && second.notes.isEmpty
        )
        for path in try files("objects") + files("entries") where !path.hasSuffix(".lock") {
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600, "\(path)")
        }
        #expect(cache.all().map(\.request) == [Served.request] && cache.all().map(\.fetchedAt) == [Self.now])
    }

    @Test("what a service delivers without the chain of its PCK CRL is kept where the quote's own chain proves it")
    func quotesChain() async throws {
        var bare = served.collateral
        bare.pckCRLChain = nil
        source.answer(.success(bare))
        var request = Served.request
        let unproven = try await cached().collateral(for: request)
        #expect(unproven.notes.count == 1 && unproven.notes[0].contains("isn't kept"))
        request.authorityChain = served.authorityChain
        #expect(try await cached().collateral(for: request).notes.isEmpty)
        // Kept under the same question, whoever asks it with or without a quote.
        #expect(try await cached().collateral(for: Served.request).source.hasSuffix("(cached)"))
        #expect(source.count == 2)
        // Another authority's chain proves nothing.
        let other = try Served()
        request.authorityChain = other.authorityChain
        request.edition = .early
        #expect(try await cached().collateral(for: request).notes.isEmpty == false)
        #expect(source.count == 3 && cache.all().count == 1)
    }

    @Test("another platform, edition or source is another question")
    func keys() async throws {
        _ = try await cached().collateral(for: Served.request)
        var request = Served.request
        request.edition = .early
        _ = try await cached().collateral(for: request)
        request.tee = .tdx
        _ = try await cached().collateral(for: request)
        request.authority = .processor
        _ = try await cached().collateral(for: request)
        #expect(source.count == 4)
    }

    @Test("asked again after a day, and before anything runs out")
    func refresh() async throws {
        _ = try await cached().collateral(for: Served.request)
        _ = try await cached(at: Self.now + .seconds(86399)).collateral(for: Served.request)
        #expect(source.count == 1)
        _ = try await cached(at: Self.now + .seconds(86400)).collateral(for: Served.request)
        #expect(source.count == 2)
        // Everything ends 30 days after an hour ago; a day before that nothing is fresh.
        let end = Self.now - .seconds(3600) + .seconds(30 * 86400)
        _ = try await cached(at: end - .seconds(86401)).collateral(for: Served.request)
        _ = try await cached(at: end - .seconds(86400)).collateral(for: Served.request)
        #expect(source.count == 4)
    }

    @Test("a clock that was set back makes nothing fresh")
    func clock() async throws {
        _ = try await cached().collateral(for: Served.request)
        _ = try await cached(at: Self.now - .seconds(10)).collateral(for: Served.request)
        #expect(source.count == 2)
    }

    @Test("while nobody answers, what is there serves as long as the policy's age allows, and says so")
    func offline() async throws {
        _ = try await cached().collateral(for: Served.request)
        source.answer(.failure(CollateralError("http://service.test", kind: .unreachable, "can't be fetched")))
        let delivery = try await cached(at: Self.now + .seconds(20 * 86400)).collateral(for: Served.request)
        #expect(delivery.collateral == served.collateral && delivery.notes.count == 1)
        #expect(delivery.notes[0].contains("can't be fetched") && delivery.notes[0].contains("cache"))
        await #expect(throws: CollateralError.self) {
            try await cached(at: Self.now + .seconds(20 * 86400), maximumAge: .seconds(10 * 86400)).collateral(
                for: Served.request
            )
        }
        await #expect(throws: CollateralError.self) {
            try await cached(at: Self.now + .seconds(31 * 86400)).collateral(for: Served.request)
        }
    }

    @Test("a service that says no is believed, whatever the cache holds")
    func gone() async throws {
        _ = try await cached().collateral(for: Served.request)
        source.answer(.failure(CollateralError("http://service.test", kind: .gone, "gone")))
        await #expect(throws: CollateralError.self) {
            try await cached(at: Self.now + .seconds(2 * 86400)).collateral(for: Served.request)
        }
    }

    @Test("what doesn't verify isn't kept, and a sound answer is", arguments: 0..<8)
    func damagedAnswers(index: Int) async throws {
        source.answer(.success(served.damaged[index]))
        let bad = try await cached().collateral(for: Served.request)
        #expect(bad.collateral == served.damaged[index] && bad.notes.contains { $0.contains("isn't kept") })
        #expect(cache.all().isEmpty)
        source.answer(.success(served.collateral))
        let good = try await cached().collateral(for: Served.request)
        #expect(good.collateral == served.collateral && good.notes.isEmpty && source.count == 2)
        #expect(try await cached().collateral(for: Served.request).source.hasSuffix("(cached)"))
        // Later on, a bad one is as good as none while what is there is young enough.
        source.answer(.success(served.damaged[index]))
        let later = try await cached(at: Self.now + .seconds(2 * 86400)).collateral(for: Served.request)
        #expect(later.collateral == served.collateral && later.notes.contains { $0.contains("doesn't verify") })
    }

    @Test("what verifies under another root is neither kept nor read")
    func otherRoot() async throws {
        _ = try await cached(anchor: .intel).collateral(for: Served.request)
        #expect(cache.all().isEmpty)
        _ = try await cached().collateral(for: Served.request)
        _ = try await cached(anchor: .intel).collateral(for: Served.request)
        #expect(source.count == 3)
    }

    @Test("without a proof of the PCK CRL nothing is kept")
    func unproven() async throws {
        var collateral = served.collateral
        collateral.pckCRLChain = nil
        source.answer(.success(collateral))
        let delivery = try await cached().collateral(for: Served.request)
        #expect(cache.all().isEmpty && delivery.notes.contains { $0.contains("PCK CRL") })
    }

    @Test("whoever wants to be sure asks, however fresh the cache is")
    func alwaysAsks() async throws {
        _ = try await cached().collateral(for: Served.request)
        let delivery = try await cached(at: Self.now + .seconds(1), alwaysAsks: true).collateral(for: Served.request)
        #expect(source.count == 2 && !delivery.source.hasSuffix("(cached)"))
        source.answer(.failure(CollateralError("http://service.test", kind: .unreachable, "can't be fetched")))
        let old = try await cached(at: Self.now + .seconds(2), alwaysAsks: true).collateral(for: Served.request)
        #expect(old.source.hasSuffix("(cached)") && old.notes.contains { $0.contains("can't be fetched") })
    }

    @Test("a source whose documents don't verify is passed over for the next", arguments: 0..<8)
    func passedOver(index: Int) async throws {
        let bad = CountingSource(served.damaged[index]), good = CountingSource(served.collateral)
        let delivery = try await FallbackSource([cached(bad), good], trial: served.trial).collateral(
            for: Served.request
        )
        #expect(delivery.collateral == served.collateral && delivery.notes.contains { $0.contains("doesn't verify") })
        #expect(bad.count == 1 && good.count == 1)
        // Where none verifies, the first is judged, and all are told of.
        let all = try await FallbackSource([bad, bad], trial: served.trial).collateral(for: Served.request)
        #expect(all.collateral == served.damaged[index] && all.notes.count == 2)
    }

    @Test("one asks, the others wait for the answer")
    func singleFlight() async throws {
        let slow = CountingSource(served.collateral, delay: .milliseconds(200))
        let all = try await withThrowingTaskGroup(of: CollateralDelivery.self) { group in
            for _ in 0..<8 { group.addTask { try await cached(slow).collateral(for: Served.request) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(slow.count == 1 && all.allSatisfy { $0.collateral == served.collateral })
    }

    @Test("what was changed or cut on disk is no longer there, and fetched again", arguments: ["objects", "entries"])
    func damage(place: String) async throws {
        _ = try await cached().collateral(for: Served.request)
        for path in try files(place) where !path.hasSuffix(".lock") {
            var bytes = try Files.read(path)
            bytes[bytes.count / 2] ^= 1
            try Files.write(place == "objects" ? bytes : Array(bytes.dropLast(20)), to: path)
        }
        let delivery = try await cached().collateral(for: Served.request)
        #expect(source.count == 2 && delivery.collateral == served.collateral)
        #expect(try await cached().collateral(for: Served.request).source.hasSuffix("(cached)"))
    }

    @Test("an entry can't name a file outside of the cache")
    func traversal() async throws {
        _ = try await cached().collateral(for: Served.request)
        for path in try files("entries") where path.hasSuffix(".json") {
            let text = String(decoding: try Files.read(path), as: UTF8.self)
            try Files.write(
                text.replacing(/"rootCRL": "[0-9a-f]+"/, with: "\"rootCRL\": \"../../../etc/passwd\""),
                to: path
            )
        }
        #expect(cache.all().isEmpty)
        _ = try await cached().collateral(for: Served.request)
        #expect(source.count == 2)
    }

    @Test("a cache that can't be written is no reason not to answer")
    func readOnly() async throws {
        try folder.write("collateral", "a file where the folder should be")
        let delivery = try await cached().collateral(for: Served.request)
        #expect(
            delivery.collateral == served.collateral
                && delivery.notes.contains { $0.contains("cache couldn't be written") }
        )
    }

    @Test("the number of entries is bounded")
    func bound() async throws {
        var request = Served.request
        for number in 0...CollateralCache.entryLimit {
            request.edition = .number(number)
            _ = try await cached(at: Self.now + .seconds(number)).collateral(for: request)
        }
        let kept = cache.all()
        #expect(
            kept.count == CollateralCache.entryLimit / 2
                && kept.contains { $0.request.edition == .number(CollateralCache.entryLimit) }
        )
        // The two documents have one chain.
        #expect(try files("objects").count == 6)
    }
}

import Files
import Foundation
import Testing

@testable import Attestation

@Suite("docs/policy.md")
struct PolicyDocumentTests {
    private static let path = Files.split(Files.split(Files.split(#filePath).folder).folder).folder + "/docs/policy.md"
    private static let (start, end) = ("<!-- keys -->\n", "<!-- end of keys -->\n")

    private static func rows<Table: PolicyTable>(_ table: Table.Type) -> [String] {
        Table.Key.allCases.map {
            "| `[\(Table.name)] \($0.rawValue)` | \($0.form) | \($0.standard) | \($0.meaning) |"
        }
    }

    private static var keys: String {
        let rows =
            rows(AttestationPolicy.Measurement.self) + rows(AttestationPolicy.TCB.self)
            + rows(AttestationPolicy.Platform.self) + rows(AttestationPolicy.Launch.self)
            + rows(AttestationPolicy.Freshness.self) + rows(AttestationPolicy.TDX.self)
        return (["| key | form | without it | meaning |", "|---|---|---|---|"] + rows).joined(separator: "\n") + "\n"
    }

    @Test("it lists every key with its form, its default and its meaning; MSE_WRITE_DOCS=1 writes it")
    func complete() throws {
        let text = String(decoding: try Files.read(Self.path), as: UTF8.self)
        let parts = text.components(separatedBy: Self.start)
        let tail = try #require(parts.last?.components(separatedBy: Self.end))
        try #require(parts.count == 2 && tail.count == 2)
        if ProcessInfo.processInfo.environment["MSE_WRITE_DOCS"] != nil {
            try Files.write(parts[0] + Self.start + Self.keys + Self.end + tail[1], to: Self.path)
        } else {
            #expect(tail[0] == Self.keys)
        }
    }
}

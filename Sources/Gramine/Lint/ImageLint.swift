internal import Notation

/// A loader that is measured as it stands, and that no processor or no Gramine would take.
extension LintSubject {
    var imageFindings: [LintFinding] {
        guard let image else { return [] }
        var findings: [LintFinding] = []
        let segments = image.segments
        for segment in segments where segment.offset % Page.size != segment.address % Page.size {
            let address = String(segment.address, radix: 16)
            findings.append(LintFinding(.imageUnaligned, "the segment at 0x\(address)"))
        }
        let ordered = segments.filter { $0.end > $0.start }.sorted { $0.start < $1.start }
        for (lower, upper) in zip(ordered, ordered.dropFirst()) where upper.start < lower.end {
            findings.append(LintFinding(.imageOverlap, "the segment at 0x\(String(upper.address, radix: 16))"))
        }
        let isOrdered = zip(segments, segments.dropFirst()).allSatisfy { $0.address <= $1.address }
        if !isOrdered || segments.count > 16 || segments.last?.end != image.end {
            findings.append(LintFinding(.imageOrder, "\(segments.count) segments"))
        }
        return findings
    }
}

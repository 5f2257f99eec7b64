internal import Files

/// The HOMEs that were sealed for an instance, each in a folder named by its epoch (docs/formats/sealed-state.md).
package enum SealedHomes {
    /// Of those that are told; whoever has the folder may lay any number there.
    package static let limit = 16

    /// Whoever has the folder names them and dates them: whether one opens, it is asked itself.
    /// - Parameter folder: of sealed state.
    /// - Returns: 64 hex digits in lower case each; the last sealed one first.
    package static func epochs(in folder: String) -> [String] {
        let homes = folder + "/home"
        guard (try? FileKind(homes)) == .folder else { return [] }
        let found = ((try? Files.rawNames(in: homes)) ?? []).filter(isEpoch).compactMap { bytes in
            let epoch = String(decoding: bytes, as: UTF8.self)
            return FileVersion("\(homes)/\(epoch)/home.sealed").map { (epoch: epoch, time: $0.modifiedAt) }
        }
        return found.sorted { $0.time > $1.time }.prefix(limit).map(\.epoch)
    }

    private static func isEpoch(_ name: [UInt8]) -> Bool {
        name.count == 64 && name.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

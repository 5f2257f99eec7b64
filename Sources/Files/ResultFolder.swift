package import Glibc

/// The folder that a result goes to, made with those above it where it isn't there.
///
/// Until the result is there, nothing says that they are wanted: what was made and is still empty goes again when the
/// work fails, or when the program is interrupted.
package struct ResultFolder: ~Copyable {
    /// Those that were made here, the outer ones first.
    private let made: [String]
    private var isKept = false

    /// - Throws: `FileError`; then none was made.
    package init(_ path: String, mode: mode_t = 0o755) throws(FileError) {
        var absent: [String] = []
        var place = path
        while !place.isEmpty, place != "/", !Files.exists(place) {
            absent.append(place)
            place = Files.split(place).folder
        }
        var made: [String] = []
        do throws(FileError) {
            for folder in absent.reversed() where try Self.make(folder, mode) { made.append(folder) }
            guard Files.isFolder(path) else { throw FileError(path, "a folder expected, found something else") }
        } catch {
            Unfinished.withdraw(made)
            throw error
        }
        self.made = made
    }

    /// - Returns: whether it wasn't there.
    private static func make(_ path: String, _ mode: mode_t) throws(FileError) -> Bool {
        var number: Int32 = 0
        let isMade = Unfinished.makeFolder(path) {
            if mkdir(path, mode) == 0 { return true }
            number = errno
            return false
        }
        if isMade {
            guard chmod(path, mode) == 0 else { throw FileError(path, doing: "set the mode of") }
            return true
        }
        guard number == EEXIST else { throw FileError(path, doing: "make the folder", number) }
        guard Files.isFolder(path) else {
            throw FileError(path, "a folder expected, found a link that leads nowhere", number: number)
        }
        return false
    }

    /// The result is in it.
    package mutating func keep() {
        Unfinished.keep(made)
        isKept = true
    }

    deinit { if !isKept { Unfinished.withdraw(made) } }
}

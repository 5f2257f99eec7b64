internal import Glibc
internal import KernelEvents
internal import Synchronization
internal import Threads

/// What this program has begun and not ended: files and folders that mean nothing until they are whole, and programs
/// that work on them.
///
/// Whoever ends the program before its time ends these first, so that nothing half done lies about and nobody works on.
package enum Unfinished {
    private struct State {
        var paths: [String] = []
        /// On those of them that are there.
        var locks: [String: Int32] = [:]
        /// Folders that were made for what isn't there yet, the outer ones first.
        var folders: [String] = []
        var programs: [Int32] = []
        /// What goes on after this program has ended.
        var remarks: [String] = []
        var isAbandoned = false

        mutating func unlock(_ paths: [String]) {
            for path in paths { if let lock = locks.removeValue(forKey: path) { close(lock) } }
        }
    }

    private static let state = Mutex(State())

    /// What is about to be made under this name is removed when the program ends before `end(_:)`.
    package static func begin(_ path: String) { change { $0.paths.append(path) } }

    /// It is there now, and locked until its end: nobody takes it for what a killed program left.
    package static func made(_ path: String) {
        change { state in
            guard state.locks[path] == nil, let lock = TemporaryName.lock(path) else { return }
            state.locks[path] = lock
        }
    }

    /// It has another name by now, is removed, or is whole.
    package static func end(_ path: String) {
        change { state in
            if let index = state.paths.lastIndex(of: path) { state.paths.remove(at: index) }
            state.unlock([path])
        }
    }

    /// Makes a folder, and is done with it only when something is in it: what is still empty when the program ends, or
    /// when it is `withdrawn`, is removed.
    static func makeFolder(_ path: String, _ make: () -> Bool) -> Bool {
        var isMade = false
        change { state in
            isMade = make()
            if isMade { state.folders.append(path) }
        }
        return isMade
    }

    /// What was made for a result stays.
    static func keep(_ folders: [String]) { change { $0.folders.removeAll { folders.contains($0) } } }

    /// Of folders that were made for a result those that hold nothing: others may have put something there meanwhile.
    static func withdraw(_ folders: [String]) {
        change { state in
            for folder in folders.reversed() { rmdir(folder) }
            state.folders.removeAll { folders.contains($0) }
        }
    }

    /// Gives several things their names, as one step: nobody ends the program in between.
    package static func complete<Failure: Error>(_ paths: [String], _ body: () throws(Failure) -> Void) throws(Failure)
    {
        var problem: Failure?
        change { state in
            do throws(Failure) {
                try body()
                state.paths.removeAll { paths.contains($0) }
                state.unlock(paths)
            } catch {
                problem = error
            }
        }
        if let problem { throw problem }
    }

    /// Starts a program that is ended with this one.
    /// - Parameter start: returns its process id, or what is no id.
    package static func start(_ start: () -> Int32) -> Int32 {
        var process: Int32 = 0
        change { state in
            process = start()
            if process > 0 { state.programs.append(process) }
        }
        return process
    }

    /// The program has ended, or is to outlive this one.
    package static func end(program: Int32) { change { state in state.programs.removeAll { $0 == program } } }

    /// What a person has to know when this program ends before its time, though nothing of it can be taken back.
    package static func remark(_ text: String?) { change { state in state.remarks = text.map { [$0] } ?? [] } }

    /// After `abandon` nothing is begun any more: whoever comes here waits for the program's end.
    private static func change(_ body: (inout State) -> Void) {
        let isAbandoned = state.withLock { state in
            if !state.isAbandoned { body(&state) }
            return state.isAbandoned
        }
        while isAbandoned { pause() }
    }

    /// Whether the program is being ended.
    package static var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    // MARK: The end

    /// What became of it.
    package struct Outcome: Sendable {
        /// Nothing had been begun.
        package var isEmpty: Bool
        /// What could not be removed.
        package var left: [String]
        package var remarks: [String]
    }

    /// Ends the programs and removes what isn't whole. Called once, before the program ends.
    package static func abandon() -> Outcome {
        let found = state.withLock { state in
            state.isAbandoned = true
            return state
        }
        for process in found.programs { end(process) }
        // Who still writes comes to his end at his next step; until then he may put one more file into a folder.
        var left = found.paths
        _ = Backoff(first: .milliseconds(10), longest: .milliseconds(10)).firstBlocking(within: .seconds(1)) {
            () -> Bool? in
            left = left.filter { path in
                do throws(FileError) {
                    try Files.removeAll(path)
                    return false
                } catch {
                    return true
                }
            }
            return left.isEmpty ? true : nil
        }
        for folder in found.folders.reversed() { rmdir(folder) }
        return Outcome(
            isEmpty: found.paths.isEmpty && found.folders.isEmpty && found.programs.isEmpty,
            left: left,
            remarks: found.remarks
        )
    }

    /// Asks a program and those that it started to end, and makes them after five seconds.
    private static func end(_ process: Int32) {
        let all = descendants(of: process) + [process]
        for one in all { kill(one, SIGTERM) }
        let events = KernelEvents()
        let end = ContinuousClock.now + .seconds(5)
        while true {
            for one in all where !hasEnded(one) { events.watch(process: one) }
            guard !all.allSatisfy(hasEnded), case let left = end - .now, left > .zero else { break }
            events.wait(for: left)
        }
        for one in all where !hasEnded(one) { kill(one, SIGKILL) }
    }

    /// A child that has ended stays until it is waited for, which its starter may be doing.
    private static func hasEnded(_ process: Int32) -> Bool {
        guard let bytes = try? Files.read("/proc/\(process)/stat", limit: 4096) else { return true }
        return String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ").first == "Z"
    }

    private static func descendants(of process: Int32) -> [Int32] {
        guard let bytes = try? Files.read("/proc/\(process)/task/\(process)/children", limit: 1 << 16) else {
            return []
        }
        let children = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
        return children.flatMap { descendants(of: $0) + [$0] }
    }
}

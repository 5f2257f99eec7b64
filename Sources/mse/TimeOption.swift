import ArgumentParser
import Notation
import Operations

/// Options that are times, checked where they are read.
extension Option where Value == Timestamp? {
    init(time help: ArgumentHelp) {
        self.init(parsing: .unconditional, help: help) { try JudgingOptions.time($0) }
    }
}

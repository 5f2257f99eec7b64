import ArgumentParser
import Operations

/// Options that are times, checked where they are read.
extension Option where Value == Int64? {
    init(time help: ArgumentHelp) {
        self.init(parsing: .unconditional, help: help) { try JudgingOptions.time($0) }
    }
}

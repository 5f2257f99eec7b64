/// What could not be done, as programs tell it from other things (docs/errors.md, which a test compares).
public enum OperationCode: String, CaseIterable, Sendable {
    case usage
    case setting
    case file
    case fileKind = "file.kind"
    case notFound
    case exists
    case outputIsInput = "output.input"
    case installation
    case runtime
    case state
    case stateConfiguration = "state.configuration"
    case stateDamaged = "state.damaged"
    case targetUnknown = "target.unknown"
    case targetFile = "target.file"
    case evidence
    case evidenceLaunch = "evidence.launch"
    case evidenceOther = "evidence.other"
    case evidenceSealingKey = "evidence.sealingKey"
    case policy
    case pin
    case key
    case keyMissing = "key.missing"
    case gramineLint = "gramine.lint"
    case secretsTooLarge = "secrets.tooLarge"
    case project
    case packageMeasurement = "package.measurement"
    case packageRuntime = "package.runtime"
    case platformOther = "platform.other"
    case platformUnbuilt = "platform.unbuilt"
    case testsForeign = "tests.foreign"
    case testsCommand = "tests.command"
    case testsServer = "tests.server"
    case networkPort = "network.port"
    case networkHost = "network.host"
    case networkProtocol = "network.protocol"
    case configurationRefused = "configuration.refused"
    case configurationUnconfirmed = "configuration.unconfirmed"
    case serviceUnfinished = "service.unfinished"
    case serviceUnknown = "service.unknown"
    case serviceBusy = "service.busy"
    case serviceExpired = "service.expired"
    case serviceNotRunning = "service.notRunning"
    case serviceNotWaiting = "service.notWaiting"
    case serviceFailed = "service.failed"
    case serviceTimeout = "service.timeout"
    case serviceUntold = "service.untold"
    case serviceUnhealthy = "service.unhealthy"
    case homeNotSaved = "home.notSaved"
    case homeLost = "home.lost"
}

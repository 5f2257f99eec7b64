/// A value with where it was named, so that a message about it leads there: an option, a variable of the environment,
/// or a file of settings.
struct NamedSetting: Hashable, Sendable {
    let value: String
    /// Such as `--collateral`, `MSE_COLLATERAL`, or `collateral in …/config.toml`.
    let place: String
}

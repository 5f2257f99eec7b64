/// Where an application says whether it is well.
struct HealthPath {
    let path: String

    init(_ path: String) { self.path = path }

    /// What a person should know of an answer that counts as one; nil for most.
    func note(on status: Int) -> String? {
        guard status == 404 else { return nil }
        return """
            its health path \(path) answers with status 404: the application may not have it \
            (healthcheck_endpoint in mse.toml)
            """
    }
}

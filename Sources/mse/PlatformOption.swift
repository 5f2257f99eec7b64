public import ArgumentParser
public import PackageFormat

extension EnclaveSettings.Platform: ExpressibleByArgument {}

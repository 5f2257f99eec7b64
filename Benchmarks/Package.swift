// swift-tools-version: 6.2
import PackageDescription

/// Programs that benchmarks run; a package of its own, so that users of the libraries don't resolve it.
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "mse", path: "..")],
    targets: [
        .executableTarget(
            name: "dcap-bench",
            dependencies: [
                .product(name: "DCAP", package: "mse"), .product(name: "Notation", package: "mse"),
                .product(name: "SGXQuote", package: "mse"),
            ]
        )
    ]
)

// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours in Swift is compiled with: Swift 6 mode, and the upcoming rules that make later migrations
/// dull.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

/// Every symbol is bound before the first line runs, and the table of them is read-only from then on.
let hardened: [LinkerSetting] = [
    .unsafeFlags([
        "-Xlinker", "-z", "-Xlinker", "relro", "-Xlinker", "-z", "-Xlinker", "now", "-Xlinker", "-z", "-Xlinker",
        "noexecstack",
    ])
]
/// No symbol of an executable is anybody's but its own, so that what nothing calls is left out; and functions of the
/// same instructions, whose addresses nobody takes, are there once.
let unexported: LinkerSetting = .unsafeFlags(
    ["-Xlinker", "--no-export-dynamic", "-Xlinker", "--icf=safe"],
    .when(configuration: .release)
)
/// But for what takes the C library's place: Python's modules are loaded later and have to find it.
let interposed: LinkerSetting = .unsafeFlags(
    [
        "close", "close_range", "closefrom", "dup2", "dup3", "getpwent", "getpwent_r", "getpwnam", "getpwnam_r",
        "getpwuid", "getpwuid_r",
        "open", "timerfd_create", "timerfd_gettime", "timerfd_settime",
    ].flatMap { ["-Xlinker", "--export-dynamic-symbol=" + $0] }
)
/// The same care for C.
let guarded: [CSetting] = [
    // A function each by itself, so that those that nothing calls are left out.
    .unsafeFlags(["-fstack-protector-strong", "-ffunction-sections", "-fdata-sections"]),
    .unsafeFlags(["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"], .when(configuration: .release)),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioConcurrencyHelpers = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

let package = Package(
    name: "mse",
    products: [
        .executable(name: "mse", targets: ["mse"]),
        .executable(name: "mse-bootstrap", targets: ["mse-bootstrap"]),
        .executable(name: "mse-serve", targets: ["mse-serve"]),
        // Beside each what else its interface shows, if that is in no other of these.
        .library(name: "Attestation", targets: ["Attestation"]),
        .library(name: "CodeEncryption", targets: ["CodeEncryption", "Files", "Secrets"]),
        .library(name: "DCAP", targets: ["DCAP"]),
        .library(name: "DCAPCollateral", targets: ["DCAPCollateral"]),
        .library(name: "Notation", targets: ["Notation"]),
        .library(name: "RATLS", targets: ["RATLS"]),
        .library(name: "SGXQuote", targets: ["SGXQuote"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        // Pure: bytes in, values out.
        .target(name: "Notation"),
        .target(name: "StrictX509", dependencies: ["Notation", crypto]),
        .target(name: "SGXQuote"),
        .target(name: "DCAP", dependencies: ["StrictX509", "Notation", "SGXQuote", crypto]),
        .target(
            name: "RATLS",
            dependencies: [
                "StrictX509",
                "Notation",
                "SGXQuote",
                asn1,
                crypto,
                x509,
            ]
        ),
        .target(
            name: "Attestation",
            dependencies: [
                "DCAP",
                "Notation",
                "RATLS",
                "SGXQuote",
                "StrictX509",
            ]
        ),

        // C libraries, each behind one wrapper.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CPython", pkgConfig: "python3-embed", providers: [.apt(["python3-dev"])]),
        .target(name: "CPythonShim", dependencies: ["CPython"], cSettings: guarded),
        .target(name: "CGramineShim", cSettings: guarded),
        .target(name: "CFreedMemory", cSettings: guarded),
        .target(name: "CLinux", cSettings: guarded),
        .target(name: "CProcesses", cSettings: guarded),

        .target(name: "Threads", dependencies: ["Notation", "CLinux"]),
        .target(name: "KernelEvents", dependencies: ["CLinux", "Threads"]),

        // Making.
        .target(
            name: "Files",
            dependencies: [
                "CLinux",
                "KernelEvents",
                "Notation",
                "Threads",
            ]
        ),
        .target(name: "WallClock", dependencies: ["Notation"]),
        .target(name: "Secrets", dependencies: ["CSodium", "Notation"]),
        .target(
            name: "CodeEncryption",
            dependencies: [
                "CSodium",
                "Files",
                "Notation",
                "Secrets",
            ]
        ),
        .target(name: "Processes", dependencies: ["CProcesses", "Files", "KernelEvents"]),
        .target(
            name: "PackageFormat",
            dependencies: [
                "CodeEncryption",
                "Secrets",
                "Files",
                "Notation",
                crypto,
            ]
        ),
        .target(
            name: "PackageMeasurement",
            dependencies: [
                "Files",
                "Gramine",
                "SGXQuote",
                "Notation",
                "PackageFormat",
                crypto,
            ]
        ),
        .target(name: "Gramine", dependencies: ["Notation", "SGXQuote", crypto, cryptoExtras]),
        .target(name: "GramineFiles", dependencies: ["Files", "Gramine", "Processes", "SGXQuote", crypto]),
        .target(
            name: "PackageBuilding",
            dependencies: [
                "CodeEncryption",
                "Secrets",
                "Files",
                "KernelEvents",
                "Notation",
                "PackageFormat",
                "Processes",
                "Threads",
                crypto,
            ]
        ),

        // Judging, at the edge.
        .target(
            name: "ConnectionProblems",
            dependencies: ["Notation", nioCore, nioPosix, nioSSL]
        ),
        .target(
            name: "DCAPCollateral",
            dependencies: [
                "ConnectionProblems",
                "DCAP",
                "Files",
                "Notation",
                "SGXQuote",
                "StrictX509",
                "Threads",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                crypto,
                nioCore,
                nioHTTP1,
                nioSSL,
            ]
        ),
        .target(
            name: "RATLSTransport",
            dependencies: [
                "Notation",
                "Attestation",
                "ConnectionProblems",
                "RATLS",
                "Secrets",
                "StrictX509",
                nioCore,
                nioHTTP1,
                nioPosix,
                nioSSL,
                nioTLS,
            ]
        ),

        // Running.
        .target(name: "Enclave", dependencies: ["Notation", "Files", "Secrets", crypto]),
        .target(
            name: "SimulatedProcessor",
            dependencies: [
                "PackageFormat",
                "PackageMeasurement",
                "CLinux",
                "ConnectionProblems",
                "DCAP",
                "Enclave",
                "Files",
                "Notation",
                "SGXQuote",
                "StrictX509",
                "Threads",
                "WallClock",
                asn1,
                crypto,
                x509,
                nioCore,
                nioHTTP1,
                nioPosix,
            ]
        ),
        .target(
            name: "AppServer",
            dependencies: [
                "Notation",
                "ConnectionProblems",
                "Threads",
                logging,
                nioConcurrencyHelpers,
                nioCore,
                nioHTTP1,
                nioPosix,
                nioSSL,
                nioTLS,
            ]
        ),
        .target(
            name: "PythonHost",
            dependencies: [
                "Notation",
                "AppServer",
                "CPython",
                "CPythonShim",
                "Files",
                "Threads",
                nioCore,
                nioHTTP1,
            ]
        ),
        .target(
            name: "ApplicationServing",
            dependencies: [
                "AppServer",
                "Files",
                "PythonHost",
                nioSSL,
            ]
        ),
        .target(
            name: "EnclaveAgent",
            dependencies: [
                "PackageFormat",
                "AppServer",
                "ApplicationServing",
                "CLinux",
                "CodeEncryption",
                "ConnectionProblems",
                "Enclave",
                "Files",
                "Notation",
                "Secrets",
                "PythonHost",
                "RATLS",
                "StrictX509",
                "Threads",
                "WallClock",
                crypto,
                logging,
                nioCore,
                nioHTTP1,
                nioSSL,
            ]
        ),

        .target(
            name: "Operations",
            dependencies: [
                "PackageBuilding",
                "PackageFormat",
                "PackageMeasurement",
                "Processes",
                "Attestation",
                "CFreedMemory",
                "CLinux",
                "Gramine",
                "GramineFiles",
                "CodeEncryption",
                "Secrets",
                "DCAP",
                "DCAPCollateral",
                "Enclave",
                "Files",
                "KernelEvents",
                "Notation",
                "RATLS",
                "RATLSTransport",
                "SGXQuote",
                "SimulatedProcessor",
                "StrictX509",
                "Threads",
                "WallClock",
                crypto,
            ]
        ),

        // The command line and the agent's entry point: arguments in, one call, output out.
        .target(
            name: "CommandInterface",
            dependencies: [
                "CLinux",
                "Files",
                "Notation",
                "Threads",
                argumentParser,
            ]
        ),
        .executableTarget(
            name: "mse",
            dependencies: [
                "CommandInterface",
                "Notation",
                "Operations",
                "PackageFormat",
                argumentParser,
            ],
            linkerSettings: hardened + [unexported]
        ),
        .executableTarget(
            name: "mse-bootstrap",
            dependencies: [
                "PackageFormat",
                "CFreedMemory",
                "CGramineShim",
                "CLinux",
                "CommandInterface",
                "Enclave",
                "EnclaveAgent",
                "Files",
                "Notation",
                "RATLS",
                "Threads",
                "WallClock",
                argumentParser,
            ],
            // Swift 6.3.1 crashes when it optimises this module (its verifier objects to a swifterror value); nothing
            // hot is in it.
            swiftSettings: [.unsafeFlags(["-Onone"], .when(configuration: .release))],
            linkerSettings: hardened + [unexported, interposed]
        ),
        .executableTarget(
            name: "mse-serve",
            dependencies: [
                "AppServer",
                "ApplicationServing",
                "CLinux",
                "CommandInterface",
                "Files",
                "Notation",
                "PythonHost",
                "Threads",
                argumentParser,
                logging,
            ],
            linkerSettings: hardened + [unexported]
        ),
        .executableTarget(name: "simulated-loader", linkerSettings: hardened),

        .target(
            name: "TestSupport",
            dependencies: [
                "Files",
                "Notation",
                "Secrets",
            ],
            path: "Tests/TestSupport"
        ),
        .target(
            name: "FakePKI",
            dependencies: [
                "DCAP",
                "Notation",
                "SGXQuote",
                "StrictX509",
                crypto,
            ],
            path: "Tests/FakePKI"
        ),
        .target(
            name: "GramineVectors",
            dependencies: [
                "Files",
                "Gramine",
                "GramineFiles",
                "Notation",
                "SGXQuote",
            ],
            path: "Tests/GramineVectors"
        ),
        .testTarget(name: "ArchitectureTests", dependencies: ["Files"]),
        .testTarget(name: "FilesTests", dependencies: ["Processes", "Files", "TestSupport"]),
        .testTarget(name: "ThreadsTests", dependencies: ["Threads"]),
        .testTarget(
            name: "KernelEventsTests",
            dependencies: [
                "KernelEvents",
                "Processes",
                "TestSupport",
            ]
        ),
        .testTarget(name: "SecretsTests", dependencies: ["Notation", "Secrets", "TestSupport"]),
        .testTarget(name: "WallClockTests", dependencies: ["Notation", "WallClock"]),
        .testTarget(name: "NotationTests", dependencies: ["Notation", "TestSupport"]),
        .testTarget(name: "StrictX509Tests", dependencies: ["StrictX509", "TestSupport"]),
        .testTarget(name: "SGXQuoteTests", dependencies: ["SGXQuote"]),
        .testTarget(
            name: "DCAPTests",
            dependencies: [
                "DCAP",
                "Enclave",
                "FakePKI",
                "Files",
                "Notation",
                "SGXQuote",
                "SimulatedProcessor",
                "StrictX509",
                "TestSupport",
                crypto,
            ],
            exclude: ["Scripts"]
        ),
        .testTarget(
            name: "DCAPCollateralTests",
            dependencies: [
                "DCAP",
                "DCAPCollateral",
                "Files",
                "Notation",
                "SGXQuote",
                "SimulatedProcessor",
                "TestSupport",
                nioCore,
                nioHTTP1,
                nioPosix,
            ]
        ),
        .testTarget(
            name: "RATLSTests",
            dependencies: [
                "Files",
                "Notation",
                "RATLS",
                "SGXQuote",
                "StrictX509",
                "TestSupport",
                crypto,
            ]
        ),
        .testTarget(
            name: "AttestationTests",
            dependencies: [
                "Attestation",
                "DCAP",
                "FakePKI",
                "Files",
                "Notation",
                "PackageFormat",
                "PackageMeasurement",
                "RATLS",
                "SGXQuote",
                "SimulatedProcessor",
                "StrictX509",
                "TestSupport",
                crypto,
            ]
        ),
        .testTarget(
            name: "CodeEncryptionTests",
            dependencies: [
                "CodeEncryption",
                "Secrets",
                "Files",
                "Notation",
                "TestSupport",
                crypto,
            ]
        ),
        .testTarget(
            name: "PackageFormatTests",
            dependencies: [
                "CodeEncryption",
                "Files",
                "Notation",
                "PackageFormat",
                "SGXQuote",
                "PackageMeasurement",
                "Processes",
                "Secrets",
                "TestSupport",
            ]
        ),
        .testTarget(
            name: "PackageMeasurementTests",
            dependencies: [
                "Files",
                "Gramine",
                "Notation",
                "PackageFormat",
                "PackageMeasurement",
                "SGXQuote",
                "TestSupport",
                crypto,
            ]
        ),
        .testTarget(
            name: "GramineTests",
            dependencies: [
                "Files",
                "Gramine",
                "GramineVectors",
                "Notation",
                "SGXQuote",
                crypto,
                cryptoExtras,
            ]
        ),
        .testTarget(
            name: "GramineFilesTests",
            dependencies: [
                "Files",
                "Gramine",
                "GramineFiles",
                "SGXQuote",
                "TestSupport",
                crypto,
            ]
        ),
        .testTarget(
            name: "PackageBuildingTests",
            dependencies: [
                "PackageBuilding",
                "PackageFormat",
                "SGXQuote",
                "PackageMeasurement",
                "Processes",
                "CodeEncryption",
                "Secrets",
                "Files",
                "Notation",
                "TestSupport",
                "Threads",
            ]
        ),
        .testTarget(name: "EnclaveTests", dependencies: ["Enclave", "Secrets", "TestSupport"]),
        .testTarget(
            name: "SimulatedProcessorTests",
            dependencies: [
                "DCAP",
                "Enclave",
                "Files",
                "Notation",
                "PackageFormat",
                "SGXQuote",
                "SimulatedProcessor",
                "TestSupport",
                "WallClock",
            ]
        ),
        .testTarget(
            name: "ConnectionProblemsTests",
            dependencies: [
                "ConnectionProblems",
                nioCore,
                nioPosix,
                nioSSL,
            ]
        ),
        .testTarget(
            name: "RATLSTransportTests",
            dependencies: [
                "Files",
                "Notation",
                "Processes",
                "RATLS",
                "RATLSTransport",
                "StrictX509",
                "TestSupport",
                crypto,
                nioConcurrencyHelpers,
                nioCore,
                nioEmbedded,
                nioHTTP1,
                nioPosix,
                nioSSL,
                nioTLS,
            ]
        ),
        .testTarget(
            name: "ApplicationServingTests",
            dependencies: [
                "ApplicationServing",
                "Files",
                "Processes",
                "TestSupport",
            ]
        ),
        .testTarget(
            name: "CommandInterfaceTests",
            dependencies: [
                "CommandInterface",
                "Files",
                "Notation",
                argumentParser,
            ]
        ),
        .testTarget(
            name: "AppServerTests",
            dependencies: ["AppServer", logging, nioCore, nioHTTP1]
        ),
        .testTarget(
            name: "PythonHostTests",
            dependencies: [
                "Processes",
                "Files",
                "PythonHost",
                "TestSupport",
                "mse-serve",
            ],
            exclude: ["Scripts"]
        ),
        .testTarget(
            name: "CGramineShimTests",
            dependencies: ["Processes", "TestSupport"],
            exclude: ["Programs"]
        ),
        .testTarget(
            name: "EnclaveAgentTests",
            dependencies: [
                "PackageFormat",
                "CodeEncryption",
                "Secrets",
                "Enclave",
                "EnclaveAgent",
                "Files",
                "Notation",
                "TestSupport",
                "Threads",
                "WallClock",
                crypto,
            ]
        ),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "Attestation",
                "DCAP",
                "DCAPCollateral",
                "Files",
                "Gramine",
                "GramineVectors",
                "KernelEvents",
                "Notation",
                "Operations",
                "PackageFormat",
                "Processes",
                "RATLS",
                "RATLSTransport",
                "SGXQuote",
                "CodeEncryption",
                "Secrets",
                "StrictX509",
                "TestSupport",
                "WallClock",
            ]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "PackageFormat",
                "PackageMeasurement",
                "Processes",
                "SimulatedProcessor",
                "DCAP",
                "FakePKI",
                "Files",
                "Gramine",
                "Notation",
                "RATLS",
                "SGXQuote",
                "Secrets",
                "StrictX509",
                "TestSupport",
                "mse",
                "mse-bootstrap",
                "mse-serve",
                "simulated-loader",
                crypto,
            ],
            exclude: ["Scripts"]
        ),
    ]
)

// C has rules of its own.
for target in package.targets where target.type != .system && target.cSettings == nil {
    target.swiftSettings = strict + (target.swiftSettings ?? [])
}

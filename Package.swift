// swift-tools-version: 6.2
import PackageDescription

// The layers, lowest first. A target imports nothing above it: Scripts/check builds with
// `--explicit-target-dependency-import-check error`, so this list is the law and not a wish.

let swiftSettings: [SwiftSetting] =
  [
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ] + (Context.environment["DEMARC_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// Code that lives on the event loop: the loop is the MainActor, and everything is on it unless it says otherwise.
let onTheLoop: [SwiftSetting] = swiftSettings + [.defaultIsolation(MainActor.self)]

/// Every symbol is bound at the start; the table of them, and whatever else is relocated then, is read-only from then on.
let hardened: [LinkerSetting] = [
  .unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now", "-Xlinker", "-z", "-Xlinker", "relro"])
]

/// Code that runs once per command and never per byte is compiled for size.
let compact: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// What the statically linked library exports would otherwise keep everything behind it alive: 1.8 MB of each binary.
/// GNU ld, as the toolchain's gold cannot pack the relative relocations, which are another 1.2 MB and a third of what the
/// dynamic loader does at each start. lld can, but keeps what refers to full Foundation: 40 MB. It is told where Swift's
/// constants belong (Scripts/constants.ld).
let pruned: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-use-ld=bfd", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
      "-Xlinker", "-T", "-Xlinker", Context.packageDirectory + "/Scripts/constants.ld",
    ], .when(configuration: .release))
]

let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "demarc",
  products: [
    .executable(name: "demarc", targets: ["demarc"]),
    .executable(name: "demarcd", targets: ["demarcd"]),
    .executable(name: "demarc-sandbox", targets: ["demarc-sandbox"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    // C
    .systemLibrary(name: "CUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CShims", dependencies: ["COpenSSL"]),
    // Static, so that a library update on the host neither moves the seed's offset nor ends verification.
    .target(
      name: "CSandbox", linkerSettings: [.linkedLibrary(":liblua5.4.a"), .linkedLibrary("m"), .linkedLibrary("dl")]),

    // machinery: knows no product noun
    .target(name: "EventLoop", dependencies: ["CUV", "CShims"], swiftSettings: onTheLoop),
    .target(name: "Cryptography", dependencies: ["COpenSSL", "CShims"], swiftSettings: swiftSettings),
    .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: swiftSettings),
    .target(
      name: "HTTP", dependencies: ["EventLoop", "Cryptography", "COpenSSL", "CShims"],
      swiftSettings: onTheLoop),

    // pure: nouns and rules
    .target(name: "Core", dependencies: ["Cryptography"], swiftSettings: swiftSettings),
    .target(name: "Transformation", swiftSettings: swiftSettings),

    // adapters
    .target(
      name: "Storage", dependencies: ["Core", "Cryptography", "SQLite", "EventLoop", "CShims"],
      swiftSettings: onTheLoop),
    .target(
      name: "Sandbox", dependencies: ["Core", "Transformation", "EventLoop"],
      swiftSettings: onTheLoop),

    // operations
    .target(
      name: "API", dependencies: ["Core", "Cryptography", "EventLoop", protobuf], exclude: ["Protos"],
      swiftSettings: swiftSettings + compact),
    .target(
      name: "Peers", dependencies: ["API", "Core", "HTTP", "EventLoop", "Cryptography", protobuf],
      swiftSettings: onTheLoop),

    // services
    .target(
      name: "Hub",
      dependencies: ["API", "Core", "Storage", "SQLite", "Cryptography", "EventLoop", protobuf, logging],
      swiftSettings: swiftSettings),
    .target(
      name: "Node",
      dependencies: [
        "API", "Core", "Storage", "Sandbox", "Transformation", "Peers", "SQLite", "Cryptography", "EventLoop",
        logging, protobuf,
      ],
      swiftSettings: onTheLoop),

    // surfaces
    .target(
      name: "Surface",
      dependencies: ["API", "Core", "HTTP", "EventLoop", "Cryptography", protobuf, logging],
      swiftSettings: onTheLoop),
    .target(
      name: "CommandLine",
      dependencies: [
        "API", "Core", "HTTP", "EventLoop", "Cryptography", "Peers", "Sandbox", "Transformation", protobuf,
        arguments,
      ],
      swiftSettings: swiftSettings + compact),

    // executables
    .executableTarget(
      name: "demarc", dependencies: ["CommandLine", "EventLoop"], swiftSettings: onTheLoop,
      linkerSettings: hardened + pruned),
    .executableTarget(
      name: "demarcd",
      dependencies: [
        "Hub", "Node", "Surface", "Peers", "API", "Core", "Storage", "HTTP", "EventLoop", "Cryptography", arguments,
        logging, protobuf,
      ],
      swiftSettings: onTheLoop, linkerSettings: hardened + pruned),
    .executableTarget(
      name: "demarc-sandbox", dependencies: ["Transformation", "CSandbox"], swiftSettings: swiftSettings,
      linkerSettings: hardened + pruned),
    .executableTarget(
      name: "demarc-bench",
      dependencies: ["HTTP", "EventLoop", "Core", "Cryptography", "SQLite", "Storage", "Sandbox", "Transformation"],
      swiftSettings: onTheLoop),

    // tests
    .testTarget(
      name: "HTTPTests", dependencies: ["HTTP", "EventLoop", "Cryptography", "TestLoop", "FuzzProperties"],
      swiftSettings: onTheLoop),
    // tests: what holds for every input. Scripts/fuzz looks for a counterexample, FuzzTests replays its corpora
    .target(
      name: "FuzzProperties", dependencies: ["HTTP", "Core", "Cryptography", "Transformation", "API"],
      path: "Tests/Fuzz/Properties", swiftSettings: swiftSettings),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzProperties"], path: "Tests/Fuzz/Replay", swiftSettings: swiftSettings),
    .testTarget(name: "CryptographyTests", dependencies: ["Cryptography"], swiftSettings: swiftSettings),
    .testTarget(name: "SQLiteTests", dependencies: ["SQLite"], swiftSettings: swiftSettings),
    .testTarget(name: "CoreTests", dependencies: ["Core", "Cryptography"], swiftSettings: swiftSettings),
    // tests: TestLoop puts a test process on the event loop
    .target(name: "CTestLoop", path: "Tests/CTestLoop"),
    .target(
      name: "TestLoop", dependencies: ["CTestLoop", "EventLoop"], path: "Tests/TestLoop", swiftSettings: onTheLoop),
    .testTarget(
      name: "TLSTests", dependencies: ["HTTP", "Cryptography", "EventLoop", "TestLoop"], swiftSettings: onTheLoop),
    .testTarget(name: "EventLoopTests", dependencies: ["EventLoop", "TestLoop"], swiftSettings: onTheLoop),
    .testTarget(name: "TransformationTests", dependencies: ["Transformation"], swiftSettings: swiftSettings),
    // Runs the demarc-sandbox beside it, which `swift build --build-tests` makes; linking it here would bring its libm.
    .testTarget(
      name: "SandboxTests", dependencies: ["Sandbox", "Transformation", "EventLoop", "TestLoop"], exclude: ["Hostile"],
      swiftSettings: onTheLoop),
    .testTarget(
      name: "GridTests",
      dependencies: [
        "API", "Core", "Cryptography", "EventLoop", "HTTP", "Node", "Peers", "SQLite", "TestLoop", protobuf,
      ],
      swiftSettings: onTheLoop),
    .testTarget(
      name: "NodeTests",
      dependencies: [
        "Node", "Peers", "Hub", "Surface", "API", "Core", "Storage", "HTTP", "Cryptography", "EventLoop", "TestLoop",
        protobuf, logging,
      ],
      swiftSettings: onTheLoop),
    .testTarget(
      name: "HubTests",
      dependencies: ["Hub", "API", "Core", "Cryptography", "SQLite", "EventLoop", "TestLoop", protobuf, logging],
      swiftSettings: onTheLoop),
    .testTarget(
      name: "SurfaceTests",
      dependencies: ["Surface", "Peers", "API", "Core", "Cryptography", "HTTP", "EventLoop", "TestLoop", protobuf],
      swiftSettings: onTheLoop),
    .testTarget(
      name: "CommandLineTests",
      dependencies: ["CommandLine", "Peers", "API", "Core", "EventLoop", "Sandbox", protobuf],
      swiftSettings: swiftSettings),
    // tests: CTestDisk watches the process's own file writes, and lets them fail
    .target(name: "CTestDisk", path: "Tests/CTestDisk"),
    .testTarget(
      name: "StorageTests",
      dependencies: ["Storage", "Core", "Cryptography", "SQLite", "EventLoop", "TestLoop", "CTestDisk"],
      swiftSettings: onTheLoop),
  ]
)

// swift-tools-version:6.2
import PackageDescription

// The floors of the house, lowest first; a target imports only what stands on a lower floor (docs/architecture.md).
// `.ci/check-floors` proves it from this file and the sources' imports.

/// Floor 0: C walls. A module map and a shim header each, no logic.
let walls: [Target] = [
  .systemLibrary(
    name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
  .systemLibrary(name: "COpenSSL", path: "Sources/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
  .systemLibrary(name: "CLDNS", path: "Sources/CLDNS", pkgConfig: "ldns", providers: [.apt(["libldns-dev"])]),
  .systemLibrary(name: "CYAML", path: "Sources/CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
  .systemLibrary(name: "CXML", path: "Sources/CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
  .systemLibrary(name: "CNettle", path: "Sources/CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
  .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  .systemLibrary(
    name: "CBrotli", path: "Sources/CBrotli", pkgConfig: "libbrotlidec", providers: [.apt(["libbrotli-dev"])]),
  .systemLibrary(
    name: "CCrypt", path: "Sources/CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
  .systemLibrary(name: "CPostgres", path: "Sources/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
  // In place of the C library's allocator: a TLS handshake of OpenSSL 3 allocates thousands of small pieces.
  .systemLibrary(name: "CMimalloc", path: "Sources/CMimalloc", providers: [.apt(["libmimalloc-dev"])]),
  .target(name: "CLinux", path: "Sources/CLinux"),
  .target(name: "CRE2", path: "Sources/CRE2", linkerSettings: [.linkedLibrary("re2")]),
]

/// Floor 1: the words everything is said in, and the codings of bytes.
let ground: [Target] = [
  .target(name: "Model"),
  .target(name: "Compression", dependencies: ["CZlib", "CBrotli"]),
]

/// Floor 2: engines that know nothing of checks.
let engines: [Target] = [
  .target(name: "Calendars", dependencies: ["Model"]),
  .target(name: "Expressions", dependencies: ["CLinux", "CRE2", "CNettle", "CXML"]),
  .target(name: "Exposition"),
  .target(name: "Postgres", dependencies: ["CPostgres", "CLinux"]),
  .target(
    name: "Transport",
    dependencies: [
      "Model", "Compression", "CCurl", "COpenSSL", "CLDNS", "CLinux",
      .product(name: "DequeModule", package: "swift-collections"),
      .product(name: "HeapModule", package: "swift-collections"),
    ]),
]

/// Floor 3: how files are read, whatever they say, and what nodes and hubs write to each other.
let reading: [Target] = [
  .target(name: "Documents", dependencies: ["Model", "Expressions", "CYAML"]),
  .target(name: "Fleet", dependencies: ["Model"]),
]

/// Floor 4: what a check is made of, and where its history is kept.
let parts: [Target] = [
  .target(
    name: "Probes",
    dependencies: [
      "Model", "Compression", "Transport", "Expressions",
      .product(name: "Subprocess", package: "swift-subprocess"),
      .product(name: "SystemPackage", package: "swift-system"),
    ]),
  .target(name: "DemoOrigin", dependencies: ["Transport", "CLinux"]),
  .target(name: "Conversion", dependencies: ["Model", "Expressions", "Documents"]),
  .target(name: "Scenarios", dependencies: ["Model", "Calendars", "Expressions", "Documents", "Fleet"]),
  .target(
    name: "History",
    dependencies: [
      "Model", .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
    ]),
  .target(name: "PostgresHistory", dependencies: ["Model", "Fleet", "Postgres"]),
  .target(name: "Regions", dependencies: ["Model", .product(name: "HeapModule", package: "swift-collections")]),
  .target(name: "ServiceLevels", dependencies: ["Model", "Calendars"]),
  .target(name: "Blackbox", dependencies: ["Model", "Expressions", "Exposition", "Documents"]),
]

/// Floor 5: engines that drive checks.
let drivers: [Target] = [
  .target(name: "Scheduling", dependencies: ["Model", .product(name: "HeapModule", package: "swift-collections")]),
  .target(name: "Journeys", dependencies: ["Model", "Expressions", "Scenarios"]),
  .target(name: "Recording", dependencies: ["Model", "Exposition", "ServiceLevels"]),
  .target(name: "Incidents", dependencies: ["Model"]),
  .target(name: "Agent", dependencies: ["Model", "Fleet", "Regions", "Transport"]),
  .target(name: "Hub", dependencies: ["Model", "Fleet", "Regions"]),
  .target(
    name: "StatusPages", dependencies: ["Model", "Calendars", "ServiceLevels"],
    resources: [.embedInCode("Languages/en.txt"), .embedInCode("Languages/de.txt")]),
]

/// Floor 6: doors to the outside, and the composition root.
let doors: [Target] = [
  .target(
    name: "Server",
    dependencies: [
      "Model", "Calendars", "Expressions", "Exposition", "ServiceLevels", "Recording", "Incidents", "StatusPages",
      "Fleet", "Hub", "Scheduling", "Blackbox", "Compression", "Documents", "Transport", "CCrypt",
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdCore", package: "hummingbird"),
      .product(name: "HummingbirdHTTP2", package: "hummingbird"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "DequeModule", package: "swift-collections"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOTLS", package: "swift-nio"),
      .product(name: "NIOExtras", package: "swift-nio-extras"),
      .product(name: "NIOHTTP2", package: "swift-nio-http2"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ], resources: [.embedInCode("Resources/openapi.json")]),
  .executableTarget(
    name: "curlew",
    dependencies: [
      "CMimalloc", "Model", "Calendars", "Expressions", "Documents", "Exposition", "Transport", "Probes", "Scenarios",
      "History",
      "PostgresHistory", "Fleet", "Regions", "Agent", "Hub", "ServiceLevels", "Scheduling", "Journeys", "Recording",
      "Incidents", "StatusPages", "Blackbox", "Server",
      "DemoOrigin", "Conversion",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    ],
    resources: [.embedInCode("Demo/demo.yaml"), .embedInCode("Modules/library.yml")]),
]

let tests: [Target] = [
  .target(name: "TestSupport", dependencies: ["Model"], path: "Tests/TestSupport"),
  .testTarget(name: "ModelTests", dependencies: ["Model"]),
  .testTarget(name: "ExpressionsTests", dependencies: ["Expressions", "TestSupport"]),
  .testTarget(
    name: "ConversionTests", dependencies: ["Model", "Documents", "Scenarios", "Conversion", "TestSupport", "curlew"],
    exclude: ["Fixtures"]),
  .testTarget(name: "ExpositionTests", dependencies: ["Exposition"]),
  .testTarget(name: "TransportTests", dependencies: ["Model", "Transport", "TestSupport"]),
  .testTarget(name: "ProbesTests", dependencies: ["Model", "Transport", "Probes", "TestSupport"]),
  .testTarget(
    name: "ScenariosTests", dependencies: ["Model", "Expressions", "Documents", "Fleet", "Scenarios", "TestSupport"],
    exclude: ["Fixtures"]),
  .testTarget(
    name: "HistoryTests",
    dependencies: [
      "Model", "Calendars", "History", "Postgres", "PostgresHistory", "ServiceLevels", "TestSupport",
      .product(name: "GRDB", package: "GRDB.swift"),
    ], exclude: ["Fixtures"]),
  .testTarget(name: "CalendarsTests", dependencies: ["Model", "Calendars"]),
  .testTarget(name: "ServiceLevelsTests", dependencies: ["Model", "Calendars", "ServiceLevels", "TestSupport"]),
  .testTarget(
    name: "IncidentsTests", dependencies: ["Model", "Incidents", "History", "PostgresHistory", "TestSupport"]),
  .testTarget(
    name: "StatusPagesTests", dependencies: ["Model", "Calendars", "ServiceLevels", "StatusPages", "TestSupport"]),
  .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestSupport"]),
  .testTarget(name: "PostgresHistoryTests", dependencies: ["Model", "Postgres", "PostgresHistory", "TestSupport"]),
  .testTarget(name: "FleetTests", dependencies: ["Model", "Fleet"]),
  .testTarget(name: "RegionsTests", dependencies: ["Model", "Fleet", "Regions", "Agent", "Hub", "TestSupport"]),
  .testTarget(name: "AgentTests", dependencies: ["Model", "Fleet", "Regions", "Transport", "Agent", "TestSupport"]),
  .testTarget(
    name: "HubTests", dependencies: ["Model", "Fleet", "Regions", "Transport", "Agent", "Hub", "TestSupport"]),
  .testTarget(name: "DemoOriginTests", dependencies: ["Model", "Transport", "Probes", "DemoOrigin"]),
  .testTarget(name: "SchedulingTests", dependencies: ["Model", "Scheduling", "TestSupport"]),
  .testTarget(
    name: "JourneysTests",
    dependencies: ["Model", "Expressions", "Documents", "Scenarios", "Journeys", "TestSupport"]),
  .testTarget(
    name: "RecordingTests", dependencies: ["Model", "Exposition", "ServiceLevels", "Recording", "TestSupport"]),
  .testTarget(
    name: "ServerTests",
    dependencies: [
      "Model", "Calendars", "Compression", "Expressions", "Exposition", "ServiceLevels", "History", "Recording",
      "Incidents", "StatusPages", "Scheduling", "Blackbox", "Fleet", "Hub", "Server", "TestSupport",
      .product(name: "Logging", package: "swift-log"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ]),
  .testTarget(name: "BlackboxTests", dependencies: ["Model", "Expressions", "Documents", "Blackbox", "TestSupport"]),
  .testTarget(
    name: "CommandTests",
    dependencies: [
      "Model", "Documents", "History", "Scenarios", "Transport", "Fleet", "Hub", "Server", "TestSupport", "curlew",
      .product(name: "Logging", package: "swift-log"),
    ]),
]

let package = Package(
  name: "curlew",
  products: [.executable(name: "curlew", targets: ["curlew"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.45.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: walls + ground + engines + reading + parts + drivers + doors + tests,
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

/// One set of rules for every Swift target of ours.
let rules: [SwiftSetting] = [
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
  .enableUpcomingFeature("ExistentialAny"),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
  .enableUpcomingFeature("InternalImportsByDefault"),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
  .enableUpcomingFeature("MemberImportVisibility"),
  // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

for target in package.targets where target.type != .system && !["CRE2", "CLinux"].contains(target.name) {
  target.swiftSettings = rules
}

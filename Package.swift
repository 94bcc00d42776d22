// swift-tools-version: 6.2
import PackageDescription

// No package dependency, by design: C libraries come from Debian (libssl-dev, libsqlite3-dev, libphonenumber-dev).
// What each target may import is the table in Sources/Gateway/Gateway.docc/Architecture.md;
// Tests/ProjectTests holds the table to the code.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // The checks at run time cost a tenth of the writer's time; the debug builds that the tests run keep them.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  // A release carries Swift's libraries in itself: what is installed needs none of them. Said here and not on the command line, so
  // that every release build compiles alike.
  .unsafeFlags(["-static-stdlib"], .when(configuration: .release)),
]

func layer(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
  plugins: [Target.PluginUsage] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict, plugins: plugins)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, swiftSettings: strict,
    linkerSettings: [
      .unsafeFlags(["-static-stdlib", "-Xlinker", "-z", "-Xlinker", "now"], .when(configuration: .release))
    ])
}

func tests(of name: String, _ more: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + more, exclude: exclude,
    swiftSettings: strict)
}

let package = Package(
  name: "tollgate",
  products: [
    .executable(name: "tollgate", targets: ["tollgate"]),
    .executable(name: "tollgate-lab", targets: ["tollgate-lab"]),
  ],
  targets: [
    .target(name: "CLinux"),
    // Floors of `tollgate-lab bench` in bare C; nothing else uses it.
    .target(name: "CBenchFloor", dependencies: ["CSQLite"]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

    // C++ behind a C header: libphonenumber has no other interface.
    .target(name: "CPhoneNumber", linkerSettings: [.linkedLibrary("phonenumber")]),

    layer("PhoneNumbers", ["CPhoneNumber"]),
    layer("SMPP", []),
    layer("SMPPSession", ["SMPP"]),
    layer("Pacing", []),
    layer("Carriers", ["PhoneNumbers", "SMPP"]),
    layer("NetIO", ["CLinux", "COpenSSL"]),
    layer("Store", ["CSQLite", "COpenSSL"]),
    // The types of the contract are written from its schemas, and its schemas into it, when it is built.
    .plugin(name: "ContractPlugin", capability: .buildTool(), path: "Sources/ContractPlugin"),
    layer("Contract", [], exclude: ["Schemas"], plugins: ["ContractPlugin"]),
    layer("Reports", ["Contract"]),
    layer("Settings", ["Contract", "Carriers"]),
    layer("Gateway", ["Contract", "Carriers", "PhoneNumbers", "Settings", "SMPP", "Store"]),
    layer("Configuration", ["Carriers", "Contract", "PhoneNumbers", "Settings", "NetIO", "SMPP"]),
    layer("SocketServer", ["Contract", "NetIO"]),
    layer("SocketClient", ["Contract", "NetIO"]),
    layer("CarrierSimulator", ["SMPP", "SMPPSession", "NetIO"]),
    layer(
      "Daemon",
      [
        "SMPP", "SMPPSession", "Pacing", "Carriers", "NetIO", "Store", "Contract", "Settings", "Gateway",
        "Configuration", "SocketServer",
      ]),
    layer(
      "Simulation",
      [
        "SMPP", "SMPPSession", "Carriers", "NetIO", "Store", "Contract", "Settings", "Gateway",
        "Configuration",
        "SocketServer", "CarrierSimulator", "Daemon", "CSQLite",
      ]),
    layer(
      "Bench",
      [
        "SMPP", "SMPPSession", "NetIO", "Contract", "SocketClient", "CarrierSimulator", "DaemonLauncher",
        "CBenchFloor",
      ]),
    layer("CommandFrame", ["CLinux", "NetIO"]),
    layer("DaemonLauncher", ["NetIO"]),
    // Apart from the daemon, so that both are built at the same time.
    layer(
      "OperatorCommands",
      [
        "SMPP", "NetIO", "Contract", "Reports", "Configuration", "SocketClient", "CarrierSimulator",
        "CommandFrame", "DaemonLauncher", "CLinux",
      ]),
    program(
      "tollgate",
      [
        "Contract", "Gateway", "Daemon", "OperatorCommands", "Configuration", "SMPP", "NetIO", "Store",
        "CommandFrame",
      ]),
    program("tollgate-lab", ["Simulation", "Bench", "CommandFrame", "NetIO", "CLinux"]),

    // What tests share: one random generator, one clock, one temporary directory.
    .target(
      name: "TestSupport", dependencies: ["Contract", "COpenSSL", "CSQLite", "NetIO", "Store"],
      path: "Tests/Support",
      swiftSettings: strict),
    tests(of: "PhoneNumbers"),
    tests(of: "SMPP"),
    tests(of: "SMPPSession", ["SMPP"]),
    tests(of: "Pacing"),
    tests(of: "Carriers", ["PhoneNumbers", "SMPP"]),
    tests(of: "NetIO"),
    tests(of: "Store", ["NetIO"]),
    tests(of: "Contract"),
    tests(of: "Reports", ["Contract"]),
    tests(of: "Gateway", ["Contract", "Carriers", "NetIO", "Reports", "Settings", "SMPP", "Store"]),
    tests(of: "Configuration", ["Carriers", "Contract", "NetIO", "Settings", "SMPP"]),
    tests(
      of: "SocketServer",
      ["CommandFrame", "Contract", "NetIO", "OperatorCommands", "Reports", "SocketClient"]),
    tests(of: "SocketClient", ["Contract", "NetIO"]),
    tests(of: "CarrierSimulator", ["SMPP", "SMPPSession", "NetIO"]),
    tests(
      of: "Daemon",
      [
        "Carriers", "Configuration", "Contract", "Gateway", "Settings", "SMPP", "SMPPSession", "Store",
        "NetIO", "SocketServer", "CarrierSimulator",
      ]),
    tests(of: "Simulation", ["CarrierSimulator", "Contract", "Store"], exclude: ["seeds.txt"]),
    .testTarget(
      name: "EndToEndTests", dependencies: ["Contract", "SMPP", "NetIO", "TestSupport", "tollgate"],
      swiftSettings: strict),
    .testTarget(
      name: "ProjectTests",
      dependencies: [
        "CommandFrame", "Configuration", "Contract", "Daemon", "Gateway", "NetIO",
        "OperatorCommands", "Reports", "TestSupport", "tollgate", "tollgate-lab",
      ],
      exclude: ["exports"],
      swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)

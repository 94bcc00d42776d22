import Carriers
import Foundation
import SMPP
import Testing

@testable import Configuration

private let unseen = SecretSource(credentialsDirectory: nil, mayBeUnseen: true)

private let shippedPath = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Config/tollgate.json5").path

private func read(_ carrier: String, profiles: String = "{}") throws -> Configuration {
  try Configuration.parse(
    """
    {
      socket: { roles: { admin: { users: ["root"] } } },
      brand: { name: "Acme", help: "Acme: STOP to opt out." },
      profiles: \(profiles),
      carriers: { a: { connect: { host: "h" }, system_id: "acme", password: { credential: "p" }, rate: 30,
        \(carrier)
      } },
    }
    """, file: "t.json5", secrets: unseen)
}

extension Configuration {
  fileprivate func value(_ path: String) -> EffectiveValue? { effective.first { $0.path == path } }
  fileprivate func shown(_ path: String) -> String? { value(path).map { "\($0.text) <- \($0.from)" } }
}

@Test func everyKeyOfTheShippedConfigurationIsShownWithItsLine() throws {
  let text = try String(contentsOfFile: shippedPath, encoding: .utf8)
  let keys = try SourcePlaces(of: text).keys
  let configuration = try Configuration.load(shippedPath, secrets: unseen)
  let shown = Dictionary(uniqueKeysWithValues: configuration.effective.map { ($0.path, $0) })
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  var leaves = 0
  for key in keys where !keys.contains(where: { $0.count > key.count && $0.starts(with: key) }) {
    let path = key.joined(separator: ".")
    guard case .file(let line)? = shown[path]?.origin else {
      Issue.record("\(path) is not shown, or not as of the file")
      continue
    }
    #expect(lines[line - 1].contains(try #require(key.last)), "\(path) is not in line \(line)")
    leaves += 1
  }
  #expect(leaves > 60)
}

@Test func aKeyThatIsReadIsShownWhoeverReadsIt() throws {
  let values = ReadValues()
  let text = "{ listen: { port: 2776, tls: {} }, hosts: ['a', 'b'], odd: [{ host: 'h' }] }"
  var reader = ObjectReader(try .parse(text, file: "t"), values: values)
  var listen = try reader.object("listen")
  _ = try listen.integer("port", 1...65535, default: 2775)
  _ = try listen.optionalObject("tls")
  _ = listen.take("backlog")
  _ = try reader.strings("hosts", maximum: 4, octets: 1...9)
  _ = reader.take("odd")
  _ = try reader.optionalObject("accounts")
  var limits = try reader.section("limits")
  _ = try limits.seconds("drain_s", 0...9, default: .milliseconds(1500))
  #expect(
    values.all.map { "\($0.path) = \($0.text) (\($0.from))" } == [
      "listen.port = 2776 (line 1)", "listen.tls = {} (line 1)", "listen.backlog = (not set) (default)",
      "hosts = a, b (line 1)", "odd = { host: h } (line 1)", "accounts = (not set) (default)",
      "limits.drain_s = 1.5 (default)",
    ])
}

@Test func whatNobodySetIsShownAsDefault() throws {
  let configuration = try read("")
  #expect(configuration.shown("carriers.a.encodings") == "default, ucs2 <- default")
  #expect(configuration.shown("carriers.a.addresses.source.npi") == "1 <- default")
  #expect(configuration.shown("carriers.a.receipts.id") == "auto <- default")
  #expect(configuration.shown("carriers.a.validity_s") == "(the carrier's own) <- default")
  #expect(configuration.shown("carriers.a.service_type") == "\"\" <- default")
  #expect(configuration.shown("carriers.a.interface_version") == "0x34 <- default")
  #expect(configuration.shown("carriers.a.profile") == "smpp34 <- default")
  #expect(configuration.shown("carriers.a.password.credential") == "p <- line 5")
  #expect(configuration.shown("limits.drain_s") == "20 <- default")
  #expect(configuration.shown("socket.roles.admin.may") == "* <- default")
  #expect(configuration.value("carriers.a.password.file") == nil)
}

@Test func aCarrierLiesOnItsProfile() throws {
  let configuration = try read("profile: 'hex_ids', window: 5, receipts: { prefer_text: true }")
  let carrier = try #require(configuration.carriers.first)
  #expect(carrier.profile.receipts.id == .hexToDecimal)
  #expect(carrier.profile.receipts.prefersText)
  #expect(configuration.shown("carriers.a.receipts.id") == "hex_to_decimal <- profile hex_ids")
  #expect(configuration.shown("carriers.a.receipts.prefer_text") == "true <- line 6")
  #expect(configuration.shown("carriers.a.window") == "5 <- line 6")
}

@Test func ownProfilesAndListsOfThemCountFromTheNearest() throws {
  let configuration = try read(
    "profile: ['own', 'latin1'], statuses: { '0x0400': 'pace' }, window: 7",
    profiles: """
      {
        own: { profile: 'hex_receipts', window: 3, rate: 1, enquire_link_s: 20,
          statuses: { '0x0400-0x040F': 'temporary' } },
      }
      """)
  let profile = try #require(configuration.carriers.first).profile
  #expect(profile.window == 7)
  #expect(profile.rate == 30)
  #expect(profile.enquireLinkAfter == .seconds(20))
  #expect(profile.receipts.id == .decimalToHex)
  #expect(profile.defaultAlphabet == .latin1)
  // The carrier's own rules come before those of its profile.
  #expect(profile.statusRules == [StatusRule(0x400...0x400, .pace), StatusRule(0x400...0x40F, .temporary)])
  #expect(configuration.shown("carriers.a.enquire_link_s") == "20 <- profile own, line 5")
  #expect(configuration.shown("carriers.a.receipts.id") == "decimal_to_hex <- profile hex_receipts")
  #expect(configuration.shown("carriers.a.default_alphabet") == "latin1 <- profile latin1")
}

@Test(arguments: CarrierKind.all.map(\.name))
func everyBuiltInProfileCanBeUsed(name: String) throws {
  let configuration = try read("profile: '\(name)'")
  let isStandard = name == CarrierKind.standard.name
  #expect((configuration.carriers.first?.profile == (try read("")).carriers.first?.profile) == isStandard)
  #expect(configuration.effective.contains { $0.origin == .builtIn(profile: name) } == !isStandard)
}

@Test func theValuesAreJSONWithTheirOrigin() throws {
  let configuration = try read("window: 5, profile: 'latin1'")
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  func json(_ path: String) throws -> String {
    String(decoding: try encoder.encode(try #require(configuration.value(path))), as: UTF8.self)
  }
  #expect(try json("carriers.a.window") == #"{"from":"file","line":6,"path":"carriers.a.window","value":5}"#)
  #expect(
    try json("carriers.a.default_alphabet")
      == #"{"from":"profile","path":"carriers.a.default_alphabet","profile":"latin1","value":"latin1"}"#)
  #expect(
    try json("carriers.a.validity_s") == #"{"from":"default","path":"carriers.a.validity_s","value":null}"#)
}

@Test func whatIsProbablyNotMeantIsWarnedOf() throws {
  func warnings(_ carrier: String) throws -> String {
    try read(carrier).warnings.joined(separator: "\n")
  }
  let quiet = try warnings("")
  #expect(!quiet.contains("window") && !quiet.contains("bind:") && !quiet.contains("inactivity"))
  #expect(try warnings("window: 50, sessions: 2").contains("carriers.a.window: 100 requests in flight"))
  #expect(try !warnings("window: 45, sessions: 2").contains("carriers.a.window"))
  #expect(try warnings("bind: 'transmitter'").contains("carriers.a.bind: this carrier receives nothing"))
  #expect(try warnings("inactivity_s: 35").contains("carriers.a.inactivity_s: a silent session ends"))
}

@Test func theShippedConfigurationLetsTheSocketsGroupLookAndNothingElse() throws {
  let roles = try Configuration.load(shippedPath, secrets: unseen).socket.roles
  let harmless: Set<String> = ["status", "metrics", "carrier.list", "number.list"]
  for role in roles where role.users != ["root"] {
    #expect(Set(role.may).isSubset(of: harmless), "\(role.name)")
    #expect(role.sees.isEmpty, "\(role.name)")
  }
  #expect(roles.contains { $0.groups == ["tollgate"] })
}

import Carriers
import Foundation
import NetIO
import SMPP
import Settings
import TestSupport
import Testing

@testable import Configuration

/// What a configuration must hold and nothing else; `carrier` and others are put in its place.
private func document(
  socket: String = "socket: { roles: { admin: { users: ['root'] } } }",
  brand: String = "brand: { name: 'Acme', help: 'Acme: call. STOP to opt out.' }",
  carriers: String = "", more: String = ""
) -> String {
  "{\n\(socket),\n\(brand),\ncarriers: { \(carriers) },\n\(more)\n}"
}

private func carrier(_ more: String) -> String {
  "bandwidth: { connect: { host: 'smpp.example' }, system_id: 'acme', password: { credential: 'p' }, rate: 30, \(more) }"
}

private func listening(_ more: String, name: String = "regional") -> String {
  "\(name): { rate: 30, \(more) }"
}

/// A directory as systemd would pass it, with the given files.
private func withCredentials<R>(_ files: [String: String], _ body: (SecretSource) throws -> R) throws -> R {
  try withTemporaryDirectory { directory in
    for (name, text) in files { try directory.write(name, text.utf8) }
    return try body(SecretSource(credentialsDirectory: directory.path))
  }
}

private func problem(
  _ text: String, _ files: [String: String] = ["p": "tr1ckle\n"]
) throws -> String {
  try withCredentials(files) { secrets in
    do throws(ConfigurationError) {
      _ = try Configuration.parse(text, file: "t.json5", secrets: secrets)
      return "(accepted)"
    } catch {
      return error.description
    }
  }
}

@Test func rolesStandInTheOrderOfTheFile() throws {
  let roles = ["zoe", "app", "admin", "desk"]
  let text = roles.map { "\($0): { groups: ['sms'], may: ['status'] }" }.joined(separator: ", ")
  let configuration = try withCredentials([:]) {
    try Configuration.parse(
      document(socket: "socket: { roles: { \(text) } }"), file: "t.json5", secrets: $0)
  }
  #expect(configuration.socket.roles.map(\.name) == roles)
}

@Test func aSmallConfigurationGetsEveryDefault() throws {
  let configuration = try withCredentials(["p": "tr1ckle\n"]) {
    try Configuration.parse(document(carriers: carrier("")), file: "t.json5", secrets: $0)
  }
  #expect(configuration.state == "/var/lib/tollgate")
  #expect(configuration.socket.path == "/run/tollgate/tollgate.sock")
  #expect(configuration.socket.mode == 0o660)
  #expect(configuration.socket.roles == [.init(name: "admin", users: ["root"], may: ["*"], sees: [.text])])
  #expect(configuration.rules.brand.country == "US")
  #expect(configuration.rules.alertReps)
  let bandwidth = try #require(configuration.carriers.first)
  let connect = try #require(bandwidth.connect)
  #expect(connect.hosts.map(\.port) == [2775])
  #expect(connect.bind == .transceiver)
  #expect(connect.password.octets == Array("tr1ckle".utf8))
  #expect(bandwidth.profile.enquireLinkAfter == .seconds(30))
  #expect(bandwidth.profile.rate == 30)
  #expect(bandwidth.profile.addresses.country == .nanp)
}

@Test func aCarriersWaysAreReadAsItsProfile() throws {
  let more = """
    bind: 'transmitter_receiver', sessions: 2, window: 5, jitter_guard_ms: 20, default_alphabet: 'latin1',
    long_messages: 'sar', encodings: ['default', 'ucs2'], user_message_reference: 'echoed',
    registered_delivery: 'failure', service_type: 'CMT', validity_s: 3600, system_type: 'VMA',
    addresses: { source: { ton: 2, npi: 1 }, plus: true },
    receipts: { id: 'hex_to_decimal', prefer_text: true },
    statuses: { '0x0400-0x040F': 'temporary', '88': 'pace' },
    enquire_link_s: 15, response_timeout_s: 12.5, enquire_link_misses: 3, interface_version: 0x33,
    """
  let configuration = try withCredentials(["p": "tr1ckle\n"]) {
    try Configuration.parse(document(carriers: carrier(more)), file: "t.json5", secrets: $0)
  }
  let bandwidth = try #require(configuration.carriers.first)
  #expect(bandwidth.connect?.bind == .transmitterReceiver)
  #expect(bandwidth.connect?.sessions == 2)
  #expect(bandwidth.connect?.systemType == "VMA")
  let profile = bandwidth.profile
  #expect(profile.window == 5)
  #expect(profile.jitterGuard == .milliseconds(20))
  #expect(profile.defaultAlphabet == .latin1)
  #expect(profile.longMessages == .sar)
  #expect(profile.encodings == [.defaultAlphabet, .ucs2])
  #expect(profile.userMessageReference == .echoed)
  #expect(profile.registeredDelivery == RegisteredDelivery.failure)
  #expect(profile.serviceType == "CMT")
  #expect(profile.validity == .seconds(3600))
  #expect(profile.addresses.sourceTON == 2)
  #expect(profile.addresses.writesPlus)
  #expect(profile.receipts.id == .hexToDecimal)
  #expect(profile.receipts.prefersText)
  #expect(profile.statusRules == [StatusRule(0x400...0x40F, .temporary), StatusRule(88...88, .pace)])
  #expect(profile.enquireLinkAfter == .seconds(15))
  #expect(profile.responseTimeout == .milliseconds(12500))
  #expect(profile.enquireLinkMisses == 3)
  #expect(profile.interfaceVersion == 0x33)
}

@Test(
  arguments: [
    ("'final'", 0b00001), ("'failure'", 0b00010), ("['none', 'delivery_ack']", 0b00100),
    ("['final', 'delivery_ack', 'user_ack', 'intermediate']", 0b11101),
  ] as [(String, UInt8)])
func everyBitOfRegisteredDeliveryCanBeAskedFor(written: String, octet: UInt8) throws {
  let text = document(carriers: carrier("registered_delivery: \(written)"))
  let configuration = try withCredentials(["p": "tr1ckle"]) {
    try Configuration.parse(text, file: "t.json5", secrets: $0)
  }
  #expect(configuration.carriers.first?.profile.registeredDelivery == octet)
}

@Test func aLongPasswordIsTakenWhereTheCarrierTakesIt() throws {
  #expect(
    try problem(document(carriers: carrier("long_password: true")), ["p": "averylongpassphrase"])
      == "(accepted)")
  #expect(
    try problem(
      document(carriers: carrier("long_password: true")), ["p": String(repeating: "p", count: 65)]
    ).contains("has 65 octets; expected at most 64"))
}

@Test func aSecretNeverPrintsItself() throws {
  let configuration = try withCredentials(["p": "tr1ckle\n"]) {
    try Configuration.parse(document(carriers: carrier("")), file: "t.json5", secrets: $0)
  }
  var dumped = ""
  dump(configuration, to: &dumped)
  #expect(!dumped.contains("tr1ckle"))
  #expect(!"\(configuration)".contains("tr1ckle"))
  #expect(!"\(configuration)".contains("\(Array("tr1ckle".utf8))"))
}

/// What is wrong, and what the one line must say.
private let faults: [(String, String)] = [
  (
    document(carriers: carrier("receipts: { id: 'hex' }")),
    "carriers.bandwidth.receipts.id: expected one of \"auto\""
  ),
  (
    document(carriers: carrier("parameters: { p: { tag: 0x1400, type: 'uint8', value: '256' } }")),
    "carriers.bandwidth.parameters.p.value: expected a value of type \"uint8\""
  ),
  (
    document(carriers: carrier("parameters: { p: { tag: 0x0424, type: 'hex', show: true } }")),
    "carriers.bandwidth.parameters.p.tag: expected a tag that the gateway does not send by itself"
  ),
  (
    document(carriers: carrier("parameters: { p: { tag: 0x1400, type: 'text' } }")),
    "carriers.bandwidth.parameters.p.tag: expected value, from_message or show beside it"
  ),
  (
    document(carriers: carrier("parameters: { p: { type: 'text', show: true } }")),
    "carriers.bandwidth.parameters.p.tag"
  ),
  (
    document(carriers: carrier("charsets: { '0x100': 'utf8' }")),
    "carriers.bandwidth.charsets.0x100: expected a data_coding"
  ),
  (
    document(carriers: carrier("charsets: { '8': 'unknown' }")),
    "carriers.bandwidth.charsets.8: expected one of \"gsm7\""
  ),
  (
    document(carriers: carrier("statuses: { 'x58': 'pace' }")),
    "carriers.bandwidth.statuses.x58: expected a status"
  ),
  (
    document(carriers: carrier("statuses: { '0x58': 'slow' }")),
    "carriers.bandwidth.statuses.0x58: expected one of"
  ),
  (
    document(carriers: carrier("registered_delivery: ['intermediate']")),
    "carriers.bandwidth.registered_delivery: expected one of \"final\""
  ),
  (
    document(carriers: carrier("registered_delivery: 'all'")),
    "carriers.bandwidth.registered_delivery: expected some of \"final\""
  ),
  (
    document(carriers: carrier("addresses: { plus: true, prefix: '00' }")),
    "carriers.bandwidth.addresses.prefix: expected plus or prefix, not both"
  ),
  (
    document(carriers: carrier("addresses: { prefix: '+' }")),
    "carriers.bandwidth.addresses.prefix: expected the digits"
  ),
  (
    document(carriers: carrier("profile: 'hexids'")),
    "carriers.bandwidth.profile: expected one of smpp34, hex_ids"
  ),
  (document(carriers: carrier("profile: []")), "carriers.bandwidth.profile: expected 1 to 4 names, found 0"),
  (document(carriers: carrier("profile: 34")), "carriers.bandwidth.profile: expected the name of a profile"),
  (
    document(more: "profiles: { own: { windo: 5 } }"),
    "t.json5:5:20: profiles.own.windo: unknown key; did you mean"
  ),
  (
    document(more: "profiles: { own: { window: 0 } }"),
    "t.json5:5:20: profiles.own.window: expected a whole number"
  ),
  (document(more: "profiles: { own: { system_id: 'a' } }"), "profiles.own.system_id: unknown key"),
  (document(more: "profiles: { latin1: {} }"), "profiles.latin1: the profile latin1 is built in"),
  (document(more: "profiles: { own: 5 }"), "profiles.own: expected an object"),
  (document(more: "profiles: 5"), "profiles: expected an object"),
  (
    document(more: "profiles: { a: { profile: 'b' }, b: { profile: 'a' } }"),
    "profiles name each other in a circle"
  ),
  (
    document(carriers: carrier("addresses: { source: { ton: 256 } }")),
    "carriers.bandwidth.addresses.source.ton: "
  ),
  (document(carriers: carrier("encodings: ['utf8']")), "carriers.bandwidth.encodings: expected some of"),
  (document(carriers: carrier("close_after_s: 5")), "carriers.bandwidth.close_after_s: expected at least"),
  (document(carriers: carrier("inactivity_s: 20")), "carriers.bandwidth.inactivity_s: expected more than"),
  (document(more: "stat: '/x'"), "t.json5:5:1: stat: unknown key; did you mean state?"),
  (document(more: "state: 7"), "t.json5:5:1: state: expected a string, found 7"),
  (document(more: "state: 'var'"), "state: expected an absolute path"),
  (
    document(socket: "socket: { roles: { app: { users: ['root'], may: ['*'], sees: ['texts'] } } }"),
    "socket.roles.app.sees: expected a list of: \"text\""
  ),
  (
    document(socket: "socket: { roles: { app: { users: ['root'], may: ['*'], acts: true } } }"),
    "socket.roles.app.acts: a role that acts for members has their rights alone"
  ),
  (
    document(socket: "socket: { roles: { mem_4: { users: ['root'], may: ['*'] } } }"),
    "socket.roles.mem_4: expected another name: this one is a member's id"
  ),
  (
    document(more: "colour: 'red'"),
    "colour: unknown key; expected one of alerts, brand, carriers, desk, inbound, leads, limits, profiles"
  ),
  (
    document(more: "leads: { phones: ['cell', 'cell'] }"),
    "leads.phones: expected a list of cell, home, work, each once at the most"
  ),
  (
    document(more: "leads: { assign: 'random' }"),
    "leads.assign: expected one of \"by_hand\", \"round_robin\""
  ),
  (
    document(more: "leads: { rules: { life: { field: 'product' } } }"),
    "leads.rules.life.field: a rule needs a tag, hot or reps: nothing would follow from it"
  ),
  (
    document(more: "leads: { rules: { life: { field: 'product', reps: ['Dana'] } } }"),
    "leads.rules.life.reps: expected ids such as \"rep_1\""
  ),
  (
    document(more: "leads: { rules: { life: { tag: 'life' } } }"),
    "leads.rules.life.field: is missing; expected a string"
  ),
  (
    document(more: "alerts: { lead: '{{phone}}' }"),
    "alerts.lead: expected only the fields {{brand}}, {{contact}} and {{details}}, found {{phone}}"
  ),
  (document(more: "limits: { drain_s: 'long' }"), "limits.drain_s: expected a number of seconds from"),
  (
    document(more: "limits: { commands: 0 }"),
    "limits.commands: expected a whole number from 1 to 100000, found 0"
  ),
  (document(more: "limits: { commands: 1.5 }"), "limits.commands: expected a whole number"),
  (document(more: "alerts: { to_rep: 'yes' }"), "alerts.to_rep: expected true or false, found a string"),
  (
    document(more: "alerts: { text: '{{phone}} wrote' }"),
    "alerts.text: expected only the fields {{brand}}, {{contact}} and {{words}}, found {{phone}}"
  ),
  (
    document(brand: "brand: { name: 'A', help: 'STOP', opt_out_scope: 'all' }"),
    "brand.opt_out_scope: expected one of \"brand\", \"number\", found \"all\""
  ),
  (
    document(more: "unknown: { code: 'retry' }"),
    "unknown.code: expected one of \"hold\", \"retry_later\", \"retry_at_once\", found \"retry\""
  ),
  (document(more: "unknown: { after_s: 5 }"), "unknown.after_s: expected a number of seconds from 60.0"),
  (document(more: "alerts: { email: {} }"), "alerts.email.from: is missing; expected a string"),
  (
    document(more: "alerts: { email: { from: 'Acme <a@b.example>' } }"),
    "alerts.email.from: expected an e-mail address in ASCII"
  ),
  (
    document(more: "alerts: { email: { from: 'a@b.example', subject: '{{words}}' } }"),
    "alerts.email.subject: expected only the fields {{brand}}, {{contact}} and {{text}}, found {{words}}"
  ),
  (
    document(more: "alerts: { email: { from: 'a@b.example', sendmail: 'sendmail' } }"),
    "alerts.email.sendmail: expected an absolute path"
  ),
  (
    document(more: "alerts: { email: { from: 'a@b.example', sendmial: '/x' } }"),
    "alerts.email.sendmial: unknown key"
  ),
  (document(more: "desk: {}"), "desk.address: is missing; expected a string"),
  (
    document(more: "desk: { address: 'http://desk.acme.example' }"),
    "desk.address: expected https:// for every host but this machine"
  ),
  (document(more: "desk: { address: 'desk.acme.example' }"), "desk.address: expected an address such as"),
  (document(more: "desk: { address: 'https://d.example/' }"), "desk.address: expected an address such as"),
  (document(more: "desk: { address: 'https://d.example?x' }"), "desk.address: expected an address such as"),
  (document(more: "desk: { address: 'https://d.example/a#b' }"), "desk.address: expected an address such as"),
  (document(more: "desk: { address: 'https://u:p@d.example' }"), "desk.address: expected an address such as"),
  (document(more: "desk: { address: 'https://d .example' }"), "desk.address: expected an address such as"),
  (
    document(more: "desk: { address: 'https://d.example:99999' }"),
    "desk.address: expected an address such as"
  ),
  (
    document(more: "desk: { address: 'https://d.example', alert_link: 'always' }"),
    "desk.alert_link: expected one of \"once\", \"sign_in\", found \"always\""
  ),
  (document(more: "alerts: []"), "alerts: expected an object { … }, found a list"),
  (document(brand: "brand: { name: 'A' }"), "brand.help: is missing; expected a string"),
  (
    document(brand: "brand: { name: 'A', help: 'h', country: 'us' }"),
    "brand.country: expected a country's code"
  ),
  (document(socket: "socket: {}"), "socket.roles: is missing"),
  (document(socket: "socket: { roles: {} }"), "socket.roles: expected at least one role"),
  (document(socket: "socket: { roles: { app: { users: ['u'] } } }"), "socket.roles.app.may: is missing"),
  (document(socket: "socket: { roles: { app: { may: ['*'] } } }"), "socket.roles.app: expected users"),
  (
    document(socket: "socket: { roles: { app: { users: ['u'], may: ['feed*'] } } }"),
    "socket.roles.app.may: expected \"*\", \"feed.*\" or a method such as \"message.send\", found \"feed*\""
  ),
  (
    document(socket: "socket: { roles: { app: { users: ['u'], may: ['*'], numbers: ['1-800'] } } }"),
    "socket.roles.app.numbers: expected numbers in E.164"
  ),
  (
    document(socket: "socket: { mode: 660, roles: { admin: { users: ['root'] } } }"),
    "socket.mode: expected permission"
  ),
  (
    document(socket: "socket: { mode: '0666', roles: { admin: { users: ['root'] } } }"),
    "everybody on this machine"
  ),
  (
    document(carriers: carrier("window: 'ten'")),
    "carriers.bandwidth.window: expected a whole number from 1 to 1000"
  ),
  (document(carriers: carrier("windo: 10")), "carriers.bandwidth.windo: unknown key; did you mean window?"),
  (document(carriers: carrier("bind: 'both'")), "carriers.bandwidth.bind: expected one of \"transceiver\""),
  (
    document(carriers: carrier("listen: { port: 1 }")),
    "carriers.bandwidth.connect: expected connect or listen, not both"
  ),
  (document(carriers: listening("listen: { port: 1 }")), "carriers.regional.accounts: is missing"),
  (
    document(carriers: listening("listen: { port: 1 }, accounts: {}")),
    "carriers.regional.accounts: expected at least one account"
  ),
  (
    document(
      carriers: listening("listen: { host: 'here' }, accounts: { a: { password: { credential: 'p' } } }")),
    "carriers.regional.listen.host: expected an address of this machine"
  ),
  (
    document(
      carriers: listening(
        "listen: {}, accounts: { a: { password: { credential: 'p' }, from: ['10.0.0.1/8'] } }")),
    "carriers.regional.accounts.a.from: expected addresses such as"
  ),
  (
    document(
      carriers: listening("listen: {}, accounts: { a: { password: { credential: 'p' } } }") + ", "
        + listening("listen: {}, accounts: { a: { password: { credential: 'p' } } }", name: "other")),
    "carriers.regional: the account a of this address belongs to carrier other already"
  ),
  (
    document(carriers: carrier("").replacingOccurrences(of: "host: 'smpp.example'", with: "hosts: []")),
    "carriers.bandwidth.connect.hosts: expected at least one host"
  ),
  (
    document(carriers: carrier("").replacingOccurrences(of: "'smpp.example'", with: "'h', tls: { ca: 'x' }")),
    "carriers.bandwidth.connect.tls.ca: expected an absolute path"
  ),
  (
    document(carriers: carrier("").replacingOccurrences(of: "{ credential: 'p' }", with: "'hunter2'")),
    "carriers.bandwidth.password: expected { credential: \"name\" } or { file: \"path\" }; never write a secret into this file"
  ),
  (
    document(carriers: carrier("").replacingOccurrences(of: "'p'", with: "'q'")),
    "carriers.bandwidth.password.credential: "
  ),
  (
    document(carriers: carrier("").replacingOccurrences(of: "credential: 'p'", with: "file: 'p'")),
    "carriers.bandwidth.password.file: expected an absolute path"
  ),
  ("{ state: '/x', state: '/y' }", "t.json5:1:16: state: this key is given twice"),
  ("{ state: '/x'\n  socket: {} }", "t.json5:2:3: expected ',' or '}', found 's'"),
  ("{ state: '/x',\n\n", "t.json5:1:1: this '{' is not closed"),
  ("{ state: \"/x }\n", "t.json5:1:10: state: this string is not closed on its line"),
  ("{ state: yes }", "t.json5:1:10: state: expected a value, found yes; text needs quotes"),
  ("{ /* state }", "t.json5:1:3: this comment is not closed"),
  ("[]", "t.json5:1:1: expected an object '{', found '['"),
  ("", "expected an object '{', found the end of the file"),
  ("{ a: " + String(repeating: "[", count: 5000), "objects are nested more than"),
]

@Test(arguments: faults)
func anUnusableFileIsReportedInOneLineWithItsPlace(text: String, expected: String) throws {
  let line = try problem(text)
  #expect(line.contains(expected))
  #expect(!line.contains("\n"))
  #expect(!line.contains("hunter2"))
}

@Test(arguments: ["", "\n", "changeme\n", "Password", "secret\r\n"])
func anEmptyOrSamplePasswordIsRefused(password: String) throws {
  let line = try problem(document(carriers: carrier("")), ["p": password])
  #expect(line.contains("carriers.bandwidth.password: the secret (credential p) is"))
}

@Test func aPasswordLongerThanSMPPAllowsIsRefusedWithoutShowingIt() throws {
  let line = try problem(document(carriers: carrier("")), ["p": "averylongpassphrase"])
  #expect(line.contains("SMPP 3.4 allows 8"))
  #expect(!line.contains("averylong"))
}

@Test func aSecretFileThatOthersMayReadIsRefused() throws {
  try withTemporaryDirectory { directory in
    let path = try directory.write("secret", "tr1ckle\n".utf8)
    let text = document(
      carriers: carrier("").replacingOccurrences(of: "credential: 'p'", with: "file: '\(path)'"))
    #expect(chmod(path, 0o640) == 0)
    #expect(
      try problem(text).contains("others may read \(path) (mode 0640); expected 0600: chmod 600 \(path)"))
    #expect(chmod(path, 0o600) == 0)
    #expect(try problem(text) == "(accepted)")
  }
}

@Test func aCheckByHandTakesCredentialsItCannotSeeAsGiven() throws {
  let text = document(carriers: carrier(""))
  let seen = try Configuration.parse(
    text, file: "t", secrets: SecretSource(credentialsDirectory: nil, mayBeUnseen: true))
  #expect(seen.carriers.first?.connect?.password.octets == [])
  #expect(throws: ConfigurationError.self) {
    try Configuration.parse(text, file: "t", secrets: SecretSource(credentialsDirectory: nil))
  }
}

@Test func aFileThatIsNotThereIsNamed() {
  #expect(
    throws: ConfigurationError(
      file: "/nowhere/t.json5", problem: "cannot be read: No such file or directory")
  ) { try Configuration.load("/nowhere/t.json5") }
  #expect(throws: ConfigurationError(file: "/tmp", problem: "is not a regular file")) {
    try Configuration.load("/tmp")
  }
}

/// Any text, however cut or changed, is accepted or refused: it never traps.
@Test func aDamagedConfigurationNeverTraps() throws {
  let whole = Array(document(carriers: carrier("window: 10")).unicodeScalars)
  var generator = SeededGenerator(seed: 0x9E37_79B9)
  func random(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
  let secrets = SecretSource(credentialsDirectory: nil, mayBeUnseen: true)
  let replacements = Array("{}[]:,'\"\\/*\n0-+.eE x\u{0}\u{FEFF}é".unicodeScalars)
  for _ in 0..<2000 {
    var scalars = whole
    for _ in 0..<(1 + random(3)) where !scalars.isEmpty {
      switch random(3) {
      case 0: scalars.removeSubrange(random(scalars.count)...)
      case 1: scalars[random(scalars.count)] = replacements[random(replacements.count)]
      default: scalars.remove(at: random(scalars.count))
      }
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    do throws(ConfigurationError) {
      _ = try Configuration.parse(String(text), file: "t", secrets: secrets)
    } catch {
      #expect(!error.description.contains("\n"))
    }
  }
}

@Test func carriersThatBindToUsAreReadWithTheirAccounts() throws {
  let text = """
    listen: { host: '127.0.0.1', port: 2776 }, system_id: 'us', registered_delivery: 'final', validity_s: 600,
    accounts: {
      one: { password: { credential: 'p' }, from: ['192.0.2.0/24', '2001:db8::/32'], sessions: 4 },
      two: { password: { credential: 'p' }, outbind: { system_id: 'them', password: { credential: 'p' } } },
    }
    """
  let configuration = try withCredentials(["p": "tr1ckle\n"]) {
    try Configuration.parse(document(carriers: listening(text)), file: "t.json5", secrets: $0)
  }
  let carrier = try #require(configuration.carriers.first)
  let listen = try #require(carrier.listen)
  #expect(listen.address == SocketAddress("127.0.0.1:2776"))
  #expect(listen.systemID == "us")
  #expect(listen.accounts.map(\.systemID) == ["one", "two"])
  #expect(listen.accounts[0].from.map(\.description) == ["192.0.2.0/24", "2001:db8::/32"])
  #expect(carrier.maximumSessions == 6)
  #expect(listen.accounts[1].outbind?.bind == .receiver)
  #expect(
    carrier.profile.registeredDelivery == 0 && carrier.profile.validity == nil, "a deliver_sm has neither")
}

@Test func sessionsOfOneCarrierMaySpreadOverHosts() throws {
  let hosts = carrier("").replacingOccurrences(
    of: "host: 'smpp.example'",
    with: "hosts: ['a.example:3550', '[2001:db8::1]:3551', 'b.example'], port: 3552")
  let configuration = try withCredentials(["p": "tr1ckle\n"]) {
    try Configuration.parse(document(carriers: hosts), file: "t.json5", secrets: $0)
  }
  #expect(
    configuration.carriers.first?.connect?.hosts.map(\.description)
      == ["a.example:3550", "[2001:db8::1]:3551", "b.example:3552"])
}

@Test func howEMailsAreHandedOverIsReadWithoutTheSecretsOfTheFile() throws {
  try withTemporaryDirectory { directory in
    let text = """
      { brand: { name: 'A', help: 'STOP' }, socket: { roles: { admin: { users: ['root'] } } },
        carriers: { a: { connect: { host: 'h' }, system_id: 'a', password: { file: '/nonexistent' }, rate: 1 } },
        alerts: { email: { from: 'a@b.example', sendmail: '/opt/sendmail', timeout_s: 5 } } }
      """
    try directory.write("tollgate.json5", text.utf8)
    let path = directory.path + "/tollgate.json5"
    let mail = try Configuration.mail(in: path)
    #expect(mail.sendmail == "/opt/sendmail" && mail.timeout == .seconds(5))
    #expect(throws: ConfigurationError.self) {
      try Configuration.load(path, secrets: SecretSource(credentialsDirectory: nil, mayBeUnseen: true))
    }
  }
}

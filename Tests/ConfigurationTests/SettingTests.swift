import Carriers
import Contract
import Foundation
import NetIO
import SMPP
import Settings
import TestSupport
import Testing

@testable import Configuration

/// One key that `config check` lists: what is written there, and where the daemon or its rules find it.
private struct Setting: Sendable, CustomTestStringConvertible {
  let path: String
  let written: String
  /// What else has to stand beside it; an empty text takes the key away.
  let beside: [String: String]
  let isInForce: @Sendable (Configuration) -> Bool

  init<V: Equatable & Sendable>(
    _ path: String, _ written: String, _ place: any KeyPath<Configuration, V> & Sendable, _ value: V,
    beside: [String: String] = [:]
  ) {
    self.path = path
    self.written = written
    self.beside = beside
    isInForce = { $0[keyPath: place] == value }
  }

  var testDescription: String { path }
}

extension Configuration {
  /// The profile as the rules have it.
  fileprivate var profile: CarrierProfile? { rules.carriers["a"] }
  fileprivate var connect: Connect? { carriers[0].connect }
  fileprivate var listen: Listen? { carriers[1].listen }
  fileprivate var account: Account? { listen?.accounts[0] }
  fileprivate var outbind: OutbindIdentity? { account?.outbind }
  fileprivate var ports: [UInt16]? { connect?.hosts.map(\.port) }
  fileprivate var hosts: [String]? { connect?.hosts.map(\.host) }
  fileprivate var sources: [String]? { account?.from.map(\.description) }
}

extension Secret {
  fileprivate var text: String { String(decoding: octets, as: UTF8.self) }
}

private let outbind = [
  "carriers.b.accounts.x.outbind.system_id": "'u'",
  "carriers.b.accounts.x.outbind.password.credential": "'p'",
]

/// The least that is a configuration, with a carrier of each kind.
private let least = [
  "socket.roles.admin.users": "['root']", "brand.name": "'A'", "brand.help": "'STOP'",
  "carriers.a.connect.host": "'h'", "carriers.a.system_id": "'a'",
  "carriers.a.password.credential": "'p'", "carriers.a.rate": "30",
  "carriers.b.listen.port": "2775", "carriers.b.rate": "30",
  "carriers.b.accounts.x.password.credential": "'p'",
]

private let mail = ["alerts.email.from": "'a@b.example'"]

private let settings: [Setting] = [
  .init("state", "'/x'", \.storePath, "/x/tollgate.sqlite3"),
  .init("socket.path", "'/x'", \.socket.path, "/x"),
  .init("socket.group", "'g'", \.socket.group, "g"),
  .init("socket.mode", "'0640'", \.socket.mode, 0o640),
  .init("socket.roles.admin.users", "['u']", \.socket.roles[0].users, ["u"]),
  .init("socket.roles.admin.groups", "['g']", \.socket.roles[0].groups, ["g"]),
  .init("socket.roles.admin.may", "['feed.*']", \.socket.roles[0].may, ["feed.*"]),
  .init("socket.roles.admin.numbers", "['+18885550101']", \.socket.roles[0].numbers, ["+18885550101"]),
  .init("socket.roles.admin.sees", "[]", \.socket.roles[0].sees, []),
  .init("socket.roles.admin.acts", "true", \.socket.roles[0].acts, true),
  .init("brand.name", "'B'", \.rules.brand.name, "B"),
  .init("brand.help", "'help'", \.rules.brand.help, "help"),
  .init("brand.country", "'GB'", \.rules.brand.country, "GB"),
  .init("brand.stop_confirmation", "'out'", \.rules.brand.stopConfirmation, "out"),
  .init("brand.start_confirmation", "'in'", \.rules.brand.startConfirmation, "in"),
  .init("brand.opt_out_scope", "'number'", \.rules.optOutScope, .number),
  .init("limits.inbound_mailbox", "17", \.limits.inboundMailbox, 17),
  .init("limits.commands", "17", \.limits.commands, 17),
  .init("limits.connections", "17", \.limits.connections, 17),
  .init("limits.feed_max_mib", "17", \.rules.feedMaximum, 17 << 20),
  .init("limits.feed_keep_hours", "17", \.rules.feedKept, .seconds(17 * 3600)),
  .init("limits.queue_per_number", "17", \.rules.queuePerNumber, 17),
  .init("limits.campaign_recipients", "17", \.rules.maximumRecipients, 17),
  .init("limits.reassembly_parts", "17", \.rules.maximumParts, 17),
  .init("limits.quarantine", "17", \.rules.maximumQuarantined, 17),
  .init("limits.quarantine_mib", "17", \.rules.quarantineMaximum, 17 << 20),
  .init("limits.quarantine_keep_hours", "17", \.rules.quarantineKept, .seconds(17 * 3600)),
  .init("inbound.unrouted", "'refuse'", \.rules.unrouted, .refuse),
  .init("limits.trace_mib", "17", \.limits.traceMebibytes, 17),
  .init("limits.disk_free_mib", "17", \.limits.diskFreeMebibytes, 17),
  .init("limits.drain_s", "1.5", \.limits.drain, .milliseconds(1500)),
  .init("alerts.to_rep", "false", \.rules.alertReps, false),
  .init("alerts.summary", "'{{count}}'", \.rules.alertSummary, "{{count}}"),
  .init("alerts.quiet_s", "60", \.rules.alertQuiet, .seconds(60)),
  .init("limits.answers_per_phone_hour", "17", \.rules.answersPerPhoneHour, 17),
  .init("limits.refused_alike", "17", \.rules.refusedAlike, 17),
  .init("limits.alerts_per_rep_hour", "17", \.rules.alertsPerRepHour, 17),
  .init("alerts.lead", "'{{contact}}{{details}}'", \.rules.alertLead, "{{contact}}{{details}}"),
  .init("alerts.hot_lead", "'now: {{contact}}'", \.rules.alertHotLead, "now: {{contact}}"),
  .init("alerts.unclaimed", "'{{contact}}: {{minutes}}'", \.rules.alertUnclaimed, "{{contact}}: {{minutes}}"),
  .init("leads.phones", "['work', 'cell']", \.rules.leads.phones, [.work, .cell]),
  .init("leads.assign", "'round_robin'", \.rules.leads.assignment, .roundRobin),
  .init("leads.claim_within_s", "60", \.rules.leads.claimWithin, .seconds(60)),
  .init("leads.text_within_s", "60", \.rules.leads.textWithin, .seconds(60)),
  .init("leads.alert_fields", "['product']", \.rules.leads.alertFields, ["product"]),
  .init(
    "leads.rules.life.field", "'product'", \.rules.leads.rules, [.init(field: "product", tag: "life")],
    beside: ["leads.rules.life.tag": "'life'"]),
  .init(
    "leads.rules.life.is", "['Term', 'whole']", \.rules.leads.rules,
    [.init(field: "product", values: ["term", "whole"], isHot: true)],
    beside: ["leads.rules.life.field": "'product'", "leads.rules.life.hot": "true"]),
  .init(
    "leads.rules.life.tag", "'life'", \.rules.leads.rules, [.init(field: "product", tag: "life")],
    beside: ["leads.rules.life.field": "'product'"]),
  .init(
    "leads.rules.life.hot", "true", \.rules.leads.rules, [.init(field: "product", isHot: true)],
    beside: ["leads.rules.life.field": "'product'"]),
  .init(
    "leads.rules.life.reps", "['rep_2']", \.rules.leads.rules, [.init(field: "product", reps: [RepID(2)])],
    beside: ["leads.rules.life.field": "'product'"]),
  .init("alerts.email.from", "'a@b.example'", \.rules.email?.from.text, "a@b.example"),
  .init(
    "alerts.email.subject", "'{{brand}}: {{text}}'", \.rules.email?.subject, "{{brand}}: {{text}}",
    beside: mail),
  .init("alerts.email.expire_s", "600", \.rules.email?.expires, .seconds(600), beside: mail),
  .init("alerts.email.sendmail", "'/x'", \.mail.sendmail, "/x", beside: mail),
  .init("alerts.email.timeout_s", "17", \.mail.timeout, .seconds(17), beside: mail),
  .init("desk.address", "'https://d.example'", \.rules.desk?.address, "https://d.example"),
  .init(
    "desk.alert_link", "'sign_in'", \.rules.desk?.alertLink, .signIn,
    beside: ["desk.address": "'https://d.example'"]),
  .init("alerts.mark", "'{{mark}} first'", \.rules.alertMark, "{{mark}} first"),
  .init("alerts.not_sent", "'no: {{reason}}'", \.rules.alertNotSent, "no: {{reason}}"),
  .init("alerts.assigned", "'{{contact}} is yours'", \.rules.alertAssigned, "{{contact}} is yours"),
  .init("alerts.text", "'{{contact}} wrote'", \.rules.alertText, "{{contact}} wrote"),
  .init("unknown.interactive", "'retry_later'", \.rules.unknown.interactive, .retryLater),
  .init("unknown.campaign", "'retry_later'", \.rules.unknown.campaign, .retryLater),
  .init("unknown.notice", "'retry_later'", \.rules.unknown.notice, .retryLater),
  .init("unknown.code", "'retry_at_once'", \.rules.unknown.code, .retryAtOnce),
  .init("unknown.after_s", "61.5", \.rules.unknown.after, .milliseconds(61_500)),
  .init("ready", "'all'", \.readiness.when, .all),
  .init("ready_timeout_s", "17", \.readiness.timeout, .seconds(17)),
  .init(
    "profiles", "{ own: { window: 17 } }", \.profile?.window, 17, beside: ["carriers.a.profile": "'own'"]),

  .init("carriers.a.connect.host", "'g'", \.hosts, ["g"]),
  .init(
    "carriers.a.connect.hosts", "['g', 'h:5']", \.hosts, ["g", "h"], beside: ["carriers.a.connect.host": ""]),
  .init("carriers.a.connect.port", "17", \.ports, [17]),
  .init("carriers.a.bind", "'receiver'", \.connect?.bind, .receiver),
  .init("carriers.a.sessions", "7", \.connect?.sessions, 7),
  .init("carriers.a.system_id", "'b'", \.connect?.systemID, "b"),
  .init("carriers.a.password.credential", "'q'", \.connect?.password.text, "quiet"),
  .init(
    "carriers.a.long_password", "true", \.connect?.password.text, "a long password",
    beside: ["carriers.a.password.credential": "'long'"]),
  .init("carriers.a.system_type", "'VMA'", \.connect?.systemType, "VMA"),
  .init("carriers.a.address_range", "'^1888'", \.connect?.addressRange, "^1888"),
  .init("carriers.a.addr_ton", "1", \.connect?.addrTON, 1),
  .init("carriers.a.addr_npi", "9", \.connect?.addrNPI, 9),

  .init("carriers.a.profile", "'latin1'", \.profile?.defaultAlphabet, .latin1),
  .init("carriers.a.default_alphabet", "'ascii'", \.profile?.defaultAlphabet, .ascii),
  .init("carriers.a.long_messages", "'sar'", \.profile?.longMessages, .sar),
  .init("carriers.a.both_texts", "'refuse'", \.profile?.bothTexts, .refuse),
  .init("carriers.a.encodings", "['ascii']", \.profile?.encodings, .ascii),
  .init("carriers.a.addresses.source.ton", "5", \.profile?.addresses.sourceTON, 5),
  .init("carriers.a.addresses.source.npi", "5", \.profile?.addresses.sourceNPI, 5),
  .init("carriers.a.addresses.destination.ton", "5", \.profile?.addresses.destinationTON, 5),
  .init("carriers.a.addresses.destination.npi", "5", \.profile?.addresses.destinationNPI, 5),
  .init("carriers.a.addresses.short_code.ton", "5", \.profile?.addresses.shortCodeTON, 5),
  .init("carriers.a.addresses.short_code.npi", "5", \.profile?.addresses.shortCodeNPI, 5),
  .init("carriers.a.addresses.plus", "true", \.profile?.addresses.writesPlus, true),
  .init("carriers.a.addresses.national", "true", \.profile?.addresses.writesNational, true),
  .init("carriers.a.addresses.prefix", "'011'", \.profile?.addresses.prefix, "011"),
  .init(
    "carriers.a.addresses.national_marked_international", "true",
    \.profile?.addresses.marksNationalInternational, true),
  .init("carriers.a.interface_version", "0x33", \.profile?.interfaceVersion, 0x33),
  .init("carriers.a.service_type", "'CMT'", \.profile?.serviceType, "CMT"),
  .init("carriers.a.user_message_reference", "'echoed'", \.profile?.userMessageReference, .echoed),
  .init("carriers.a.registered_delivery", "'failure'", \.profile?.registeredDelivery, 2),
  .init("carriers.a.validity_s", "61.5", \.profile?.validity, .milliseconds(61_500)),
  .init("carriers.a.receipts.id", "'exact'", \.profile?.receipts.id, .exact),
  .init("carriers.a.receipts.recognised_by_text", "true", \.profile?.receipts.recognisedByText, true),
  .init("carriers.a.receipts.prefer_text", "true", \.profile?.receipts.prefersText, true),
  .init(
    "carriers.a.receipts.final_states", "['DELIVRD']", \.profile?.receipts.finalStates,
    MessageStateSet([.delivered])),
  .init("carriers.a.receipts.accepted_is_final", "true", \.profile?.receipts.acceptedIsFinal, true),
  .init(
    "carriers.a.receipts.states", "{ dnd: 'REJECTD', '9': 'EXPIRED' }", \.profile?.receipts.states,
    ["DND": .rejected, "9": .expired]),
  .init("carriers.a.receipts.opt_out_errors", "['017']", \.profile?.receipts.optOutErrors, ["017"]),
  .init("carriers.a.receipts.fields", "['stat', 'id']", \.profile?.receipts.fields, [.stat, .id]),
  .init("carriers.a.receipts.minutes_east_of_utc", "17", \.profile?.receipts.minutesEastOfUTC, 17),
  .init("carriers.a.receipts.missing_after_h", "1.5", \.profile?.receipts.missingAfter, .seconds(5400)),
  .init(
    "carriers.a.parameters",
    "{ p: { tag: 0x1400, type: 'uint8', value: '7', from_message: true, show: true } }",
    \.profile?.parameters,
    [
      CarrierParameter(
        name: "p", tag: TLVTag(rawValue: 0x1400), form: .uint8, value: [7], isFromMessage: true, isShown: true
      )
    ]),
  .init("carriers.a.charsets", "{ '0x00': 'utf8' }", \.profile?.charsetExceptions, [0: .utf8]),
  .init(
    "carriers.a.statuses", "{ '0x400': 'pace' }", \.profile?.statusRules, [StatusRule(0x400...0x400, .pace)]),
  .init("carriers.a.window", "17", \.profile?.window, 17),
  .init("carriers.a.rate", "1.5", \.profile?.rate, 1.5),
  .init("carriers.a.jitter_guard_ms", "17", \.profile?.jitterGuard, .milliseconds(17)),
  .init("carriers.a.enquire_link_s", "17", \.profile?.enquireLinkAfter, .seconds(17)),
  .init("carriers.a.enquire_link_answer_s", "17", \.profile?.enquireLinkAnswerWithin, .seconds(17)),
  .init("carriers.a.enquire_link_misses", "17", \.profile?.enquireLinkMisses, 17),
  .init("carriers.a.response_timeout_s", "17", \.profile?.responseTimeout, .seconds(17)),
  .init("carriers.a.close_after_s", "71", \.profile?.closeAfterUnanswered, .seconds(71)),
  .init("carriers.a.bind_timeout_s", "17", \.profile?.bindTimeout, .seconds(17)),
  .init("carriers.a.inactivity_s", "71", \.profile?.inactivityTimeout, .seconds(71)),

  .init("carriers.b.listen.host", "'127.0.0.1'", \.listen?.address, SocketAddress("127.0.0.1:2775")),
  .init("carriers.b.listen.port", "17", \.listen?.address, SocketAddress("[::]:17")),
  .init("carriers.b.system_id", "'us'", \.listen?.systemID, "us"),
  .init("carriers.b.accounts.x.password.credential", "'q'", \.account?.password.text, "quiet"),
  .init(
    "carriers.b.accounts.x.long_password", "true", \.account?.password.text, "a long password",
    beside: ["carriers.b.accounts.x.password.credential": "'long'"]),
  .init("carriers.b.accounts.x.sessions", "17", \.account?.sessions, 17),
  .init("carriers.b.accounts.x.from", "['192.0.2.0/24']", \.sources, ["192.0.2.0/24"]),
  .init(
    "carriers.b.accounts.x.outbind.bind", "'transceiver'", \.outbind?.bind, .transceiver, beside: outbind),
  .init("carriers.b.accounts.x.outbind.system_id", "'v'", \.outbind?.systemID, "v", beside: outbind),
  .init(
    "carriers.b.accounts.x.outbind.password.credential", "'q'", \.outbind?.password.text, "quiet",
    beside: outbind),
  .init(
    "carriers.b.accounts.x.outbind.long_password", "true", \.outbind?.password.text, "a long password",
    beside: [
      "carriers.b.accounts.x.outbind.system_id": "'u'",
      "carriers.b.accounts.x.outbind.password.credential": "'long'",
    ]),
  .init("carriers.b.accounts.x.outbind.system_type", "'VMA'", \.outbind?.systemType, "VMA", beside: outbind),
]

/// `{ "a": { "b": 1 } }` of `a.b: 1`.
private func document(_ leaves: [String: String]) -> String {
  var text = "{\n"
  let groups = Dictionary(grouping: leaves) { $0.key.prefix(while: { $0 != "." }) }
  for (name, members) in groups.sorted(by: { $0.key < $1.key }) {
    if let value = leaves[String(name)] {
      text += "'\(name)': \(value),\n"
    } else {
      let inner = members.map { (String($0.key.dropFirst(name.count + 1)), $0.value) }
      text += "'\(name)': \(document(Dictionary(uniqueKeysWithValues: inner))),\n"
    }
  }
  return text + "}"
}

@Suite final class SettingTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    for (name, password) in [("p", "tr1ckle"), ("q", "quiet"), ("long", "a long password")] {
      try directory.write(name, password.utf8)
    }
  }

  private func read(_ leaves: [String: String]) throws -> Configuration {
    try Configuration.parse(
      document(leaves), file: "t", secrets: SecretSource(credentialsDirectory: directory.path))
  }

  private func read(_ setting: Setting) throws -> Configuration {
    var leaves = least
    for (path, text) in setting.beside { leaves[path] = text.isEmpty ? nil : text }
    leaves[setting.path] = setting.written
    return try read(leaves)
  }

  @Test(arguments: settings)
  fileprivate func whatTheFileSaysIsWhatIsInForce(_ setting: Setting) throws {
    #expect(!setting.isInForce(try read(least)), "this is the default, and shows nothing")
    let configuration = try read(setting)
    #expect(setting.isInForce(configuration))
    for carrier in configuration.carriers {
      #expect(configuration.rules.carriers[carrier.name] == carrier.profile)
    }
  }

  /// Keys of TLS are in `TLSTests`, whose values are files.
  @Test func everyKeyThatIsListedIsHeldToWhatItSets() throws {
    let outbound = try read(try #require(settings.first { $0.path.hasSuffix("outbind.bind") }))
    let listed = Set((try read(least).effective + outbound.effective).map(\.path))
    let held = Set(settings.map(\.path))
    let onceIsEnough = listed.filter { path in
      path.hasPrefix("carriers.b.") && held.contains(path.replacing("carriers.b.", with: "carriers.a."))
    }
    let left = listed.subtracting(held).subtracting(onceIsEnough)
    #expect(
      left == [
        "carriers.a.listen", "carriers.a.connect.tls", "carriers.b.connect", "carriers.b.listen.tls",
        "carriers.b.accounts.x.outbind", "leads.rules", "alerts.email", "desk",
      ])
    #expect(held.count == settings.count)
  }

  @Test func whatNobodySetsIsTheDefaultOfTheTypeThatHoldsIt() throws {
    let configuration = try read(least)
    var profile = CarrierProfile()
    profile.rate = 30
    var bound = profile
    bound.registeredDelivery = 0
    #expect(
      configuration.rules
        == GatewaySettings(brand: .init(name: "A", help: "STOP"), carriers: ["a": profile, "b": bound]))
    #expect(configuration.limits == Configuration.Limits())
    #expect(configuration.readiness == Configuration.Readiness())
  }
}

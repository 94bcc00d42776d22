import Carriers
import FoundationEssentials
import PhoneNumbers
import SMPP
import Settings

extension Configuration {
  /// The largest configuration that is read.
  public static let maximumOctets = 1 << 20

  /// Reads and checks a configuration: afterwards every value is in its range and every secret is there.
  public static func load(
    _ path: String = defaultPath, secrets: SecretSource = .ofProcess()
  ) throws(ConfigurationError) -> Configuration {
    try parse(try text(of: path), file: path, secrets: secrets)
  }

  static func text(of path: String) throws(ConfigurationError) -> String {
    let file: SmallFile
    switch SmallFile.read(path, maximum: maximumOctets) {
    case .failure(let problem): throw ConfigurationError(file: path, problem: problem.text)
    case .success(let read): file = read
    }
    guard let text = String(validating: file.octets, as: UTF8.self) else {
      throw ConfigurationError(file: path, problem: "expected UTF-8 text")
    }
    return text
  }

  /// The same from a text already read; `file` names it in messages.
  public static func parse(
    _ text: String, file: String, secrets: SecretSource
  ) throws(ConfigurationError) -> Configuration {
    let values = ReadValues()
    var top = ObjectReader(try ObjectReader.Layer.parse(text, file: file), values: values)
    var configuration = try Configuration(&top, secrets: secrets)
    configuration.effective = values.all
    return configuration
  }

  private init(_ top: inout ObjectReader, secrets: SecretSource) throws(ConfigurationError) {
    let state = try top.absolutePath("state", default: Self.defaultState)
    let socket = try Socket(&top)
    var brand = try top.object("brand")
    self.init(path: top.file, state: state, socket: socket, brand: try GatewaySettings.Brand(&brand))
    try brand.read("opt_out_scope", into: &rules.optOutScope)
    try brand.finish()
    try readCarriers(&top, secrets)
    try readLimits(&top)
    try readAlerts(&top)
    try readDesk(&top)
    try readUnknown(&top)
    try readLeads(&top)
    var inbound = try top.section("inbound")
    try inbound.read("unrouted", into: &rules.unrouted)
    try inbound.finish()
    try top.read("ready", into: &readiness.when)
    try top.read("ready_timeout_s", seconds: 0...3600, into: &readiness.timeout)
    try top.finish()
  }

  private mutating func readCarriers(
    _ top: inout ObjectReader, _ secrets: SecretSource
  ) throws(ConfigurationError) {
    let country = Country(iso: rules.brand.country)
    var shelf = ProfileShelf()
    if case .object(let members)? = top.take("profiles") {
      shelf = try ProfileShelf(top.layer("profiles", members), country: country)
    } else if top.has("profiles") {
      throw top.error("profiles", "expected an object { NAME: { … } }")
    }
    if let reader = try top.optionalObject("carriers") {
      carriers = try Carrier.all(reader, country: country, profiles: shelf, secrets: secrets)
    }
  }

  private mutating func readLimits(_ top: inout ObjectReader) throws(ConfigurationError) {
    var reader = try top.section("limits")
    try reader.read("inbound_mailbox", 16...1_000_000, into: &limits.inboundMailbox)
    try reader.read("commands", 1...100_000, into: &limits.commands)
    try reader.read("connections", 1...10_000, into: &limits.connections)
    try reader.read("feed_max_mib", mebibytes: 1...1_048_576, into: &rules.feedMaximum)
    try reader.read("feed_keep_hours", hours: 0...8784, into: &rules.feedKept)
    try reader.read("queue_per_number", 1...100_000_000, into: &rules.queuePerNumber)
    try reader.read("campaign_recipients", 1...10_000_000, into: &rules.maximumRecipients)
    try reader.read("reassembly_parts", 16...10_000_000, into: &rules.maximumParts)
    try reader.read("quarantine", 16...10_000_000, into: &rules.maximumQuarantined)
    try reader.read("quarantine_mib", mebibytes: 1...1_048_576, into: &rules.quarantineMaximum)
    try reader.read("quarantine_keep_hours", hours: 1...87_840, into: &rules.quarantineKept)
    try reader.read("answers_per_phone_hour", 1...1_000, into: &rules.answersPerPhoneHour)
    try reader.read("alerts_per_rep_hour", 1...1_000, into: &rules.alertsPerRepHour)
    try reader.read("refused_alike", 2...100_000, into: &rules.refusedAlike)
    try reader.read("trace_mib", 0...1024, into: &limits.traceMebibytes)
    try reader.read("disk_free_mib", 0...1_048_576, into: &limits.diskFreeMebibytes)
    try reader.read("drain_s", seconds: 0...3600, into: &limits.drain)
    try reader.finish()
  }

  private mutating func readAlerts(_ top: inout ObjectReader) throws(ConfigurationError) {
    var reader = try top.section("alerts")
    try reader.read("to_rep", into: &rules.alertReps)
    try reader.read("text", octets: 1...320, into: &rules.alertText)
    try reader.read("summary", octets: 1...320, into: &rules.alertSummary)
    try reader.read("quiet_s", seconds: 10...86_400, into: &rules.alertQuiet)
    try Self.check(rules.alertText, "text", ["brand", "contact", "words"], reader)
    try reader.read("assigned", octets: 1...320, into: &rules.alertAssigned)
    try Self.check(rules.alertAssigned, "assigned", ["brand", "contact"], reader)
    try reader.read("lead", octets: 1...320, into: &rules.alertLead)
    try Self.check(rules.alertLead, "lead", ["brand", "contact", "details"], reader)
    try reader.read("hot_lead", octets: 1...320, into: &rules.alertHotLead)
    try Self.check(rules.alertHotLead, "hot_lead", ["brand", "contact", "details"], reader)
    try reader.read("unclaimed", octets: 1...320, into: &rules.alertUnclaimed)
    try Self.check(rules.alertUnclaimed, "unclaimed", ["brand", "contact", "count", "minutes"], reader)
    try reader.read("mark", octets: 1...160, into: &rules.alertMark)
    try Self.check(rules.alertMark, "mark", ["mark"], reader)
    try reader.read("not_sent", octets: 1...320, into: &rules.alertNotSent)
    try Self.check(rules.alertNotSent, "not_sent", ["brand", "reason"], reader)
    try Self.check(rules.alertSummary, "summary", ["brand", "contact", "count", "words"], reader)
    try readEmail(&reader)
    try reader.finish()
  }

  static func check(_ text: String, _ key: String, _ fields: [Substring], _ reader: ObjectReader)
    throws(ConfigurationError)
  {
    for field in text.matches(of: /\{\{([^}]*)\}\}/) where !fields.contains(field.output.1) {
      let known = fields.map { "{{\($0)}}" }
      throw reader.error(
        key,
        "expected only the fields \(known.dropLast().joined(separator: ", ")) and \(known.last ?? ""), "
          + "found {{\(field.output.1)}}")
    }
  }

  private mutating func readUnknown(_ top: inout ObjectReader) throws(ConfigurationError) {
    var reader = try top.section("unknown")
    try reader.read("interactive", into: &rules.unknown.interactive)
    try reader.read("campaign", into: &rules.unknown.campaign)
    try reader.read("notice", into: &rules.unknown.notice)
    try reader.read("code", into: &rules.unknown.code)
    try reader.read(
      "after_s", seconds: 60...2_592_000, into: &rules.unknown.after, unset: "when a receipt would be missing"
    )
    try reader.finish()
  }
}

extension ObjectReader.Layer {
  /// A whole document: its one object.
  static func parse(_ text: String, file: String) throws(ConfigurationError) -> ObjectReader.Layer {
    let places: SourcePlaces
    do {
      places = try SourcePlaces(of: text)
    } catch {
      throw ConfigurationError(
        file: file, line: error.place.line, column: error.place.column,
        path: error.path.joined(separator: "."),
        problem: error.problem)
    }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    let tree: JSONTree
    do {
      tree = try decoder.decode(JSONTree.self, from: Data(text.utf8))
    } catch {
      // The library says neither what nor where.
      let wrong = SourcePlaces.firstWrong(in: text) {
        (try? decoder.decode(JSONTree.self, from: Data($0.utf8))) != nil
      }
      throw ConfigurationError(
        file: file, line: wrong?.place.line ?? 1, column: wrong?.place.column ?? 1,
        path: wrong?.path.joined(separator: ".") ?? "", problem: wrong?.problem ?? "not JSON5")
    }
    guard case .object(let members) = tree else {
      throw ConfigurationError(file: file, problem: "expected an object { … }")
    }
    return ObjectReader.Layer(members: members, file: file, path: [], places: places)
  }
}

extension ObjectReader {
  mutating func absolutePath(_ key: String, default fallback: String) throws(ConfigurationError) -> String {
    guard let path = try optionalString(key, octets: 1...4095, default: fallback) else { return fallback }
    guard path.hasPrefix("/") else { throw error(key, "expected an absolute path") }
    return path
  }

  /// A name that operators type: letters, digits, '-', '_' and '.', at most 32.
  func checkName(_ name: String) throws(ConfigurationError) {
    let good = name.utf8.allSatisfy {
      ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39)
        || $0 == 0x2D || $0 == 0x5F
    }
    guard good, (1...32).contains(name.utf8.count) else {
      throw error(name, "expected a name of 1 to 32 letters, digits, '-' or '_'")
    }
  }
}

extension GatewaySettings.Brand {
  /// - Parameter reader: the object `brand`, in which other keys may be left.
  fileprivate init(_ reader: inout ObjectReader) throws(ConfigurationError) {
    self.init(
      name: try reader.string("name", octets: 1...60), help: try reader.string("help", octets: 1...320))
    try Self.checkLength("help", help, reader)
    try reader.read("country", octets: 2...2, into: &country)
    guard country.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) else {
      throw reader.error("country", "expected a country's code of two capital letters, such as \"US\"")
    }
    guard Region(country) != nil else {
      throw reader.error("country", "no country with phone numbers has the code \"\(country)\"")
    }
    try reader.read("stop_confirmation", octets: 1...320, into: &stopConfirmation)
    if reader.has("stop_confirmation") {
      try Self.checkLength("stop_confirmation", stopConfirmation, reader)
    }
    try reader.read("start_confirmation", octets: 1...320, into: &startConfirmation)
    if reader.has("start_confirmation") {
      try Self.checkLength("start_confirmation", startConfirmation, reader)
    }
  }

  /// Answers to keywords are one segment each, whatever the carrier's alphabet.
  private static func checkLength(
    _ key: String, _ text: String, _ reader: ObjectReader
  ) throws(ConfigurationError) {
    guard let plan = Segmenter().plan(text), plan.count == 1 else {
      throw reader.error(
        key, "expected a text of one segment (160 characters, 70 with letters beyond GSM 03.38)")
    }
  }
}

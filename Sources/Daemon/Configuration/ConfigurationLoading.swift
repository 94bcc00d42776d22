import Carriers
import FoundationEssentials
import Gateway
import SMPP

extension Configuration {
  /// The largest configuration that is read.
  public static let maximumOctets = 1 << 20

  /// Reads and checks a configuration: afterwards every value is in its range and every secret is there.
  public static func load(
    _ path: String = defaultPath, secrets: SecretSource = .ofProcess()
  ) throws(ConfigurationError) -> Configuration {
    let file: SmallFile
    switch SmallFile.read(path, maximum: maximumOctets) {
    case .failure(let problem): throw ConfigurationError(file: path, problem: problem.text)
    case .success(let read): file = read
    }
    guard let text = String(validating: file.octets, as: UTF8.self) else {
      throw ConfigurationError(file: path, problem: "expected UTF-8 text")
    }
    return try parse(text, file: path, secrets: secrets)
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
    let brand = try Brand(&top)
    let country = Country(iso: brand.country)
    var shelf = ProfileShelf()
    if case .object(let members)? = top.take("profiles") {
      shelf = try ProfileShelf(top.layer("profiles", members), country: country)
    } else if top.has("profiles") {
      throw top.error("profiles", "expected an object { NAME: { … } }")
    }
    var carriers: [Carrier] = []
    if let reader = try top.optionalObject("carriers") {
      carriers = try Carrier.all(reader, country: country, profiles: shelf, secrets: secrets)
    }
    let limits = try Limits(&top)
    let alerts = try Alerts(&top)
    let unknown = try Unknown(&top)
    var readiness = Readiness()
    readiness.when = try top.word("ready", default: readiness.when)
    readiness.timeout = try top.seconds("ready_timeout_s", 0...3600, default: readiness.timeout)
    try top.finish()
    self.init(
      path: top.file, state: state, socket: socket, brand: brand, carriers: carriers, limits: limits,
      alerts: alerts)
    self.readiness = readiness
    self.unknown = unknown
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
        path: wrong?.path.joined(separator: ".") ?? "", problem: wrong?.problem ?? "this is not JSON5")
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

extension Configuration.Limits {
  init(_ top: inout ObjectReader) throws(ConfigurationError) {
    self.init()
    var reader = try top.section("limits")
    inboundMailbox = try reader.integer("inbound_mailbox", 16...1_000_000, default: inboundMailbox)
    commands = try reader.integer("commands", 1...100_000, default: commands)
    connections = try reader.integer("connections", 1...10_000, default: connections)
    feedMaxMebibytes = try reader.integer("feed_max_mib", 1...1_048_576, default: feedMaxMebibytes)
    feedKeep = .seconds(
      3600
        * (try reader.integer("feed_keep_hours", 0...8784, default: Int(feedKeep.components.seconds / 3600))))
    queuePerNumber = try reader.integer("queue_per_number", 1...100_000_000, default: queuePerNumber)
    campaignRecipients = try reader.integer(
      "campaign_recipients", 1...10_000_000, default: campaignRecipients)
    reassemblyParts = try reader.integer("reassembly_parts", 16...10_000_000, default: reassemblyParts)
    traceMebibytes = try reader.integer("trace_mib", 0...1024, default: traceMebibytes)
    diskFreeMebibytes = try reader.integer("disk_free_mib", 0...1_048_576, default: diskFreeMebibytes)
    drain = try reader.seconds("drain_s", 0...3600, default: drain)
    try reader.finish()
  }
}

extension Configuration.Alerts {
  init(_ top: inout ObjectReader) throws(ConfigurationError) {
    self.init()
    var reader = try top.section("alerts")
    toRep = try reader.bool("to_rep", default: toRep)
    text = try reader.optionalString("text", octets: 1...320, unset: "built in")
    for field in (text ?? "").matches(of: /\{\{([^}]*)\}\}/)
    where !["brand", "contact"].contains(field.output.1) {
      throw reader.error(
        "text", "expected no fields but {{brand}} and {{contact}}, found {{\(field.output.1)}}")
    }
    try reader.finish()
  }
}

extension Configuration.Unknown {
  init(_ top: inout ObjectReader) throws(ConfigurationError) {
    self.init()
    var reader = try top.section("unknown")
    interactive = try reader.word("interactive", default: interactive)
    campaign = try reader.word("campaign", default: campaign)
    notice = try reader.word("notice", default: notice)
    code = try reader.word("code", default: code)
    if let seconds = try reader.number(
      "after_s", 60...2_592_000, unit: "seconds", unset: "when a receipt would be missing")
    {
      after = .milliseconds(Int64((seconds * 1_000).rounded()))
    }
    try reader.finish()
  }
}

extension Configuration.Brand {
  init(_ top: inout ObjectReader) throws(ConfigurationError) {
    var reader = try top.object("brand")
    let name = try reader.string("name", octets: 1...60)
    let help = try reader.string("help", octets: 1...320)
    try Self.checkLength("help", help, reader)
    let country = try reader.optionalString("country", octets: 2...2, default: "US") ?? "US"
    guard country.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) else {
      throw reader.error("country", "expected a country's code of two capital letters, such as \"US\"")
    }
    let stop = try reader.optionalString("stop_confirmation", octets: 1...320)
    let start = try reader.optionalString("start_confirmation", octets: 1...320)
    if let stop { try Self.checkLength("stop_confirmation", stop, reader) }
    if let start { try Self.checkLength("start_confirmation", start, reader) }
    let scope: GatewaySettings.OptOutScope = try reader.word("opt_out_scope", default: .brand)
    try reader.finish()
    self.init(name: name, help: help, country: country, stopConfirmation: stop, startConfirmation: start)
    optOutScope = scope
    if stop == nil { reader.noteDefault("stop_confirmation", .string(stopConfirmation)) }
    if start == nil { reader.noteDefault("start_confirmation", .string(startConfirmation)) }
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

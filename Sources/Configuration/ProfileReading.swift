import Carriers
import SMPP

extension CarrierProfile {
  /// The part of `carriers.NAME` that says how the carrier wants things.
  init(_ reader: inout ObjectReader, country: Country) throws(ConfigurationError) {
    self.init()
    try readText(&reader)
    addresses = try AddressStyle(&reader, country: country)
    try readBind(&reader)
    try readSubmit(&reader)
    parameters = try CarrierParameter.all(&reader)
    var receipts = try reader.section("receipts")
    self.receipts = try ReceiptStyle(&receipts)
    statusRules = try StatusRule.all(&reader)
    try readRatesAndTimes(&reader)
  }

  private mutating func readText(_ reader: inout ObjectReader) throws(ConfigurationError) {
    try reader.read("default_alphabet", into: &defaultAlphabet)
    try readCharsets(&reader)
    try reader.read("long_messages", into: &longMessages)
    try reader.read("both_texts", into: &bothTexts)
    guard let names = try reader.strings("encodings", maximum: 8, octets: 1...16) else {
      return reader.noteDefault("encodings", .array([.string("default"), .string("ucs2")]))
    }
    var set: EncodingSet = []
    for name in names {
      switch name {
      case "default": set.insert(.defaultAlphabet)
      case "ascii": set.insert(.ascii)
      case "latin1": set.insert(.latin1)
      case "ucs2": set.insert(.ucs2)
      default:
        throw reader.error(
          "encodings", "expected some of \"default\", \"ascii\", \"latin1\", \"ucs2\", found \"\(name)\"")
      }
    }
    guard !set.isEmpty else { throw reader.error("encodings", "expected at least one encoding") }
    encodings = set
  }

  /// `charsets: { "0": "utf8", "0x08": "utf16le", "0xF5": "data" }`: what the carrier sends under a `data_coding`.
  private mutating func readCharsets(_ carrier: inout ObjectReader) throws(ConfigurationError) {
    guard var reader = try carrier.optionalObject("charsets") else { return }
    for key in reader.names {
      let value = key.hasPrefix("0x") ? UInt8(key.dropFirst(2), radix: 16) : UInt8(key)
      guard let value else {
        throw reader.error(key, "expected a data_coding such as \"0\" or \"0xF5\"")
      }
      let name = try reader.optionalString(key, octets: 1...16)
      guard let name, let charset = Charset(rawValue: name), Charset.settable.contains(charset) else {
        throw reader.error(
          key,
          "expected one of " + Charset.settable.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
      }
      charsetExceptions[value] = charset
    }
  }

  /// `interface_version` (SMPP 3.4, 5.2.4) of our binds: `0x34`, which JSON5 can write.
  private mutating func readBind(_ reader: inout ObjectReader) throws(ConfigurationError) {
    let version = try reader.integer("interface_version", 0...255, default: Int(interfaceVersion))
    interfaceVersion = UInt8(truncatingIfNeeded: version)
    reader.renote("interface_version", .string("0x" + String(version, radix: 16)))
  }

  private mutating func readSubmit(_ reader: inout ObjectReader) throws(ConfigurationError) {
    serviceType = COctetString(try reader.octetString("service_type", maximum: 5))
    try reader.read("user_message_reference", into: &userMessageReference)
    registeredDelivery = try ReceiptWish.read(&reader)
    try reader.read("validity_s", seconds: 60...604_800, into: &validity, unset: "the carrier's own")
  }

  private mutating func readRatesAndTimes(_ reader: inout ObjectReader) throws(ConfigurationError) {
    try reader.read("window", 1...1000, into: &window)
    guard let rate = try reader.number("rate", 0.01...100_000, unit: "segments per second") else {
      throw reader.missing("rate", expected: "the contract's segments per second")
    }
    self.rate = rate
    jitterGuard = try reader.milliseconds("jitter_guard_ms", 0...500, default: jitterGuard)
    try reader.read("enquire_link_s", seconds: 1...3600, into: &enquireLinkAfter)
    try reader.read("enquire_link_answer_s", seconds: 1...3600, into: &enquireLinkAnswerWithin)
    try reader.read("enquire_link_misses", 1...100, into: &enquireLinkMisses)
    try reader.read("response_timeout_s", seconds: 0.1...3600, into: &responseTimeout)
    closeAfterUnanswered = try reader.seconds(
      "close_after_s", 0.1...7200, default: max(closeAfterUnanswered, responseTimeout))
    guard closeAfterUnanswered >= responseTimeout else {
      throw reader.error("close_after_s", "expected at least response_timeout_s")
    }
    try reader.read("bind_timeout_s", seconds: 1...600, into: &bindTimeout)
    inactivityTimeout = try reader.seconds(
      "inactivity_s", 2...86_400, default: max(inactivityTimeout, enquireLinkAfter + enquireLinkAfter))
    guard inactivityTimeout > enquireLinkAfter else {
      throw reader.error("inactivity_s", "expected more than enquire_link_s")
    }
  }
}

/// `registered_delivery`: which receipts and acknowledgements are asked for (SMPP 3.4, 5.2.17): a word, or a list of them
/// where more than the receipt is wanted: `["final", "intermediate"]`.
private enum ReceiptWish: String, CaseIterable {
  /// One of these is the receipt.
  case final, failure, none
  /// And beside it: each step on the way, the handset's own acknowledgement, its user's.
  case intermediate
  case deliveryAcknowledgement = "delivery_ack"
  case userAcknowledgement = "user_ack"

  private var isReceipt: Bool {
    switch self {
    case .final, .failure, .none: true
    case .intermediate, .deliveryAcknowledgement, .userAcknowledgement: false
    }
  }

  private var bits: UInt8 {
    switch self {
    case .final: RegisteredDelivery.successOrFailure
    case .failure: RegisteredDelivery.failure
    case .none: RegisteredDelivery.none
    case .intermediate: RegisteredDelivery.intermediateNotification
    case .deliveryAcknowledgement: RegisteredDelivery.smeDeliveryAcknowledgement
    case .userAcknowledgement: RegisteredDelivery.smeManualAcknowledgement
    }
  }

  static func read(_ reader: inout ObjectReader) throws(ConfigurationError) -> UInt8 {
    let key = "registered_delivery"
    guard let tree = reader.take(key) else {
      reader.noteDefault(key, .string(final.rawValue))
      return final.bits
    }
    let items: [JSONTree] = if case .array(let items) = tree { items } else { [tree] }
    var wishes: [ReceiptWish] = []
    for item in items {
      guard case .string(let text) = item, let wish = ReceiptWish(rawValue: text) else {
        throw reader.error(
          key, "expected some of " + allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
      }
      wishes.append(wish)
    }
    guard wishes.count(where: \.isReceipt) == 1 else {
      throw reader.error(
        key, "expected one of \"final\", \"failure\", \"none\", and any of the others")
    }
    return wishes.reduce(0) { $0 | $1.bits }
  }
}

extension AddressStyle {
  fileprivate init(_ carrier: inout ObjectReader, country: Country) throws(ConfigurationError) {
    self.init()
    self.country = country
    var reader = try carrier.section("addresses")
    (sourceTON, sourceNPI) = try Self.plan("source", &reader, (sourceTON, sourceNPI))
    (destinationTON, destinationNPI) = try Self.plan("destination", &reader, (destinationTON, destinationNPI))
    (shortCodeTON, shortCodeNPI) = try Self.plan("short_code", &reader, (shortCodeTON, shortCodeNPI))
    try reader.read("plus", into: &writesPlus)
    try reader.read("national", into: &writesNational)
    prefix = try reader.optionalString("prefix", octets: 0...5, default: "") ?? ""
    guard prefix.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      throw reader.error(
        "prefix", "expected the digits before an international number, such as \"00\" or \"011\"")
    }
    try reader.read("national_marked_international", into: &marksNationalInternational)
    if writesPlus && writesNational {
      throw reader.error("plus", "expected plus or national, not both")
    }
    if writesPlus && !prefix.isEmpty { throw reader.error("prefix", "expected plus or prefix, not both") }
    try reader.finish()
  }

  /// `{ ton: 0…255, npi: 0…255 }` (SMPP 3.4, 5.2.5 and 5.2.6).
  private static func plan(
    _ key: String, _ reader: inout ObjectReader, _ fallback: (UInt8, UInt8)
  ) throws(ConfigurationError) -> (UInt8, UInt8) {
    var plan = try reader.section(key)
    let ton = try plan.integer("ton", 0...255, default: Int(fallback.0))
    let npi = try plan.integer("npi", 0...255, default: Int(fallback.1))
    try plan.finish()
    return (UInt8(truncatingIfNeeded: ton), UInt8(truncatingIfNeeded: npi))
  }
}

extension ReceiptStyle {
  fileprivate init(_ reader: inout ObjectReader) throws(ConfigurationError) {
    self.init()
    try reader.read("id", into: &id)
    try reader.read("recognised_by_text", into: &recognisedByText)
    try reader.read("prefer_text", into: &prefersText)
    try readFinalStates(&reader)
    try readStates(&reader)
    if let errors = try reader.strings("opt_out_errors", maximum: 32, octets: 1...32) {
      optOutErrors = errors
    } else {
      reader.noteDefault("opt_out_errors", .array([]))
    }
    try readFields(&reader)
    try reader.read("minutes_east_of_utc", -720...840, into: &minutesEastOfUTC)
    if let hours = try reader.number(
      "missing_after_h", 0.1...720, unit: "hours", unset: "72, or a day longer than validity_s")
    {
      missingAfter = .milliseconds(Int64((hours * 3_600_000).rounded()))
    }
    try reader.finish()
  }

  /// `final_states: ["DELIVRD", ...]`, and `accepted_is_final` beside it.
  private mutating func readFinalStates(_ reader: inout ObjectReader) throws(ConfigurationError) {
    if let words = try reader.strings("final_states", maximum: 8, octets: 1...16) {
      finalStates = MessageStateSet([])
      for word in words {
        guard let state = ReceiptText.state(of: COctetString(word)), state != .enroute else {
          throw reader.error(
            "final_states",
            "expected some of \"DELIVRD\", \"EXPIRED\", \"DELETED\", \"UNDELIV\", \"ACCEPTD\", \"UNKNOWN\", "
              + "\"REJECTD\", found \"\(word)\"")
        }
        finalStates.insert(state)
      }
    } else {
      let standard = ["DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "REJECTD"]
      reader.noteDefault("final_states", .array(standard.map { .string($0) }))
    }
    try reader.read("accepted_is_final", into: &acceptedIsFinal)
  }

  /// `states: { DND: "REJECTD", "9": "EXPIRED" }`: words of `stat` and numbers of `message_state`.
  private mutating func readStates(_ carrier: inout ObjectReader) throws(ConfigurationError) {
    guard var reader = try carrier.optionalObject("states") else { return }
    for key in reader.names {
      guard let text = try reader.optionalString(key, octets: 1...16),
        let state = ReceiptText.state(of: COctetString(text))
      else {
        throw reader.error(
          key,
          "expected one of \"ENROUTE\", \"DELIVRD\", \"EXPIRED\", \"DELETED\", \"UNDELIV\", \"ACCEPTD\", "
            + "\"UNKNOWN\", \"REJECTD\"")
      }
      guard (1...ReceiptText.longestWord).contains(key.utf8.count) else {
        throw reader.error(key, "expected a word of 1 to \(ReceiptText.longestWord) octets, or a number")
      }
      states[key.uppercased()] = state
    }
    guard states.count <= Self.mostStates else {
      throw carrier.error("states", "expected at most \(Self.mostStates)")
    }
    try reader.finish()
  }

  private static let mostStates = 64

  /// `fields: ["id", "-", "stat", ...]`: what the places of a text without keys are.
  private mutating func readFields(_ reader: inout ObjectReader) throws(ConfigurationError) {
    guard let names = try reader.strings("fields", maximum: 16, octets: 1...16, unset: "texts have keys")
    else { return }
    var places: [ReceiptField] = []
    for name in names {
      guard let field = ReceiptField(rawValue: name) else {
        throw reader.error(
          "fields",
          "expected \"id\", \"sub\", \"dlvrd\", \"submit_date\", \"done_date\", \"stat\", \"err\", \"text\" or "
            + "\"-\", found \"\(name)\"")
      }
      places.append(field)
    }
    guard places.contains(.id), places.contains(.stat) else {
      throw reader.error("fields", "expected \"id\" and \"stat\" among them")
    }
    fields = places
  }
}

extension CarrierParameter {
  /// `parameters: { campaign_class: { tag: 0x1400, type: "text", from_message: true }, ... }`, in the order of their tags.
  fileprivate static func all(_ carrier: inout ObjectReader) throws(ConfigurationError) -> [CarrierParameter]
  {
    guard var reader = try carrier.optionalObject("parameters") else { return [] }
    let names = reader.names
    guard names.count <= most else {
      throw carrier.error("parameters", "expected at most \(most) parameters, found \(names.count)")
    }
    var parameters: [CarrierParameter] = []
    for name in names {
      guard (1...64).contains(name.utf8.count) else {
        throw reader.error(name, "expected a name of 1 to 64 octets")
      }
      var one = try reader.object(name)
      let parameter = try CarrierParameter(name, &one)
      try one.finish()
      guard !parameters.contains(where: { $0.tag == parameter.tag }) else {
        throw reader.error(name, "expected another tag than that of another parameter")
      }
      parameters.append(parameter)
    }
    return parameters.sorted { $0.tag.rawValue < $1.tag.rawValue }
  }

  private init(_ name: String, _ reader: inout ObjectReader) throws(ConfigurationError) {
    guard reader.has("tag") else { throw reader.missing("tag", expected: "a tag such as 0x1400") }
    let tag = TLVTag(rawValue: UInt16(truncatingIfNeeded: try reader.integer("tag", 1...0xFFFF, default: 1)))
    guard !CarrierParameter.reserved.contains(tag) else {
      throw reader.error("tag", "expected a tag that the gateway does not send by itself")
    }
    self.init(name: name, tag: tag, form: try reader.word("type", default: nil))
    isFromMessage = try reader.bool("from_message", default: false)
    isShown = try reader.bool("show", default: false)
    if let text = try reader.optionalString("value", octets: 1...CarrierParameter.longestValue) {
      guard let octets = octets(of: text) else {
        throw reader.error("value", "expected a value of type \"\(form.rawValue)\"")
      }
      value = octets
    }
    guard isFromMessage || isShown || value != nil else {
      throw reader.error("tag", "expected value, from_message or show beside it")
    }
  }
}

extension StatusRule {
  /// `statuses: { "0x0058": "pace", "0x0400-0x040F": "temporary" }`.
  fileprivate static func all(_ carrier: inout ObjectReader) throws(ConfigurationError) -> [StatusRule] {
    guard var reader = try carrier.optionalObject("statuses") else { return [] }
    var rules: [StatusRule] = []
    for key in reader.names {
      let ends = key.split(separator: "-", omittingEmptySubsequences: false).map(status)
      guard (1...2).contains(ends.count), let low = ends[0], let high = ends[ends.count - 1], low <= high,
        low > 0
      else {
        throw reader.error(key, "expected a status such as \"0x0058\" or a range \"0x0400-0x040F\"")
      }
      let errorClass: ErrorClass = try reader.word(key, default: nil)
      rules.append(StatusRule(low...high, errorClass))
    }
    return rules
  }

  private static func status(_ text: Substring) -> UInt32? {
    text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
  }
}

import Carriers
import SMPP

extension CarrierProfile {
  /// The part of `carriers.NAME` that says how the carrier wants things.
  init(_ reader: inout ObjectReader, country: Country) throws(ConfigurationError) {
    self.init()
    try readText(&reader)
    addresses = try AddressStyle(&reader, country: country)
    try readSubmit(&reader)
    if var receipts = try reader.optionalObject("receipts") {
      self.receipts = try ReceiptStyle(&receipts)
    }
    statusRules = try StatusRule.all(&reader)
    try readRatesAndTimes(&reader)
  }

  private mutating func readText(_ reader: inout ObjectReader) throws(ConfigurationError) {
    defaultAlphabet = try reader.word("default_alphabet", default: defaultAlphabet)
    longMessages = try reader.word("long_messages", default: longMessages)
    guard let names = try reader.strings("encodings", maximum: 8, octets: 1...16) else { return }
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

  private mutating func readSubmit(_ reader: inout ObjectReader) throws(ConfigurationError) {
    serviceType = COctetString(try reader.octetString("service_type", maximum: 5))
    userMessageReference = try reader.word("user_message_reference", default: userMessageReference)
    registeredDelivery = try reader.word("registered_delivery", default: ReceiptWish.final).value
    if let seconds = try reader.number("validity_s", 60...604_800, unit: "seconds") {
      validity = .milliseconds(Int64((seconds * 1000).rounded()))
    }
  }

  private mutating func readRatesAndTimes(_ reader: inout ObjectReader) throws(ConfigurationError) {
    window = try reader.integer("window", 1...1000, default: window)
    guard let rate = try reader.number("rate", 0.01...100_000, unit: "segments per second") else {
      throw reader.missing("rate", expected: "the contract's segments per second")
    }
    self.rate = rate
    jitterGuard = try reader.milliseconds("jitter_guard_ms", 0...500, default: jitterGuard)
    enquireLinkAfter = try reader.seconds("enquire_link_s", 1...3600, default: enquireLinkAfter)
    enquireLinkAnswerWithin = try reader.seconds(
      "enquire_link_answer_s", 1...3600, default: enquireLinkAnswerWithin)
    responseTimeout = try reader.seconds("response_timeout_s", 0.1...3600, default: responseTimeout)
    closeAfterUnanswered = try reader.seconds(
      "close_after_s", 0.1...7200, default: max(closeAfterUnanswered, responseTimeout))
    guard closeAfterUnanswered >= responseTimeout else {
      throw reader.error("close_after_s", "expected at least response_timeout_s")
    }
    bindTimeout = try reader.seconds("bind_timeout_s", 1...600, default: bindTimeout)
    inactivityTimeout = try reader.seconds(
      "inactivity_s", 2...86_400, default: max(inactivityTimeout, enquireLinkAfter + enquireLinkAfter))
    guard inactivityTimeout > enquireLinkAfter else {
      throw reader.error("inactivity_s", "expected more than enquire_link_s")
    }
  }
}

/// `registered_delivery`: which receipts are asked for (SMPP 3.4, 5.2.17).
private enum ReceiptWish: String, CaseIterable {
  case final, failure, none

  var value: UInt8 {
    switch self {
    case .final: RegisteredDelivery.successOrFailure
    case .failure: RegisteredDelivery.failure
    case .none: RegisteredDelivery.none
    }
  }
}

extension AddressStyle {
  fileprivate init(_ carrier: inout ObjectReader, country: Country) throws(ConfigurationError) {
    self.init()
    self.country = country
    guard var reader = try carrier.optionalObject("addresses") else { return }
    (sourceTON, sourceNPI) = try Self.plan("source", &reader, (sourceTON, sourceNPI))
    (destinationTON, destinationNPI) = try Self.plan("destination", &reader, (destinationTON, destinationNPI))
    (shortCodeTON, shortCodeNPI) = try Self.plan("short_code", &reader, (shortCodeTON, shortCodeNPI))
    writesPlus = try reader.bool("plus", default: writesPlus)
    writesNational = try reader.bool("national", default: writesNational)
    marksNationalInternational = try reader.bool(
      "national_marked_international", default: marksNationalInternational)
    if writesPlus && writesNational {
      throw reader.error("plus", "expected plus or national, not both")
    }
    try reader.finish()
  }

  /// `{ ton: 0…255, npi: 0…255 }` (SMPP 3.4, 5.2.5 and 5.2.6).
  private static func plan(
    _ key: String, _ reader: inout ObjectReader, _ fallback: (UInt8, UInt8)
  ) throws(ConfigurationError) -> (UInt8, UInt8) {
    guard var plan = try reader.optionalObject(key) else { return fallback }
    let ton = try plan.integer("ton", 0...255, default: Int(fallback.0))
    let npi = try plan.integer("npi", 0...255, default: Int(fallback.1))
    try plan.finish()
    return (UInt8(truncatingIfNeeded: ton), UInt8(truncatingIfNeeded: npi))
  }
}

extension ReceiptStyle {
  fileprivate init(_ reader: inout ObjectReader) throws(ConfigurationError) {
    self.init()
    id = try reader.word("id", default: id)
    recognisedByText = try reader.bool("recognised_by_text", default: recognisedByText)
    prefersText = try reader.bool("prefer_text", default: prefersText)
    acceptedIsFinal = try reader.bool("accepted_is_final", default: acceptedIsFinal)
    minutesEastOfUTC = try reader.integer("minutes_east_of_utc", -720...840, default: minutesEastOfUTC)
    if let hours = try reader.number("missing_after_h", 0.1...720, unit: "hours") {
      missingAfter = .milliseconds(Int64((hours * 3_600_000).rounded()))
    }
    try reader.finish()
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

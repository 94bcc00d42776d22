import Contract
import Settings

extension Configuration {
  private static let mostRules = 100
  private static let mostValues = 100
  private static let mostReps = 1_000
  private static let mostAlertFields = 8

  /// `leads`
  mutating func readLeads(_ top: inout ObjectReader) throws(ConfigurationError) {
    var reader = try top.section("leads")
    try readPhones(&reader)
    try reader.read("assign", into: &rules.leads.assignment)
    try reader.read("claim_within_s", seconds: 1...2_592_000, into: &rules.leads.claimWithin)
    try reader.read("text_within_s", seconds: 1...2_592_000, into: &rules.leads.textWithin)
    if let fields = try reader.strings("alert_fields", maximum: Self.mostAlertFields, octets: 1...64) {
      rules.leads.alertFields = fields
    } else {
      reader.noteDefault("alert_fields", .array([]))
    }
    if var named = try reader.optionalObject("rules") {
      let names = named.namesAsWritten
      guard names.count <= Self.mostRules else {
        throw reader.error("rules", "expected at most \(Self.mostRules) rules, found \(names.count)")
      }
      for name in names { rules.leads.rules.append(try Self.rule(name, &named)) }
      try named.finish()
    } else {
      reader.noteDefault("rules", .object([:]))
    }
    try reader.finish()
  }

  private mutating func readPhones(_ reader: inout ObjectReader) throws(ConfigurationError) {
    let all = rules.leads.phones.map(\.rawValue)
    guard let words = try reader.strings("phones", maximum: all.count, octets: 1...8) else {
      return reader.noteDefault("phones", .array(all.map { .string($0) }))
    }
    let phones = words.compactMap(LeadPhone.init)
    guard !phones.isEmpty, phones.count == words.count, Set(words).count == words.count else {
      throw reader.error("phones", "expected a list of \(all.joined(separator: ", ")), each once at the most")
    }
    rules.leads.phones = phones
  }

  private static func rule(_ name: String, _ named: inout ObjectReader) throws(ConfigurationError)
    -> GatewaySettings.Leads.Rule
  {
    try named.checkName(name)
    var reader = try named.object(name)
    var rule = GatewaySettings.Leads.Rule(field: try reader.string("field", octets: 1...64))
    rule.values = try reader.strings("is", maximum: mostValues, octets: 1...1_000, unset: "any answer") ?? []
    rule.values = rule.values.map { trimmed($0).lowercased() }
    rule.tag = try reader.optionalString("tag", octets: 1...200, unset: "none")
    if let tag = rule.tag {
      rule.tag = trimmed(tag)
      if rule.tag == "" { throw reader.error("tag", "expected a tag that is not blank") }
    }
    try reader.read("hot", into: &rule.isHot)
    for text in try reader.strings("reps", maximum: mostReps, octets: 1...22, unset: "all") ?? [] {
      guard let rep = RepID(text) else { throw reader.error("reps", "expected ids such as \"rep_1\"") }
      rule.reps.append(rep)
    }
    guard rule.tag != nil || rule.isHot || !rule.reps.isEmpty else {
      throw reader.error("field", "a rule needs a tag, hot or reps: nothing would follow from it")
    }
    try reader.finish()
    return rule
  }

  /// As contacts have tags and answers.
  private static func trimmed(_ text: String) -> String {
    var rest = text.drop(while: \.isWhitespace)
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}

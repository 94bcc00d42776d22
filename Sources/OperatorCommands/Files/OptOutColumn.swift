/// A column by which another system says that a person wants no texts.
enum OptOutColumn: Equatable {
  /// `Do Not Call`, `opted_out`, `unsubscribed`: yes means no more texts.
  case flag
  /// `opt_out_date`: any date means no more texts.
  case date
  /// `SMS Marketing Status`, `opted_in`: a no means no more texts.
  case consent

  /// Nil for a column that says nothing of the kind. An opt-out of email or fax is none of texts.
  init?(_ title: ColumnTitle) {
    if title.has(any: ["email", "emails", "mail", "fax", "newsletter"]) { return nil }
    let isStop =
      title.has(all: "opt", "out") || title.has(all: "opted", "out")
      || title.has(any: ["optout", "optedout", "dnc", "unsubscribed", "unsubscribe", "unsub"])
      || title.has(any: ["suppressed", "blacklisted"]) || title.key == "stop" || title.has(all: "sms", "stop")
      || (title.has(all: "do", "not") || title.has(all: "don", "t") || title.has("dont"))
        && title.has(any: ["call", "text", "contact", "sms", "message", "phone", "disturb"])
    let about: Set = [
      "reason", "source", "by", "method", "campaign", "ip", "title", "id", "link", "url", "note", "notes",
      "count", "page", "form", "keyword",
    ]
    if title.has(any: about) { return nil }
    let isTime = title.has(any: ["date", "time", "at", "on", "timestamp", "datetime"])
    if isStop {
      self = isTime ? .date : .flag
      return
    }
    let isConsent =
      title.has(any: ["consent", "optin", "subscribed", "subscription", "permission", "marketing", "status"])
      || title.has(all: "opt", "in") || title.has(all: "opted", "in")
    let isOfTexts = title.has(any: ["sms", "text", "texts", "texting", "tcpa", "mobile"])
    let alone: Set = ["consent", "opt_in", "opted_in", "optin", "subscribed", "subscription_status"]
    guard !isTime, isConsent && isOfTexts || alone.contains(title.key) else { return nil }
    self = .consent
  }

  enum Answer: Equatable {
    case optedOut
    /// The person did not say so.
    case nothing
    /// Taken for an opt-out, though nobody wrote yes.
    case unclear
    /// It says neither yes nor no.
    case unknown
  }

  // What people and systems write in such columns.
  private static let no: Set = [
    "no", "n", "false", "f", "0", "0.0", "off", "never", "none", "-", "n/a", "na", "null", "not opted out",
    "nein",
    "non", "não", "nao", "nee", "nej", "нет", "いいえ", "否",
  ]
  private static let yes: Set = [
    "yes", "y", "true", "t", "1", "1.0", "x", "on", "✓", "✔", "ja", "oui", "sí", "si", "sì", "sim", "да",
    "はい", "是",
  ]
  private static let stopped: Set = [
    "unsubscribed", "not subscribed", "not_subscribed", "unsubscribe", "unsub", "opted out", "opted-out",
    "opted_out", "optedout", "opt out", "opt-out", "opt_out", "optout", "stop", "stopped", "revoked",
    "withdrawn",
    "declined", "denied", "refused", "blocked", "do not call", "do not text", "do not contact", "dnc",
    "redacted",
  ]
  private static let going: Set = [
    "subscribed", "opted in", "opted-in", "opted_in", "optedin", "opt in", "opt-in", "opt_in", "optin",
    "active",
    "granted", "confirmed", "allowed", "ok",
  ]

  /// What the value of a row says. An opt-out is rather recorded once more than once less.
  func answer(_ value: String) -> Answer {
    let value = CSVReader.trimmed(value).lowercased()
    if value.isEmpty { return .nothing }
    switch self {
    case .flag, .date:
      if Self.no.contains(value) || Self.going.contains(value) { return .nothing }
      if Self.yes.contains(value) || Self.stopped.contains(value) || self == .date { return .optedOut }
      return value.contains(where: \.isNumber) ? .optedOut : .unclear
    case .consent:
      if Self.no.contains(value) || Self.stopped.contains(value) { return .optedOut }
      return Self.yes.contains(value) || Self.going.contains(value) ? .nothing : .unknown
    }
  }
}

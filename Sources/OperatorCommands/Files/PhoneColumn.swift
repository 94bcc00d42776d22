/// A column with phones of a person: which of them is texted first. Mobiles come before phones, and phones before second phones,
/// whatever the order of the columns.
struct PhoneColumn: Equatable {
  /// The lower comes first.
  var rank: Int
  /// The column that says what kind of phone this is, as Google Contacts writes it.
  var label: Int?

  private static let mobile: Set = [
    "mobile", "cell", "cellphone", "mobilephone", "cellular", "iphone", "handphone", "msisdn", "sms",
    "whatsapp",
  ]
  /// Not a phone, or somebody else's.
  private static let other: Set = [
    "type", "label", "fax", "pager", "telex", "tty", "tdd", "ttytdd", "isdn", "assistant", "asst", "radio",
    "callback",
    "ext", "extension", "country", "code", "carrier", "verified", "status", "consent", "provider", "date",
    "time",
    "valid", "validity", "timezone", "owner", "format", "note", "notes", "preference", "permission", "opt",
    "count",
    "emergency", "spouse", "partner", "parent", "guardian", "employer", "manager", "reports", "email", "e",
    "url",
    "marketing", "subscribed", "model", "os", "device", "app",
  ]

  /// Nil for a column of anything else.
  init?(_ title: ColumnTitle) {
    let isPhone =
      title.has(any: Self.mobile) || title.has(any: ["phone", "phones", "telephone", "tel", "telephones"])
      || ["contact_number"].contains(title.key)
    guard isPhone, !title.has(any: Self.other), !title.has(all: "company", "main") else { return nil }
    rank = Self.rank(title)
  }

  /// The rank of a phone by a label: `Mobile`, `* Work`. Nil: no phone that is texted.
  static func rank(label: String) -> Int? {
    let title = ColumnTitle(label)
    if title.has(any: other) { return nil }
    return rank(title)
  }

  private static func rank(_ title: ColumnTitle) -> Int {
    let number = title.number ?? 1
    if title.has(any: mobile) { return min(max(number, 1), 9) - 1 }
    var rank = 10
    if title.has("home") { rank = 20 }
    if title.has(any: ["work", "business", "office", "direct", "company"]) { rank = 30 }
    if title.has("car") { rank = 35 }
    if title.has(any: [
      "other", "second", "secondary", "alternate", "alternative", "alt", "additional", "backup",
    ]) {
      rank = 40
    }
    return number >= 2 ? rank + 40 + min(number, 40) : rank
  }
}

/// Names of the schemas as names in Swift.
enum Names {
  /// `campaign_id` → `campaignID`, `test_phone.list` → `testPhoneList`.
  static func property(_ name: String) -> String {
    let words = name.split { $0 == "_" || $0 == "." }.map(String.init)
    return words.enumerated().map { index, word in
      guard index > 0 else { return word }
      switch word {
      case "id": return "ID"
      case "ids": return "IDs"
      case "tlv", "pdu": return word.uppercased()
      case "tlvs": return "TLVs"
      default: return word.prefix(1).uppercased() + word.dropFirst()
      }
    }.joined()
  }

  /// `number_view` → `NumberView`; an event `sms.message.received.v1` → `MessageReceived`.
  static func type(_ name: String) -> String {
    var name = name
    if name.hasPrefix("sms."), name.hasSuffix(".v1") { name = String(name.dropFirst(4).dropLast(3)) }
    let property = property(name)
    return property.prefix(1).uppercased() + property.dropFirst()
  }

  /// In backticks where Swift has the word for itself.
  static func escaped(_ name: String) -> String { reserved.contains(name) ? "`\(name)`" : name }

  private static let reserved: Set<String> = [
    "as", "break", "case", "catch", "class", "continue", "default", "defer", "do", "else", "enum",
    "extension",
    "fallthrough", "false", "for", "func", "guard", "if", "import", "in", "init", "inout", "internal", "is",
    "let",
    "nil", "operator", "private", "protocol", "public", "repeat", "rethrows", "return", "self", "static",
    "struct",
    "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var", "where", "while",
  ]
}

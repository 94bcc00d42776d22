/// How numbers of a country are written inside it. Countries without rules of their own here are read in
/// international form only.
public enum Country: String, Hashable, Sendable, CaseIterable {
  /// The North American Numbering Plan, +1: the United States, Canada and others. Ten digits, with or without 1;
  /// 011 before a foreign number.
  case nanp
  /// No national form; 00 before an international number.
  case international

  /// The rules for an ISO 3166-1 alpha-2 code, in either case.
  public init(iso code: String) {
    self = Self.nanpCountries.contains(code.uppercased()) ? .nanp : .international
  }

  /// ISO 3166-1 codes that share +1.
  static let nanpCountries: Set<String> = [
    "US", "CA", "AG", "AI", "AS", "BB", "BM", "BS", "DM", "DO", "GD", "GU", "JM", "KN", "KY", "LC", "MP",
    "MS",
    "PR", "SX", "TC", "TT", "VC", "VG", "VI",
  ]
}

/// Toll-free numbers of the NANP.
public enum TollFree {
  /// Area codes in service.
  public static let areaCodes = ["800", "833", "844", "855", "866", "877", "888"]

  /// Whether `number` is an E.164 number (`+` and digits) with a toll-free area code.
  public static func contains(_ number: String) -> Bool {
    guard number.utf8.count == 12, number.hasPrefix("+1"),
      number.utf8.dropFirst().allSatisfy({ $0 &- 0x30 < 10 })
    else { return false }
    let areaCode = number.dropFirst(2).prefix(3)
    return areaCodes.contains { $0 == areaCode }
  }
}

import PhoneNumbers

/// How numbers of a country are written inside it.
public struct Country: Hashable, Sendable {
  /// Nil: no national form; 00 before an international number.
  let region: Region?

  /// The North American Numbering Plan, +1: the United States, Canada and others. Ten digits, with or without 1; 011 before a foreign
  /// number. Its rules stand here, and need no library.
  public static let nanp = Country(region: .unitedStates)
  /// International forms only.
  public static let international = Country(region: nil)

  private init(region: Region?) { self.region = region }

  /// The rules for an ISO 3166-1 alpha-2 code, in either case; of an unknown one, international forms only.
  public init(iso code: String) {
    let region = Region(code)
    self.init(region: region?.isNorthAmerican == true ? .unitedStates : region)
  }
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

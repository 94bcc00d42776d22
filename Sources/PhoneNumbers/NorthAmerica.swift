/// The North American Numbering Plan, +1: NXX-NXX-XXXX with N from 2 to 9. What is right here is taken, even if its area code is newer
/// than libphonenumber's list.
enum NorthAmerica {
  /// 2025550142 of +12025550142.
  static func fault(ofNational number: Int64) -> PhoneFault? {
    assert(number >= 0 && number < 10_000_000_000)
    let area = number / 10_000_000
    let exchange = number / 10_000 % 1_000
    guard isAreaCode(area) else { return .areaCode(padded(area)) }
    guard exchange >= 200 else { return .exchange(padded(exchange)) }
    return nil
  }

  /// N11 are services; N9X are kept for longer numbers, 37X and 96X for blocks to come (NANPA, "Area Code Map").
  private static func isAreaCode(_ area: Int64) -> Bool {
    area >= 200 && area % 100 != 11 && area / 10 % 10 != 9 && area / 10 != 37 && area / 10 != 96
  }

  private static func padded(_ value: Int64) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, 3 - text.utf8.count)) + text
  }
}

/// Numbers that regulators keep for films and examples, so that nobody has them. libphonenumber refuses some of them; they are taken
/// here, since whoever tries a gateway types them.
enum Examples {
  /// First digits, and how many digits follow them.
  private static let ranges: [(prefix: Int64, more: Int64)] = [
    (44_7700_900, 1_000), (44_1632_960, 1_000),  // Ofcom, "Telephone numbers for drama use"
    (33_63998, 10_000), (33_19900, 10_000),  // ARCEP's numbering plan: audiovisual works
    (353_2091, 100_000),  // ComReg's numbering conventions: dramatic use
  ]

  static func contain(_ digits: Int64) -> Bool { ranges.contains { digits / $0.more == $0.prefix } }
}

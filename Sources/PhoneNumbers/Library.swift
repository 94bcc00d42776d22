import CPhoneNumber

/// libphonenumber's own words.
enum Library {
  enum Outcome: UInt8 { case valid, noNumber, noCountry, tooShort, tooLong, noSuchLength, notAssigned }

  struct Reading {
    var outcome: Outcome
    var digits: Int64
    var callingCode: Int32
    var hasExtension: Bool
    var line: PhoneLine
    var region: Region?

    var isValid: Bool { outcome == .valid && digits != 0 }
  }

  /// What somebody in a region meant by a text; nil: only phones with a plus are read.
  static func read(_ text: String, _ region: Region?) -> Reading {
    var text = text
    let code = region?.code ?? ""
    let found = text.withUTF8 { octets in
      octets.withMemoryRebound(to: CChar.self) { characters in
        guard let start = characters.baseAddress else { return cphonenumber_reading() }
        return cphonenumber_read(start, characters.count, code)
      }
    }
    let place = withUnsafeBytes(of: found.region) { octets in
      String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
    }
    return Reading(
      outcome: text.isEmpty ? .noNumber : Outcome(rawValue: found.outcome) ?? .noNumber, digits: found.digits,
      callingCode: found.calling_code, hasExtension: found.extension.0 != 0,
      line: PhoneLine(rawValue: found.line) ?? .unknown, region: Region(found: place))
  }
}

/// A country that libphonenumber knows the numbers of, by its ISO 3166-1 code.
public struct Region: Hashable, Sendable {
  /// Two capital letters.
  public let code: String
  /// Such as 44.
  public let callingCode: Int32
  /// Its digits.
  public let callingCodeText: String

  public static let unitedStates = Region(code: "US", callingCode: 1)

  private init(code: String, callingCode: Int32) {
    self.code = code
    self.callingCode = callingCode
    callingCodeText = "\(callingCode)"
  }

  /// Nil for a country without numbers of its own. In either case.
  public init?(_ code: String) {
    let code = code.uppercased()
    guard code.utf8.count == 2, code.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) else { return nil }
    // Most gateways are in one country, and need no library to start.
    let callingCode = code == "US" ? 1 : cphonenumber_calling_code(code)
    guard callingCode > 0 else { return nil }
    self.init(code: code, callingCode: callingCode)
  }

  /// Nil for numbers of no country.
  fileprivate init?(found code: String) {
    guard code.utf8.count == 2 else { return nil }
    self.init(code)
  }

  /// Whether its numbers are of the North American Numbering Plan.
  public var isNorthAmerican: Bool { callingCode == 1 }
}

/// The kind of line a number is, where its digits tell.
public enum PhoneLine: UInt8, Hashable, Sendable {
  case fixed, mobile, fixedOrMobile, tollFree, premium, sharedCost, voip, personal, pager, company, voicemail,
    unknown
}

/// Why a text is no phone that can be texted. Its description is for the person who typed it.
public enum PhoneFault: Error, Hashable, Sendable {
  case empty
  /// Longer than any way to write a phone.
  case tooLongText
  case notAPhone
  /// Three to six digits.
  case shortCode
  /// A spreadsheet wrote the number in scientific notation; its last digits are lost.
  case digitsLost
  /// A complete number and an extension, which no text reaches.
  case `extension`(String)
  /// A complete number and more digits behind it.
  case leftOver(String)
  /// A number of another country without its plus, which could as well be one of ours with more behind it.
  case needsPlus
  case unknownCountry
  /// Fewer digits than a number of the place has.
  case tooShort(Place)
  case tooLong(Place)
  case noSuchLength(Place)
  /// The country has given out no such number.
  case notAssigned(Place)
  /// No area code of the North American Numbering Plan looks like this.
  case areaCode(String)
  /// The three digits after an area code begin with 2 to 9.
  case exchange(String)

  /// Whose numbers a text was compared with.
  public struct Place: Hashable, Sendable, CustomStringConvertible {
    public var callingCode: Int32
    public init(_ callingCode: Int32) { self.callingCode = callingCode }
    public var description: String { callingCode == 0 ? "any country" : "country code +\(callingCode)" }
  }
}

extension PhoneFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "is empty"
    case .tooLongText: "is longer than \(PhoneReader.longestText) octets"
    case .notAPhone: "is not a phone number"
    case .shortCode: "is a short code, not a person's phone"
    case .digitsLost: "has lost its last digits: a spreadsheet wrote it in scientific notation"
    case .extension(let digits): "has the extension \(digits); a text cannot reach an extension"
    case .leftOver(let text): "has more behind a complete number: \"\(text.prefix(24))\""
    case .needsPlus: "needs a + before its country code"
    case .unknownCountry: "has a country code that does not exist"
    case .tooShort(let place): "is too short for a number of \(place)"
    case .tooLong(let place): "is too long for a number of \(place)"
    case .noSuchLength(let place): "has a length that no number of \(place) has"
    case .notAssigned(let place): "cannot exist: \(place) has given out no such number"
    case .areaCode(let digits): "cannot exist: there is no area code \(digits)"
    case .exchange(let digits): "cannot exist: no number has \(digits) after its area code"
    }
  }
}

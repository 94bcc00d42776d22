import Contract
import PhoneNumbers
import Settings

extension TypedPhone {
  /// What a list gives where a phone has to be.
  init(given text: String, field: String) throws(APIError) {
    guard let typed = TypedPhone(text.trimmed) else {
      throw .refused(.notTextable, "\(field): is empty or too long", field: field)
    }
    self = typed
  }

  /// What a list gives where a phone may be; nil for blanks.
  init?(ifGiven text: String?, field: String) throws(APIError) {
    guard let text, !text.isBlank else { return nil }
    try self.init(given: text, field: field)
  }
}

/// Phones as people type them: the one place where commands and queries read them.
struct Phones {
  private let reader: PhoneReader

  init(_ settings: GatewaySettings) { reader = PhoneReader(country: settings.brand.country) }

  /// A phone that is to be texted or called: of what cannot exist, the reason is named.
  func phone(_ typed: TypedPhone, field: String) throws(APIError) -> E164 {
    try whole(try reading(typed.text, field: field), field)
  }

  func reading(_ typed: String, field: String) throws(APIError) -> PhoneReading {
    do throws(PhoneFault) {
      return try reader.read(typed)
    } catch {
      throw Phones.refusal(error, field)
    }
  }

  /// A phone that somebody looks for, or that wants no more texts: whatever can be read as one.
  func anyPhone(_ typed: TypedPhone, field: String) throws(APIError) -> E164 {
    let reading: PhoneReading
    do throws(PhoneFault) { reading = try reader.readLiberally(typed.text) } catch {
      throw Phones.refusal(error, field)
    }
    return try whole(reading, field)
  }

  /// A number of ours: a phone, or a short code's digits.
  func ours(_ typed: TypedPhone, field: String) throws(APIError) -> PhoneNumber {
    if let code = PhoneNumber(typed.text), code.isShortCode { return code }
    let reading: PhoneReading
    do throws(PhoneFault) { reading = try reader.readOurs(typed.text) } catch {
      throw Phones.refusal(error, field)
    }
    return PhoneNumber(try whole(reading, field))
  }

  private func whole(_ reading: PhoneReading, _ field: String) throws(APIError) -> E164 {
    guard let phone = E164(digits: reading.digits) else { throw Phones.refusal(.notAPhone, field) }
    return phone
  }

  private static func refusal(_ fault: PhoneFault, _ field: String) -> APIError {
    .refused(.notTextable, "\(field): \(fault)", field: field)
  }
}

import PhoneNumbers

/// What must hold for any text where a phone belongs. The fuzzer `phone` and the replay of its corpus call it.
///
/// Input: one octet for the country, then the text.
/// - Returns: what does not hold; nil where all does.
func violationInPhones(_ input: [UInt8]) -> String? {
  guard let country = input.first else { return nil }
  let countries = ["US", "GB", "NL", "DE", "IT", "BR", "ZZ"]
  let reader = PhoneReader(country: countries[Int(country) % countries.count])
  let text = String(decoding: input.dropFirst(), as: UTF8.self)
  let digits: Int64
  do throws(PhoneFault) {
    digits = try reader.read(text).digits
  } catch {
    if error.description.isEmpty { return "a refusal without a reason" }
    return violationInLiberal(text, reader)
  }
  if !(1_000_000...999_999_999_999_999).contains(digits) { return "\(digits) is no E.164 number" }
  if let fault = PhoneReader.fault(ofE164: digits) { return "\(digits) was read and \(fault)" }
  if (try? reader.read("+\(digits)").digits) != digits { return "\(digits) is another when read again" }
  if (try? reader.readLiberally(text).digits) != digits { return "an opt-out is for another than \(digits)" }
  if (try? reader.readOurs(text).digits) != digits { return "a number of ours is another than \(digits)" }
  return nil
}

private func violationInLiberal(_ text: String, _ reader: PhoneReader) -> String? {
  guard let digits = try? reader.readLiberally(text).digits else { return nil }
  return (1...999_999_999_999_999).contains(digits) ? nil : "an opt-out for \(digits)"
}

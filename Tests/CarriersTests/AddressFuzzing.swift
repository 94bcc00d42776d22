import Carriers
import PhoneNumbers
import SMPP

/// What must hold for any address of a carrier's, under any settings of a profile. The fuzzer `address` and the replay of its
/// corpus call it.
///
/// Input: flags of the style, TON and NPI of ours, TON of theirs, and the octets of the address.
/// - Returns: what does not hold; nil where all does.
func violationInAddresses(_ input: [UInt8]) -> String? {
  guard input.count >= 5 else { return nil }
  var style = AddressStyle()
  style.country =
    input[0] & 32 != 0 ? Country(iso: "NL") : input[0] & 1 == 0 ? .nanp : .international
  style.writesPlus = input[0] & 2 != 0
  style.writesNational = input[0] & 4 != 0
  style.marksNationalInternational = input[0] & 8 != 0
  if input[0] & 16 != 0 {
    (style.sourceTON, style.destinationTON, style.shortCodeTON) = (input[1], input[1], input[1])
    (style.sourceNPI, style.destinationNPI, style.shortCodeNPI) = (input[2], input[2], input[2])
  }
  let normaliser = AddressNormaliser(style)
  let octets = Array(input.dropFirst(4))
  let address = Address(ton: input[3], npi: input[2], digits: COctetString(octets: octets))
  let text = String(decoding: octets, as: UTF8.self)
  for other in normaliser.otherParties(address) {
    if let violation = violation(in: other, normaliser) { return violation }
  }
  return violation(in: normaliser.party(address), normaliser) ?? violationInWriting(text, normaliser)
}

/// Who was read is one of these, well formed; written and read again he is the same.
private func violation(in party: Party, _ normaliser: AddressNormaliser) -> String? {
  switch party {
  case .unusable: return party.text == nil && normaliser.source(party) == nil ? nil : "nobody is written"
  case .number(let number):
    if !isNumber(number) { return "\(number) is no E.164 number" }
    let again = normaliser.party(Address(ton: 0, npi: 0, digits: COctetString(number)))
    if again != party { return "a number with its plus is another" }
    return violationInAgain(party, normaliser)
  case .shortCode(let code):
    if !(3...8).contains(code.utf8.count) || !code.utf8.allSatisfy({ $0 &- 0x30 < 10 }) {
      return "a short code that is none"
    }
    return violationInAgain(party, normaliser)
  case .alphanumeric(let name):
    if name.isEmpty { return "a name of nothing" }
    return violationInAgain(party, normaliser)
  }
}

/// Where our TON says what it is, or the plus does, the carrier reads what we mean. TON 0 leaves a foreign number of ten
/// digits open, as does TON 1 with a carrier that says it of national ones; of a number that cannot exist, TON 1 says nothing.
private func violationInAgain(_ party: Party, _ normaliser: AddressNormaliser) -> String? {
  let style = normaliser.style
  guard let address = normaliser.destination(party) else {
    if case .alphanumeric(let name) = party { return name.unicodeScalars.count > 11 ? nil : "a name is lost" }
    return "who was read is not written"
  }
  if address.digits.count > 20 { return "an address over its field" }
  let again = normaliser.party(address)
  switch party {
  case .number(let number):
    let exists = Int64(number.dropFirst()).map { PhoneReader.fault(ofE164: $0) == nil } ?? false
    let isPlain =
      style.writesPlus
      || style.destinationTON == TypeOfNumber.international && !style.marksNationalInternational && exists
    if isPlain, again != party { return "a number written and read is another" }
  case .shortCode:
    let isPlain = [TypeOfNumber.networkSpecific, TypeOfNumber.abbreviated].contains(style.shortCodeTON)
    if isPlain, again != party { return "a short code written and read is another" }
  case .alphanumeric: if again != party { return "a name written and read is another" }
  case .unusable: break
  }
  return nil
}

/// What others hand in is written if it is what they say, and not otherwise.
private func violationInWriting(_ text: String, _ normaliser: AddressNormaliser) -> String? {
  for address in [normaliser.destination(e164: text), normaliser.source(e164: text)] {
    guard let address else { continue }
    if address.digits.count > 16 { return "a number over its field" }
    let digits = address.digits.octets.drop { $0 == UInt8(ascii: "+") }
    if digits.isEmpty || !digits.allSatisfy({ $0 &- 0x30 < 10 }) { return "a number with other than digits" }
  }
  if let address = normaliser.source(.shortCode(text)) {
    if !(3...8).contains(address.digits.count) || !address.digits.octets.allSatisfy({ $0 &- 0x30 < 10 }) {
      return "a short code that is none is written"
    }
  }
  if let address = normaliser.source(.alphanumeric(text)), address.digits.count > 11 { return "a long name" }
  if TollFree.contains(text), !isNumber(text) { return "what is no number is toll free" }
  _ = Country(iso: text)
  return nil
}

/// E.164 (ITU-T, 6.1) as we take it, written down a second time.
private func isNumber(_ text: String) -> Bool {
  let octets = Array(text.utf8)
  guard octets.first == UInt8(ascii: "+") else { return false }
  let digits = octets.dropFirst()
  guard (7...15).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return false }
  guard let first = digits.first, first != 0x30 else { return false }
  return first != 0x31 || digits.count == 11 && digits[digits.startIndex + 1] >= 0x32
}

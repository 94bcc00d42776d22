import Carriers
import SMPP

/// What must hold for any octets read as a receipt. The fuzzer `receipt` and the replay of its corpus call it.
///
/// Input: `esm_class`, one octet of flags, the length of a `receipted_message_id` and its octets, and the text.
/// - Returns: what does not hold; nil where all does.
func violationInReceipt(_ input: [UInt8]) -> String? {
  guard input.count >= 3 else { return nil }
  let flags = input[1]
  let rest = input.dropFirst(3)
  let parameter = Array(rest.prefix(Int(input[2])))
  var message = DeliverSM(esmClass: input[0], shortMessage: Array(rest.dropFirst(parameter.count)))
  if flags & 1 != 0 { message.tlvs[.receiptedMessageID] = parameter }
  if flags & 2 != 0 { message.tlvs[.messageState] = Array(parameter.prefix(1)) }
  if flags & 4 != 0 { message.tlvs[.networkErrorCode] = Array(parameter.prefix(3)) }
  var profile = CarrierProfile()
  profile.receipts.recognisedByText = flags & 8 != 0
  profile.receipts.prefersText = flags & 16 != 0
  profile.receipts.acceptedIsFinal = flags & 32 != 0

  if let receipt = Receipt.classify(message, profile).receipt {
    if receipt.id.isEmpty || receipt.id.count > ReceiptText.longestID { return "an id that is none" }
    if receipt.isFinal, receipt.outcome == .underWay || receipt.outcome == .unknown {
      return "final without an outcome"
    }
    if receipt.isIntermediate, receipt.isFinal { return "an intermediate notification is final" }
    if let time = receipt.doneMilliseconds, time < 0 { return "done before 1970" }
    if let violation = violationInID(receipt.id) { return violation }
  }
  if let violation = violationInID(COctetString(octets: parameter)) { return violation }
  if let violation = violationInAddress(
    Address(ton: flags & 7, npi: 1, digits: COctetString(octets: parameter)))
  {
    return violation
  }
  return violationInText(of: message.shortMessage)
}

/// A receipt's text that was read is written, and read the same.
private func violationInText(of octets: [UInt8]) -> String? {
  guard let text = ReceiptText(octets) else { return nil }
  guard let again = ReceiptText(text.encoded()) else { return "a receipt that is written is not read" }
  if again.id != text.id || again.stat != text.stat || again.error != text.error {
    return "a receipt is written otherwise than read"
  }
  if let submitted = text.submitted, submitted < 1000, again.submitted != submitted {
    return "sub has changed"
  }
  if let date = text.doneDate, 2000...2099 ~= date.year {
    guard let back = again.doneDate, back.day == date.day, back.month == date.month,
      back.minute == date.minute
    else { return "done date has changed" }
  }
  return nil
}

private func violationInID(_ id: COctetString) -> String? {
  for style in ReceiptIDStyle.allCases {
    for side in [ReceiptID.Side.response, .receipt] {
      let form = ReceiptID(id, from: side, style: style)
      if form.key != ReceiptID.key(id, from: side, style: style) { return "two keys of one id" }
    }
    switch style {
    case .hexToDecimal, .decimalToHex: continue
    default: if !ReceiptID.match(response: id, receipt: id, style: style) { return "an id is not itself" }
    }
  }
  _ = ReceiptID.others(ofReceipt: id)
  return nil
}

private func violationInAddress(_ address: Address) -> String? {
  let normaliser = AddressNormaliser()
  guard case .number(let number) = normaliser.party(address) else { return nil }
  guard let written = normaliser.destination(e164: number) else {
    return "a number that was read is not written"
  }
  // Ten digits that are no number of any country may be a national one (`+3856496184` and +1 385 649 6184): both readings are known.
  let readings = [normaliser.party(written)] + normaliser.otherParties(written)
  return readings.contains(.number(number)) ? nil : "a number that was read is written otherwise"
}

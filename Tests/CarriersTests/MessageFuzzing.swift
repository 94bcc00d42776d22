import Carriers
import SMPP

/// What must hold for any `deliver_sm`, whatever it says of its text. The fuzzer `message` and the replay of its corpus call it.
///
/// Input: `esm_class`, `data_coding`, one octet of flags, the length of a `receipted_message_id` and its octets, and the text.
/// - Returns: what does not hold; nil where all does.
func violationInMessage(_ input: [UInt8]) -> String? {
  guard input.count >= 4 else { return nil }
  let flags = input[2]
  let rest = input.dropFirst(4)
  let parameter = Array(rest.prefix(Int(input[3] & 0x0F)))
  let octets = Array(rest.dropFirst(parameter.count))
  var message = DeliverSM(esmClass: input[0], dataCoding: input[1])
  if flags & 1 == 0 { message.shortMessage = octets } else { message.tlvs.messagePayload = octets }
  if flags & 2 != 0 { message.tlvs[.receiptedMessageID] = parameter }
  if flags & 4 != 0 { message.tlvs[.messageState] = Array(parameter.prefix(1)) }
  if flags & 8 != 0 { message.tlvs[.destinationPort] = Array(parameter.prefix(2)) }
  var profile = CarrierProfile()
  profile.receipts.recognisedByText = flags & 16 != 0
  if flags & 32 != 0 {
    profile.charsetExceptions[input[1]] = Charset.settable[Int(flags >> 6) * 3 % Charset.settable.count]
  }
  let coded = message.codedText(profile.charsets)
  let text = coded.read()
  let kind = Receipt.classify(message, profile)
  if Receipt.classify(message, profile) != kind { return "the same PDU is two things" }
  let isReceiptByBits = ESMClass.messageType(of: message.esmClass) & 0x24 != 0
  switch kind {
  case .receipt, .unreadableReceipt:
    if !isReceiptByBits { return "a receipt without its bits" }
  case .perhapsReceipt(let receipt):
    if isReceiptByBits { return "perhaps a receipt, by its bits" }
    if receipt.id.isEmpty { return "a receipt of nothing" }
  case .acknowledgement:
    if !octets.isEmpty { return "an acknowledgement hides a text" }
  case .data:
    let hasPorts = ApplicationPorts(coded.header, message.tlvs) != nil
    if coded.charset != .data, !hasPorts { return "data by no sign" }
    if (coded.charset != .data || !hasPorts), coded.isWritten { return "a text was taken for data" }
  case .message: break
  }
  return violationInParts(message, text, profile)
}

/// What a peer that is too old is sent is the same text, and what the carrier's own parameters say is bounded.
private func violationInParts(_ message: DeliverSM, _ text: DecodedText, _ profile: CarrierProfile) -> String?
{
  let bare = message.withoutParameters
  if !bare.tlvs.isEmpty { return "parameters were left" }
  if message.tlvs.messagePayload == nil, message.messagePart == nil,
    bare.codedText(profile.charsets).read().text != text.text
  {
    return "the text has changed"
  }
  for form in CarrierParameter.Form.allCases {
    let parameter = CarrierParameter(name: "p", tag: .destinationPort, form: form, isShown: true)
    let shown = parameter.text(of: Array(message.textOctets.prefix(CarrierParameter.longestValue)))
    if shown.utf8.count > 2 * CarrierParameter.longestValue { return "a parameter is shown too long" }
    if let again = parameter.octets(of: shown), again.count > CarrierParameter.longestValue {
      return "a parameter is written too long"
    }
  }
  return nil
}

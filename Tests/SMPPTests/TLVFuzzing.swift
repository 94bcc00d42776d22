@testable import SMPP

/// What must hold for any octets in the place of optional parameters. The fuzzer `tlv` and the replay of its corpus call it.
///
/// Input: the kind of PDU, the octets of its text, its data_coding, and the octets after the mandatory part.
/// - Returns: what does not hold; nil where all does.
func violationInTLVs(_ input: [UInt8]) -> String? {
  guard input.count >= 3 else { return nil }
  let block = Array(input.dropFirst(3))
  let plain = PlainTLVs(block)
  return violationInValues(plain.parameters)
    ?? violationOnWire(block, plain, kind: input[0], text: Int(input[1] & 7), dataCoding: input[2])
}

/// The parameters of a block, read a second time and in the plainest way.
private struct PlainTLVs {
  var parameters: [TLV] = []
  /// Octets after the last whole one.
  var rest = 0
  var isCut: Bool { rest >= 4 }

  init(_ block: [UInt8]) {
    var left = block[...]
    while left.count >= 4 {
      let head = Array(left.prefix(4))
      let length = Int(head[2]) * 256 + Int(head[3])
      guard left.count - 4 >= length else { break }
      let tag = TLVTag(rawValue: UInt16(head[0]) * 256 + UInt16(head[1]))
      parameters.append(TLV(tag: tag, value: Array(left.dropFirst(4).prefix(length))))
      left = left.dropFirst(4 + length)
    }
    rest = left.count
  }
}

// MARK: The values

private func violationInValues(_ parameters: [TLV]) -> String? {
  let tlvs = TLVs(parameters)
  if Array(tlvs) != parameters { return "parameters do not come back" }
  if tlvs.encodedLength != parameters.reduce(0, { $0 + 4 + $1.value.count }) { return "a wrong length" }
  if tlvs.isEmpty != parameters.isEmpty { return "empty, or not" }
  for tag in Set(parameters.map(\.tag)) {
    let values = parameters.filter { $0.tag == tag }.map(\.value)
    if tlvs.values(of: tag) != values || tlvs[tag] != values.first || !tlvs.contains(tag) {
      return "\(tag.name) is read otherwise than it is"
    }
    if tlvs.withValue(of: tag, { Array($0) }) != values.first { return "\(tag.name) is borrowed otherwise" }
    var others = tlvs
    others.remove(tag)
    if Array(others) != parameters.filter({ $0.tag != tag }) { return "taking out takes others" }
    var replaced = tlvs
    replaced[tag] = [1, 2]
    if Array(replaced) != parameters.filter({ $0.tag != tag }) + [TLV(tag: tag, value: [1, 2])] {
      return "setting leaves others"
    }
  }
  return violationInNames(tlvs)
}

/// A named parameter that is set reads what was set, and set to what it reads stays the same. A string longer than its
/// parameter may be reads as none.
private func violationInNames(_ tlvs: TLVs) -> String? {
  var again = tlvs
  for value in [tlvs.messageState, 0, .max] {
    again.messageState = value
    again.sarTotalSegments = value
    if again.messageState != value || again.sarTotalSegments != value {
      return "an octet is not what was set"
    }
  }
  for value in [tlvs.userMessageReference, 0, .max] {
    again.userMessageReference = value
    again.sourcePort = value
    if again.userMessageReference != value || again.sourcePort != value {
      return "two octets are not what was set"
    }
  }
  for value in [tlvs.qosTimeToLive, 0, .max] {
    again.qosTimeToLive = value
    if again.qosTimeToLive != value { return "four octets are not what was set" }
  }
  for value in [tlvs.receiptedMessageID, tlvs.additionalStatusInfoText, ""] {
    again.receiptedMessageID = value
    again.additionalStatusInfoText = value
    let isLong = (value?.count ?? 0) > 65
    if again.receiptedMessageID != (isLong ? nil : value) || again.additionalStatusInfoText != value {
      return "a string is not what was set"
    }
    if value?.octets.contains(0) == true { return "a string with a NUL" }
  }
  again.networkErrorCode = tlvs.networkErrorCode
  if again.networkErrorCode != tlvs.networkErrorCode { return "network_error_code is not what was set" }
  return nil
}

// MARK: The wire

private func violationOnWire(
  _ block: [UInt8], _ plain: PlainTLVs, kind: UInt8, text: Int, dataCoding: UInt8
) -> String? {
  let body: PDU.Body
  let isResponse: Bool
  switch kind % 6 {
  case 0: (body, isResponse) = (.dataSM(DataSM(dataCoding: dataCoding)), false)
  case 1: (body, isResponse) = (.submitSMResp(SubmitSMResp(messageID: "1")), true)
  case 2: (body, isResponse) = (.bindResp(.receiver, BindResp(systemID: "s")), true)
  case 3: (body, isResponse) = (.dataSMResp(DataSMResp(messageID: "1")), true)
  default:
    let message = SubmitSM(
      dataCoding: dataCoding, shortMessage: Array(repeating: UInt8(ascii: "x"), count: text))
    return violationInMessage(kind % 6 == 4 ? .submitSM(message) : .deliverSM(message), block, plain)
  }
  let pdu: PDU
  switch decode(body, followedBy: block) {
  case .refused(_, let status, _):
    if isResponse { return "a response is refused for its parameters" }
    return violationInRefusal(status, plain)
  case .pdu(let decoded): pdu = decoded
  }
  guard let found = pdu.body.tlvs else { return "another PDU" }
  if plain.isCut, !isResponse { return "a parameter that is cut off is taken" }
  if Array(found) != plain.parameters { return "parameters are read otherwise than they are" }
  return nil
}

private func violationInRefusal(_ status: CommandStatus, _ plain: PlainTLVs) -> String? {
  guard plain.isCut else { return "whole parameters are refused" }
  return status == .ESME_RINVOPTPARSTREAM ? nil : "a cut parameter is \(status.name)"
}

/// After a text peers count wrong: what is whole is taken as it is, and of the rest at most three octets are lost.
private func violationInMessage(_ body: PDU.Body, _ block: [UInt8], _ plain: PlainTLVs) -> String? {
  guard case .pdu(let pdu) = decode(body, followedBy: block) else {
    return plain.isCut ? nil : "whole parameters are refused"
  }
  guard let sent = body.message, let message = pdu.body.message else { return "another PDU" }
  let more = message.shortMessage.count - sent.shortMessage.count
  if more < 0 || more > 1 || !message.shortMessage.starts(with: sent.shortMessage) {
    return "the text has changed"
  }
  let isZero = block.allSatisfy { $0 == 0 }
  if plain.rest == 0, !isZero, Array(message.tlvs) != plain.parameters || more != 0 {
    return "whole parameters after a text are read otherwise"
  }
  if isZero, !message.tlvs.isEmpty { return "zeros are parameters" }
  if PDU.decode(pdu.encoded) != .pdu(pdu) { return "what was taken does not come back" }
  return nil
}

private func decode(_ body: PDU.Body, followedBy block: [UInt8]) -> DecodeResult {
  var octets = PDU(sequence: 9, body: body).encoded + block
  let length = UInt32(octets.count)
  for place in 0..<4 { octets[place] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * place)) }
  return PDU.decode(octets)
}

extension PDU.Body {
  fileprivate var tlvs: TLVs? {
    switch self {
    case .dataSM(let message): message.tlvs
    case .submitSMResp(let response): response?.tlvs
    case .dataSMResp(let response): response?.tlvs
    case .bindResp(_, let response): response?.tlvs
    default: nil
    }
  }

  fileprivate var message: SubmitSM? {
    switch self {
    case .submitSM(let message), .deliverSM(let message): message
    default: nil
    }
  }
}

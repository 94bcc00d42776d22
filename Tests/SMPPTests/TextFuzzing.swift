import SMPP

/// What must hold for any octets read as text, with a user data header and in parts. The fuzzer `udh` and the replay of its corpus
/// call it.
///
/// Input: one octet of flags, one of `data_coding`, and the octets of a message.
/// - Returns: what does not hold; nil where all does.
func violationInText(_ input: [UInt8]) -> String? {
  guard input.count >= 2 else { return nil }
  let flags = input[0]
  let dataCoding = input[1]
  let octets = Array(input.dropFirst(2))
  let alphabets = DefaultAlphabet.allCases
  let alphabet = alphabets[Int(flags & 3) % alphabets.count]
  let udhi = flags & 4 != 0

  let decoded = decodeText(octets, dataCoding: dataCoding, defaultAlphabet: alphabet, udhi: udhi)
  if decoded.text.utf8.count > octets.count * 4 { return "more text than octets can hold" }
  if let violation = violationInHeader(octets) { return violation }
  if let violation = violationInSending(decoded.text, alphabet, flags) { return violation }
  return violationInParts(octets, dataCoding, alphabet, flags)
}

private func violationInHeader(_ octets: [UInt8]) -> String? {
  guard let (header, length) = UserDataHeader.parse(octets) else { return nil }
  if length < 1 || length > octets.count { return "a header beyond the octets" }
  let encoded = header.encoded
  if encoded.count > 256 { return "a header beyond 256 octets" }
  if !header.isMalformed, encoded != Array(octets.prefix(length)) {
    return "a header is written otherwise than read"
  }
  if let place = header.concatenation, place.sequence == 0 || place.sequence > place.total {
    return "a part that is no place in its message"
  }
  return nil
}

/// Text that was read can be sent, and comes back.
private func violationInSending(_ text: String, _ alphabet: DefaultAlphabet, _ flags: UInt8) -> String? {
  let ways = LongMessages.allCases
  let segmenter = Segmenter(defaultAlphabet: alphabet, longMessages: ways[Int(flags >> 3 & 3) % ways.count])
  guard let plan = segmenter.plan(text) else {
    return text.utf16.count <= 70 ? "a text of one part has no plan" : nil
  }
  // Septets packed without their number: see `GSM7.unpack`.
  if alphabet == .gsm7Packed, plan.encoding == .gsm7, text.utf8.contains(0x40) { return nil }
  // A mark at the beginning is taken off.
  if plan.encoding == .ucs2,
    text.unicodeScalars.first == "\u{FEFF}" || text.unicodeScalars.first == "\u{FFFE}"
  {
    return nil
  }
  guard let received = receivedText(plan, defaultAlphabet: alphabet) else { return "sent text is not whole" }
  return received.utf8.elementsEqual(text.utf8) ? nil : "sent text comes back changed"
}

/// Parts cut from anywhere are put together without harm, and within the limits.
private func violationInParts(
  _ octets: [UInt8], _ dataCoding: UInt8, _ alphabet: DefaultAlphabet, _ flags: UInt8
) -> String? {
  let limits = Reassembler<UInt8>.Limits(messages: 3, octets: 400, lifetime: .seconds(10))
  var reassembler = Reassembler<UInt8>(limits: limits)
  var incomplete: [Reassembler<UInt8>.Incomplete] = []
  var parts: [MessagePart] = []
  var taken = 0
  var given = 0
  var rest = octets[...]
  while let control = rest.popFirst(), parts.count < 40 {
    let body = Array(rest.prefix(Int(control & 0x1F)))
    rest = rest.dropFirst(body.count)
    var message = DeliverSM(
      esmClass: control & 0x40, dataCoding: control & 0x80 == 0 ? dataCoding : 8, shortMessage: body)
    if control & 0x20 != 0 {
      message.tlvs.sarMsgRefNum = UInt16(control & 3)
      message.tlvs.sarTotalSegments = 2 + control >> 3 & 3
      message.tlvs.sarSegmentSeqnum = 1 + control & 3
    }
    guard let part = message.messagePart else { continue }
    parts.append(part)
    let now = Duration.seconds(Int(control & 7) + parts.count)
    switch reassembler.add(part, from: control & 1, at: now, into: &incomplete) {
    case .complete(let all):
      given += all.count
      guard let text = AssembledText(all, defaultAlphabet: alphabet), text.isComplete, text.duplicates == 0
      else {
        return "a complete message is not"
      }
      taken += 1
    case .pending(let missing):
      if missing < 1 { return "nothing is missing, and yet pending" }
      taken += 1
    case .duplicate: break
    }
    if reassembler.count > limits.messages { return "more messages kept than the limit" }
    if reassembler.octets > limits.octets + 255 * 31 { return "more octets kept than the limit" }
  }
  reassembler.expire(at: .seconds(1000), into: &incomplete)
  given += incomplete.reduce(0) { $0 + $1.parts.count }
  if reassembler.count != 0 || reassembler.octets != 0 { return "something is kept for ever" }
  if given != taken { return "\(taken) parts came, \(given) were given back" }
  if let text = AssembledText(parts, defaultAlphabet: alphabet), text.missing.count > 255 {
    return "too much missing"
  }
  return nil
}

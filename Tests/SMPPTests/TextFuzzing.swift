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
  if let violation = violationInReading(octets, dataCoding, alphabet, udhi) { return violation }
  if let violation = violationInHeader(octets) { return violation }
  if let violation = violationInSending(decoded.text, alphabet, flags) { return violation }
  return violationInParts(octets, dataCoding, alphabet, flags)
}

/// Octets are read as something, the same each time, and no other reading is longer than the octets can be.
private func violationInReading(
  _ octets: [UInt8], _ dataCoding: UInt8, _ alphabet: DefaultAlphabet, _ udhi: Bool
) -> String? {
  let said = Charset.settable[Int(dataCoding) % Charset.settable.count]
  for charsets in [CharsetMap(alphabet), CharsetMap(alphabet, exceptions: [dataCoding: said])] {
    let coded = CodedText(octets, dataCoding: dataCoding, charsets: charsets, udhi: udhi)
    let decoded = coded.decoded()
    let read = coded.read()
    if read != decoded, !read.lossy { return "read otherwise than said, and not told" }
    if coded.isSet, !decoded.lossy, read != decoded { return "the operator's charset was doubted" }
    for text in [read] + coded.otherReadings() where text.text.utf8.count > octets.count * 4 {
      return "more text than octets can hold"
    }
    if coded.isWritten, read.text.isEmpty { return "nothing was written" }
    _ = ApplicationPorts(coded.header, TLVs())
  }
  return nil
}

private func violationInHeader(_ octets: [UInt8]) -> String? {
  guard let (header, length) = UserDataHeader.parse(octets) else { return nil }
  if length < 1 || length > octets.count { return "a header beyond the octets" }
  let encoded = header.encoded
  if encoded.count > 256 { return "a header beyond 256 octets" }
  if encoded != Array(octets.prefix(length)) {
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
  var parts: [MessagePart] = []
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
    if let part = message.messagePart { parts.append(part) }
  }
  // One part of each place of a message is the whole of it.
  for first in parts {
    var places: Set<UInt8> = []
    let own = parts.filter {
      $0.place.kind == first.place.kind && $0.place.reference == first.place.reference
        && $0.place.total == first.place.total && places.insert($0.place.sequence).inserted
    }
    guard own.count == Int(first.place.total) else { continue }
    guard let text = AssembledText(own, defaultAlphabet: alphabet), text.isComplete, text.duplicates == 0
    else {
      return "a complete message is not"
    }
  }
  if let text = AssembledText(parts, defaultAlphabet: alphabet), text.missing.count > 255 {
    return "too much missing"
  }
  return nil
}

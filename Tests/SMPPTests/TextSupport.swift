import SMPP

/// Octets from hexadecimal digits; blanks are skipped.
func hex(_ digits: String) -> [UInt8] {
  let nibbles = digits.compactMap(\.hexDigitValue)
  return stride(from: 0, to: nibbles.count - 1, by: 2).map { UInt8(nibbles[$0] << 4 | nibbles[$0 + 1]) }
}

/// The text of a plan as a receiver puts it together from its PDUs.
func receivedText(_ plan: SegmentPlan, defaultAlphabet: DefaultAlphabet = .gsm7) -> String? {
  let messages = (0..<plan.count).map { index -> SubmitSM in
    var message = SubmitSM()
    message.setText(plan.segment(index, reference: 0xABCD))
    return message
  }
  if messages.count == 1 { return messages[0].text(defaultAlphabet: defaultAlphabet).text }
  let parts = messages.compactMap(\.messagePart)
  guard parts.count == plan.count else { return nil }
  let assembled = AssembledText(parts, defaultAlphabet: defaultAlphabet)
  return assembled?.lossy == false && assembled?.isComplete == true ? assembled?.text : nil
}

extension AssembledText {
  init?(_ parts: some Sequence<MessagePart>, defaultAlphabet: DefaultAlphabet) {
    self.init(parts, charsets: CharsetMap(defaultAlphabet))
  }

  /// The text, and whether something of it is lost, as `data_coding` says.
  var text: String { decoded().text }
  var lossy: Bool { decoded().lossy }
}

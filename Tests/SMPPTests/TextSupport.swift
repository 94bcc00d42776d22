import SMPP

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

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

/// Plans how a text leaves: its encoding, and its parts.
///
/// A plan is exact: `Estimate` is read from it, and the parts it makes are those that are sent.
public struct Segmenter: Hashable, Sendable {
  /// The encodings a text may be sent in; the one that takes the fewest parts is chosen.
  public var encodings: EncodingSet
  /// What the peer means by `data_coding` 0.
  public var defaultAlphabet: DefaultAlphabet
  /// How a text of several parts leaves.
  public var longMessages: LongMessages
  /// At most so many parts, 1 to 255 (the count is one octet, 3GPP TS 23.040, 9.2.3.24.1).
  public var maximumParts: Int

  /// The most parts a message can have.
  public static let maximumParts = 255

  /// Octets of UTF-8 beyond which no encoding holds a text in 255 parts: 255 × 153 septets of two octets each,
  /// the densest characters of the default alphabet (UCS-2 ends sooner, at 51,255). Longer text is refused unread.
  public static let longestText = 255 * 153 * 2

  public init(
    encodings: EncodingSet = .standard, defaultAlphabet: DefaultAlphabet = .gsm7,
    longMessages: LongMessages = .udh8, maximumParts: Int = Segmenter.maximumParts
  ) {
    self.encodings = encodings
    self.defaultAlphabet = defaultAlphabet
    self.longMessages = longMessages
    self.maximumParts = max(1, min(Segmenter.maximumParts, maximumParts))
  }

  /// The plan for `text`; nil where it needs more than `maximumParts` parts, or no allowed encoding holds it.
  public func plan(_ text: String) -> SegmentPlan? {
    if defaultAlphabet == .gsm7, encodings.contains(.defaultAlphabet), text.utf8.count <= 160,
      let octets = GSM7.plainOctets(of: text)
    {
      return SegmentPlan(single: octets)
    }
    guard text.utf8.count <= Self.longestText else { return nil }
    let profile = TextProfile(text)
    var best: SegmentPlan?
    for candidate in Candidate.allCases {
      guard
        let plan = plan(text, profile, candidate),
        best.map({ plan.parts < $0.parts }) ?? true
      else { continue }
      best = plan
      if plan.parts == 1 { break }
    }
    return best
  }

  /// What `text` would take; nil where it cannot be sent.
  public func estimate(_ text: String) -> Estimate? {
    plan(text).map { Estimate(of: $0, text: text) }
  }

  /// The encodings in order of preference: of two that take as many parts the first is chosen.
  private enum Candidate: CaseIterable {
    case defaultAlphabet, ascii, latin1, ucs2
  }

  private func plan(_ text: String, _ profile: TextProfile, _ candidate: Candidate) -> SegmentPlan? {
    switch candidate {
    case .defaultAlphabet:
      guard encodings.contains(.defaultAlphabet) else { return nil }
      switch defaultAlphabet {
      case .gsm7, .gsm7Packed:
        guard let septets = profile.gsmSeptets else { return nil }
        guard septets <= maximumParts * 160 else { return nil }
        return cut(
          GSM7.encode(text, septets: septets),
          Coding(
            encoding: .gsm7, dataCoding: 0, isPacked: defaultAlphabet == .gsm7Packed, units: septets))
      case .ascii:
        return narrow(text, profile, .ascii, dataCoding: 0)
      case .latin1:
        return narrow(text, profile, .latin1, dataCoding: 0)
      }
    case .ascii:
      guard encodings.contains(.ascii) else { return nil }
      return narrow(text, profile, .ascii, dataCoding: 1)
    case .latin1:
      guard encodings.contains(.latin1) else { return nil }
      return narrow(text, profile, .latin1, dataCoding: 3)
    case .ucs2:
      guard encodings.contains(.ucs2), profile.utf16Units <= maximumParts * 70 else { return nil }
      return cut(
        UCS2.encode(text, units: profile.utf16Units),
        Coding(encoding: .ucs2, dataCoding: 8, isPacked: false, units: profile.utf16Units))
    }
  }

  /// A plan in ASCII or Latin-1. Where all characters are in GSM 03.38 the SMSC makes septets of them, and they
  /// are counted as septets; else they stay octets.
  private func narrow(
    _ text: String, _ profile: TextProfile, _ encoding: TextEncoding, dataCoding: UInt8
  ) -> SegmentPlan? {
    guard profile.highest < (encoding == .ascii ? 0x80 : 0x100) else { return nil }
    let octets = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    return cut(
      octets,
      Coding(
        encoding: encoding, dataCoding: dataCoding, isPacked: false,
        units: profile.gsmSeptets ?? octets.count, countsSeptets: profile.gsmSeptets != nil))
  }

  private func cut(_ octets: [UInt8], _ coding: Coding) -> SegmentPlan? {
    let capacity = coding.capacity(longMessages)
    guard coding.units > capacity.single else {
      return SegmentPlan(
        octets: octets, coding: coding, cuts: [], capacity: capacity.single, inLast: coding.units,
        longMessages: longMessages)
    }
    guard coding.units <= maximumParts * capacity.part else { return nil }
    var cuts: [Int] = []
    var inLast = 0
    var at = 0
    while at < octets.count {
      guard cuts.count < maximumParts else { return nil }
      (at, inLast) = coding.end(ofPartFrom: at, in: octets, capacity: capacity.part)
      cuts.append(at)
    }
    return SegmentPlan(
      octets: octets, coding: coding, cuts: cuts, capacity: capacity.part, inLast: inLast,
      longMessages: longMessages)
  }
}

/// What one pass over a text says about the encodings that hold it.
private struct TextProfile {
  /// Septets in GSM 03.38; nil where a character is not in it.
  var gsmSeptets: Int? = 0
  var utf16Units = 0
  /// The highest code point.
  var highest: UInt32 = 0

  init(_ text: String) {
    var septets = 0
    var isGSM = true
    for scalar in text.unicodeScalars {
      highest = max(highest, scalar.value)
      utf16Units += scalar.value > 0xFFFF ? 2 : 1
      guard isGSM else { continue }
      let code = GSM7.code(of: scalar)
      if code == GSM7.absent { isGSM = false }
      septets += code & GSM7.extended == 0 ? 1 : 2
    }
    gsmSeptets = isGSM ? septets : nil
  }
}

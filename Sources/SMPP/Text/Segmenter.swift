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
    var text = text
    return text.withUTF8 { plan($0) }
  }

  private func plan(_ utf8: UnsafeBufferPointer<UInt8>) -> SegmentPlan? {
    guard utf8.count <= Self.longestText else { return nil }
    if defaultAlphabet == .gsm7, encodings.contains(.defaultAlphabet), let octets = Self.singlePart(utf8) {
      return SegmentPlan(single: octets)
    }
    let profile = TextProfile(utf8)
    for candidate in Candidate.allCases {
      if let plan = plan(utf8, profile, candidate) { return plan }
    }
    return nil
  }

  /// The septets of a text of one part, which most are: one pass, one allocation. nil for any other.
  private static func singlePart(_ utf8: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    let capacity = 160
    if utf8.count <= capacity, GSM7.isPlain(utf8) { return Array(utf8) }
    // The densest characters take two octets of UTF-8 a septet.
    guard utf8.count <= capacity * 2 else { return nil }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
      GSM7.encode(utf8, into: buffer).map { Array(UnsafeBufferPointer(rebasing: buffer[..<$0])) }
    }
  }

  /// What `text` would take; nil where it cannot be sent.
  public func estimate(_ text: String) -> Estimate? {
    plan(text).map { Estimate(of: $0, text: text) }
  }

  /// The encodings in order of preference. The first that holds a text takes no more parts than any after it: a septet
  /// encoding has room for 153 units or 76 escaped ones, octets for 134, and UTF-16 for 67.
  private enum Candidate: CaseIterable {
    case defaultAlphabet, ascii, latin1, ucs2
  }

  private func plan(
    _ utf8: UnsafeBufferPointer<UInt8>, _ profile: TextProfile, _ candidate: Candidate
  ) -> SegmentPlan? {
    switch candidate {
    case .defaultAlphabet:
      guard encodings.contains(.defaultAlphabet) else { return nil }
      switch defaultAlphabet {
      case .gsm7, .gsm7Packed:
        guard let septets = profile.gsmSeptets else { return nil }
        guard septets <= maximumParts * 160 else { return nil }
        return cut(
          GSM7.encode(utf8, septets: septets),
          Coding(
            encoding: .gsm7, dataCoding: 0, isPacked: defaultAlphabet == .gsm7Packed, units: septets))
      case .ascii:
        return narrow(utf8, profile, .ascii, dataCoding: 0)
      case .latin1:
        return narrow(utf8, profile, .latin1, dataCoding: 0)
      }
    case .ascii:
      guard encodings.contains(.ascii) else { return nil }
      return narrow(utf8, profile, .ascii, dataCoding: 1)
    case .latin1:
      guard encodings.contains(.latin1) else { return nil }
      return narrow(utf8, profile, .latin1, dataCoding: 3)
    case .ucs2:
      guard encodings.contains(.ucs2), profile.utf16Units <= maximumParts * 70 else { return nil }
      return cut(
        UCS2.encode(utf8, units: profile.utf16Units),
        Coding(encoding: .ucs2, dataCoding: 8, isPacked: false, units: profile.utf16Units))
    }
  }

  /// A plan in ASCII or Latin-1. Where all characters are in GSM 03.38 the SMSC makes septets of them, and they
  /// are counted as septets; else they stay octets.
  private func narrow(
    _ utf8: UnsafeBufferPointer<UInt8>, _ profile: TextProfile, _ encoding: TextEncoding, dataCoding: UInt8
  ) -> SegmentPlan? {
    guard profile.highest <= (encoding == .ascii ? 0x7F : 0xFF) else { return nil }
    let octets = [UInt8](unsafeUninitializedCapacity: profile.scalars) { buffer, count in
      var at = 0
      while at < utf8.count, count < buffer.count {
        buffer[count] = UInt8(truncatingIfNeeded: UTF8Walk.scalar(utf8, &at))
        count += 1
      }
    }
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

public import SMPP

/// An optional parameter of the carrier's own, under a name of ours: sent with texts, shown with texts that come, or both.
public struct CarrierParameter: Hashable, Sendable {
  public var name: String
  public var tag: TLVTag
  public var form: Form
  /// What is sent with every text, as octets; nil: nothing fixed.
  public var value: [UInt8]?
  /// A message may say what is sent with it.
  public var isFromMessage = false
  /// It is shown with texts that come.
  public var isShown = false

  /// How its value is written. The raw values are the configuration's spellings.
  public enum Form: String, Hashable, Sendable, CaseIterable {
    /// UTF-8.
    case text
    /// UTF-8 with a NUL behind it.
    case cString = "c_string"
    /// Octets, written in hexadecimal.
    case hex
    case uint8, uint16, uint32
  }

  public init(
    name: String, tag: TLVTag, form: Form, value: [UInt8]? = nil, isFromMessage: Bool = false,
    isShown: Bool = false
  ) {
    self.name = name
    self.tag = tag
    self.form = form
    self.value = value
    self.isFromMessage = isFromMessage
    self.isShown = isShown
  }

  /// Octets of the longest value: there may be several, and a PDU is to stay small.
  public static let longestValue = 255
  /// Parameters of one carrier.
  public static let most = 16

  /// Parameters that say what the gateway means by a PDU, and are its own to send.
  public static let reserved: Set<TLVTag> = [
    .messagePayload, .sarMsgRefNum, .sarTotalSegments, .sarSegmentSeqnum, .receiptedMessageID, .messageState,
    .userMessageReference, .scInterfaceVersion,
  ]

  /// The octets of a value that somebody wrote; nil where it is none of this form.
  public func octets(of text: String) -> [UInt8]? {
    let octets: [UInt8]?
    switch form {
    case .text: octets = Array(text.utf8)
    case .cString: octets = text.utf8.contains(0) ? nil : Array(text.utf8) + [0]
    case .hex: octets = Self.octets(hexadecimal: text)
    case .uint8: octets = UInt8(text).map { [$0] }
    case .uint16: octets = UInt16(text).map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    case .uint32:
      octets = UInt32(text).map { value in
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
      }
    }
    return octets.flatMap { $0.count <= Self.longestValue ? $0 : nil }
  }

  /// A value that came, for people; octets that are not of this form are shown in hexadecimal.
  public func text(of octets: [UInt8]) -> String {
    switch form {
    case .text: String(validating: octets, as: UTF8.self) ?? Self.hexadecimal(octets)
    case .cString:
      String(validating: octets.prefix { $0 != 0 }, as: UTF8.self) ?? Self.hexadecimal(octets)
    case .hex: Self.hexadecimal(octets)
    case .uint8, .uint16, .uint32:
      octets.isEmpty || octets.count > 4
        ? Self.hexadecimal(octets) : String(octets.reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
    }
  }

  private static func octets(hexadecimal text: String) -> [UInt8]? {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == text.count, digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  private static func hexadecimal(_ octets: [UInt8]) -> String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension CarrierProfile {
  /// Whether a message may say something for the carrier's own parameters.
  public var takesMessageParameters: Bool { parameters.contains(where: \.isFromMessage) }

  /// Puts the carrier's own parameters on a text. `said`: what its message says, by name.
  public func addParameters(_ said: [String: String], to tlvs: inout TLVs) {
    for parameter in parameters {
      let own = parameter.isFromMessage ? said[parameter.name].flatMap { parameter.octets(of: $0) } : nil
      if let value = own ?? parameter.value { tlvs[parameter.tag] = value }
    }
  }

  /// The carrier's own parameters of a text that came, by name.
  public func shownParameters(of tlvs: TLVs) -> [String: String] {
    guard !parameters.isEmpty, !tlvs.isEmpty else { return [:] }
    var shown: [String: String] = [:]
    for parameter in parameters where parameter.isShown {
      guard let value = tlvs[parameter.tag] else { continue }
      shown[parameter.name] = parameter.text(of: Array(value.prefix(CarrierParameter.longestValue)))
    }
    return shown
  }
}

/// The place of a part in a message of several parts: from a user data header, or from the `sar_` parameters.
public struct Concatenation: Hashable, Sendable {
  /// Where the reference was, since references of different kinds are different references.
  public enum Kind: UInt8, Hashable, Sendable {
    /// Information element 0x00, 8-bit reference (3GPP TS 23.040, 9.2.3.24.1).
    case udh8 = 0
    /// Information element 0x08, 16-bit reference (3GPP TS 23.040, 9.2.3.24.8).
    case udh16 = 1
    /// `sar_msg_ref_num` and its companions (SMPP 3.4, 5.3.2.22 - 24).
    case sar = 2
  }

  public var kind: Kind
  /// The same for all parts of a message; 0 is a reference like any other.
  public var reference: UInt16
  /// Number of parts, 1 to 255.
  public var total: UInt8
  /// This part, 1 to `total`.
  public var sequence: UInt8

  public var is16Bit: Bool { kind != .udh8 }

  /// nil where the numbers are not a place in a message (`total` 0, or `sequence` 0 or beyond `total`): such an
  /// element is ignored as a whole (3GPP TS 23.040, 9.2.3.24.1).
  public init?(kind: Kind, reference: UInt16, total: UInt8, sequence: UInt8) {
    guard total > 0, sequence > 0, sequence <= total else { return nil }
    self.kind = kind
    self.reference = kind == .udh8 ? reference & 0xFF : reference
    self.total = total
    self.sequence = sequence
  }
}

/// A user data header (3GPP TS 23.040, 9.2.3.24): what precedes the text where `esm_class` has UDHI (0x40).
public struct UserDataHeader: Hashable, Sendable {
  /// One information element, kept as it came.
  public struct Element: Hashable, Sendable {
    /// Information element identifier: 0x00 and 0x08 concatenation, 0x04 and 0x05 ports, 0x24 and 0x25 national
    /// language tables, ...
    public var identifier: UInt8
    /// Information element data, at most 255 octets less the two before it.
    public var data: [UInt8]

    public init(identifier: UInt8, data: [UInt8]) {
      self.identifier = identifier
      self.data = data
    }
  }

  public static let concatenation8: UInt8 = 0x00
  public static let concatenation16: UInt8 = 0x08

  public var elements: [Element]

  public init(elements: [Element] = []) { self.elements = elements }

  /// The header of one part of a message. `sar` concatenation has no header: the result is empty.
  public init(_ concatenation: Concatenation) {
    let reference = concatenation.reference
    let low = UInt8(truncatingIfNeeded: reference)
    switch concatenation.kind {
    case .udh8:
      elements = [
        Element(
          identifier: Self.concatenation8, data: [low, concatenation.total, concatenation.sequence])
      ]
    case .udh16:
      let high = UInt8(truncatingIfNeeded: reference >> 8)
      elements = [
        Element(
          identifier: Self.concatenation16, data: [high, low, concatenation.total, concatenation.sequence])
      ]
    case .sar: elements = []
    }
  }

  /// The place of this part; nil for a message of one part. Of several such elements the last counts
  /// (3GPP TS 23.040, 9.2.3.24), of a wrong length none.
  public var concatenation: Concatenation? {
    for element in elements.reversed() {
      let data = element.data
      switch (element.identifier, data.count) {
      case (Self.concatenation8, 3):
        if let found = Concatenation(
          kind: .udh8, reference: UInt16(data[0]), total: data[1], sequence: data[2])
        {
          return found
        }
      case (Self.concatenation16, 4):
        if let found = Concatenation(
          kind: .udh16, reference: UInt16(data[0]) << 8 | UInt16(data[1]), total: data[2], sequence: data[3])
        {
          return found
        }
      default: continue
      }
    }
    return nil
  }

  /// The header with its length octet. Elements that do not fit 255 octets are left out.
  public var encoded: [UInt8] {
    var octets: [UInt8] = [0]
    for element in elements {
      guard octets.count + 2 + element.data.count <= 256 else { break }
      octets.append(element.identifier)
      octets.append(UInt8(truncatingIfNeeded: element.data.count))
      octets.append(contentsOf: element.data)
    }
    octets[0] = UInt8(truncatingIfNeeded: octets.count - 1)
    return octets
  }

  /// Reads the header in front of `octets`.
  ///
  /// A header is none where it is longer than what is there, or its elements do not add up to its length (3GPP TS 23.040, 9.2.3.24:
  /// such a header is ignored as a whole). Then the result is nil, and all octets are text: nothing a person wrote is lost.
  /// - Returns: the header, and how many octets it takes with its length octet (1 to 256).
  public static func parse(_ octets: some Collection<UInt8>) -> (header: UserDataHeader, length: Int)? {
    let found = octets.withContiguousStorageIfAvailable { parse(buffer: $0) }
    return found ?? Array(octets).withUnsafeBufferPointer { parse(buffer: $0) }
  }

  static func parse(
    buffer octets: UnsafeBufferPointer<UInt8>
  ) -> (header: UserDataHeader, length: Int)? {
    guard let first = octets.first else { return nil }
    let end = Int(first) + 1
    guard end <= octets.count else { return nil }
    var header = UserDataHeader()
    var at = 1
    while at < end {
      guard at + 2 <= end else { return nil }
      let length = Int(octets[at + 1])
      guard at + 2 + length <= end else { return nil }
      header.elements.append(
        Element(identifier: octets[at], data: Array(octets[(at + 2)..<(at + 2 + length)])))
      at += 2 + length
    }
    return (header, end)
  }
}

public import SMPP

/// How a carrier writes the id of a receipt, compared with the id of its `submit_sm_resp`. The raw values are the
/// configuration's spellings of `receipts.id`.
public enum ReceiptIDStyle: String, Hashable, Sendable, CaseIterable {
  /// The same id, though case, hyphens and leading zeros may change. An id that is not found so may be looked for as the
  /// hexadecimal or decimal form of another (`ReceiptID.others`): such a match is told, not guessed.
  case auto
  /// Decimal on both sides; leading zeros may change.
  case decimal
  /// Hexadecimal on both sides; case and leading zeros may change.
  case hexadecimal
  /// Hexadecimal in the response, decimal in the receipt.
  case hexToDecimal = "hex_to_decimal"
  /// Decimal in the response, hexadecimal in the receipt.
  case decimalToHex = "decimal_to_hex"
  /// The same octets.
  case exact

  /// Whether response and receipt write an id alike.
  public var isSameOnBothSides: Bool { radix(.response) == radix(.receipt) }

  /// The base on which an id of `side` is a number.
  func radix(_ side: ReceiptID.Side) -> UInt8 {
    switch self {
    case .hexadecimal: 16
    case .hexToDecimal: side == .response ? 16 : 10
    case .decimalToHex: side == .receipt ? 16 : 10
    case .auto, .decimal, .exact: 10
    }
  }
}

/// A message id in the form in which response and receipt are the same.
///
/// Ids are opaque octets, and are kept as they came; this form is for matching only.
public struct ReceiptID: Hashable, Sendable {
  /// Which side of the message an id comes from.
  public enum Side: Hashable, Sendable {
    /// `message_id` of `submit_sm_resp` or `data_sm_resp`.
    case response
    /// `receipted_message_id`, or `id:` of a receipt's text.
    case receipt
  }

  enum Form: Hashable, Sendable {
    case number(UInt128)
    case text(COctetString)
  }

  let form: Form

  private init(_ form: Form) { self.form = form }

  /// The form of an id of `side` at a carrier of `style`.
  public init(_ id: COctetString, from side: Side, style: ReceiptIDStyle) {
    form = id.withOctets { octets in
      if style == .exact { return .text(id) }
      let trimmed = Self.trim(octets)
      if let number = Self.number(trimmed, radix: style.radix(side)) { return .number(number) }
      return .text(Self.normal(trimmed))
    }
  }

  /// What the id may be besides, under `auto`: the same number written on another base. The first is a receipt's hexadecimal id
  /// as decimal, the second its decimal id as hexadecimal.
  ///
  /// A match by one of these shows the carrier's style (`proves`), which is better set than found anew each time.
  public static func others(ofReceipt id: COctetString) -> [(id: ReceiptID, proves: ReceiptIDStyle)] {
    id.withOctets { octets in
      let trimmed = trim(octets)
      var others: [(ReceiptID, ReceiptIDStyle)] = []
      if let number = number(trimmed, radix: 16) {
        others.append((ReceiptID(.number(number)), .decimalToHex))
      }
      if let number = number(trimmed, radix: 10) {
        // The response's hexadecimal id was kept as what it seemed: digits only as a number, else as text.
        let hexadecimal = String(number, radix: 16)
        others.append((ReceiptID(COctetString(hexadecimal), from: .response, style: .auto), .hexToDecimal))
      }
      return others
    }
  }

  /// What the receipts of a response's id may write, under `auto`: the other side of `others(ofReceipt:)`.
  public static func others(ofResponse id: COctetString) -> [(id: ReceiptID, proves: ReceiptIDStyle)] {
    id.withOctets { octets in
      let trimmed = trim(octets)
      var others: [(ReceiptID, ReceiptIDStyle)] = []
      if let number = number(trimmed, radix: 10) {
        let hexadecimal = String(number, radix: 16)
        others.append((ReceiptID(COctetString(hexadecimal), from: .receipt, style: .auto), .decimalToHex))
      }
      if let number = number(trimmed, radix: 16) {
        others.append((ReceiptID(.number(number)), .hexToDecimal))
      }
      return others
    }
  }

  /// A key for an index: decimal ids below 2^63 are themselves; others are hashed to negative numbers, so the two never
  /// meet. Two hashed ids with one key are told apart by comparing their `ReceiptID`.
  public var key: Int64 {
    switch form {
    case .number(let number): Self.key(number)
    case .text(let text):
      text.withOctets { Self.hash($0) }
    }
  }

  private static func key(_ number: UInt128) -> Int64 {
    Int64(exactly: number) ?? withUnsafeBytes(of: number.bigEndian) { hash($0) }
  }

  /// The key of an id of `side` at a carrier of `style`, without making the `ReceiptID`.
  public static func key(_ id: COctetString, from side: Side, style: ReceiptIDStyle) -> Int64 {
    id.withOctets { octets in
      if style == .exact { return hash(octets) }
      let trimmed = trim(octets)
      if let number = number(trimmed, radix: style.radix(side)) { return key(number) }
      var hash = Self.hashStart
      normalise(trimmed) { hash = Self.hash(hash, $0) }
      return Int64(bitPattern: hash | 1 << 63)
    }
  }

  /// Whether a response and a receipt are about the same message.
  public static func match(
    response: COctetString, receipt: COctetString, style: ReceiptIDStyle
  ) -> Bool {
    ReceiptID(response, from: .response, style: style) == ReceiptID(receipt, from: .receipt, style: style)
  }

  /// The id as the response wrote it, by what the receipt writes; nil where that cannot be told.
  public static func response(ofReceipt id: COctetString, style: ReceiptIDStyle) -> COctetString? {
    if style.isSameOnBothSides { return id }
    return id.withOctets { octets in
      number(trim(octets), radix: style.radix(.receipt)).map {
        COctetString(String($0, radix: Int(style.radix(.response))))
      }
    }
  }

  /// FNV-1a, 64 bits, made negative.
  private static func hash(_ octets: UnsafeRawBufferPointer) -> Int64 {
    var hash = hashStart
    for octet in octets { hash = Self.hash(hash, octet) }
    return Int64(bitPattern: hash | 1 << 63)
  }

  private static let hashStart: UInt64 = 0xCBF2_9CE4_8422_2325

  private static func hash(_ hash: UInt64, _ octet: UInt8) -> UInt64 {
    (hash ^ UInt64(octet)) &* 0x100_0000_01B3
  }

  /// Without blanks and NULs around it.
  private static func trim(_ octets: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var low = 0
    var high = octets.count
    while low < high, octets[low] <= 0x20 { low += 1 }
    while high > low, octets[high - 1] <= 0x20 { high -= 1 }
    return UnsafeRawBufferPointer(rebasing: octets[low..<high])
  }

  /// The number written on `radix`, digits only, below 2^128; nil for anything else.
  private static func number(_ octets: UnsafeRawBufferPointer, radix: UInt8) -> UInt128? {
    guard !octets.isEmpty else { return nil }
    // The common case first: it fits a machine word.
    var word: UInt64 = 0
    if octets.count <= (radix == 10 ? 19 : 16) {
      for octet in octets {
        guard let digit = digit(octet), digit < radix else { return nil }
        word = word &* UInt64(radix) &+ UInt64(digit)
      }
      return UInt128(word)
    }
    var number: UInt128 = 0
    for octet in octets {
      guard let digit = digit(octet), digit < radix else { return nil }
      let (product, tooLarge) = number.multipliedReportingOverflow(by: UInt128(radix))
      let (sum, overflow) = product.addingReportingOverflow(UInt128(digit))
      guard !tooLarge, !overflow else { return nil }
      number = sum
    }
    return number
  }

  private static func digit(_ octet: UInt8) -> UInt8? {
    switch octet {
    case 0x30...0x39: octet - 0x30
    case 0x41...0x46: octet - 0x37
    case 0x61...0x66: octet - 0x57
    default: nil
    }
  }

  /// Lower case, without hyphens and leading zeros, octet by octet.
  private static func normalise(_ octets: UnsafeRawBufferPointer, _ put: (UInt8) -> Void) {
    var isLeading = true
    for octet in octets where octet != UInt8(ascii: "-") {
      if octet == 0x30, isLeading { continue }
      isLeading = false
      put(octet &- 0x41 < 26 ? octet | 0x20 : octet)
    }
  }

  private static func normal(_ octets: UnsafeRawBufferPointer) -> COctetString {
    var normal: [UInt8] = []
    normal.reserveCapacity(octets.count)
    normalise(octets) { normal.append($0) }
    return COctetString(octets: normal)
  }
}

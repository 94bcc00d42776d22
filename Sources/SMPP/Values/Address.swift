/// An address as the wire has it: type of number, numbering plan, and the digits, opaque.
public struct Address: Hashable, Sendable {
  /// *_addr_ton, 1 octet (5.2.5).
  public var ton: UInt8
  /// *_addr_npi, 1 octet (5.2.6).
  public var npi: UInt8
  /// *_addr, C-octet string of at most 21 octets with its NUL (65 in data_sm and alert_notification) (5.2.8, 5.2.9).
  public var digits: COctetString

  public init(
    ton: UInt8 = TypeOfNumber.unknown, npi: UInt8 = NumberingPlan.unknown,
    digits: COctetString = COctetString()
  ) {
    self.ton = ton
    self.npi = npi
    self.digits = digits
  }
}

/// Type of number, TON (5.2.5, table 5-3).
public enum TypeOfNumber {
  public static let unknown: UInt8 = 0
  public static let international: UInt8 = 1
  public static let national: UInt8 = 2
  public static let networkSpecific: UInt8 = 3
  public static let subscriberNumber: UInt8 = 4
  public static let alphanumeric: UInt8 = 5
  public static let abbreviated: UInt8 = 6
}

/// Numbering plan indicator, NPI (5.2.6, table 5-4).
public enum NumberingPlan {
  public static let unknown: UInt8 = 0
  /// ISDN (E.163/E.164).
  public static let isdn: UInt8 = 1
  /// Data (X.121).
  public static let data: UInt8 = 3
  /// Telex (F.69).
  public static let telex: UInt8 = 4
  /// Land mobile (E.212).
  public static let landMobile: UInt8 = 6
  public static let national: UInt8 = 8
  /// Private.
  public static let privatePlan: UInt8 = 9
  public static let ermes: UInt8 = 10
  /// Internet (IP).
  public static let internet: UInt8 = 14
  /// WAP client id.
  public static let wapClient: UInt8 = 18
}

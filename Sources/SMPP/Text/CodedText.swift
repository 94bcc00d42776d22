/// The octets of a text with what was said of them: `data_coding`, the carrier's charsets, the header's national tables.
public struct CodedText: Hashable, Sendable {
  /// What `data_coding` says.
  public var charset: Charset
  /// `data_coding` (SMPP 3.4, 5.2.19).
  public var dataCoding: UInt8
  /// The operator says so of this carrier: it is not doubted as long as the octets can be read so.
  public var isSet: Bool
  /// The user data header; nil where there was none, or none that could be.
  public var header: UserDataHeader?
  /// `esm_class` said that there is a header, and it could not be one.
  public var isHeaderDamaged = false
  /// Octets are known to be missing.
  var isCut = false
  var national = NationalTables.none

  /// Septets of packed parts are unpacked here already.
  private(set) var isUnpacked = false
  private let storage: [UInt8]
  private let start: Int

  /// - Parameters:
  ///   - octets: `short_message` or `message_payload`.
  ///   - dataCoding: `data_coding` (SMPP 3.4, 5.2.19).
  ///   - charsets: what the peer means by it.
  ///   - udhi: `esm_class` has 0x40, so the octets begin with a user data header. One that cannot be (`UserDataHeader.parse`) is
  ///     read as text, and the result is lossy.
  public init(_ octets: [UInt8], dataCoding: UInt8, charsets: CharsetMap = CharsetMap(), udhi: Bool = false) {
    storage = octets
    self.dataCoding = dataCoding
    isSet = charsets.set(dataCoding) != nil
    charset = charsets.charset(of: dataCoding)
    guard udhi, !octets.isEmpty else {
      start = 0
      return
    }
    guard let (header, length) = UserDataHeader.parse(octets) else {
      start = 0
      isHeaderDamaged = true
      return
    }
    start = length
    self.header = header
    national = NationalTables(header)
  }

  /// Octets of several parts that follow each other, their headers taken off, packed septets unpacked.
  init(joined octets: [UInt8], like first: CodedText) {
    storage = octets
    start = 0
    charset = first.charset
    dataCoding = first.dataCoding
    isSet = first.isSet
    header = first.header
    isHeaderDamaged = first.isHeaderDamaged
    national = first.national
    isUnpacked = first.charset == .gsm7Packed
  }

  /// The octets behind the header.
  public var octets: [UInt8] { start == 0 ? storage : Array(storage[start...]) }

  /// Their number.
  public var count: Int { storage.count - start }

  /// Bits between the header and the first septet of a packed text.
  var fill: Int { start == 0 ? 0 : GSM7.fillBits(afterHeader: start) }

  func withOctets<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
    storage.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start...])) }
  }

  /// The text as it was said to be: never fails, and says what could not be read.
  public func decoded() -> DecodedText {
    var decoded = withOctets { SMPP.decode($0, isUnpacked ? .gsm7 : charset, fill: fill, national) }
    decoded.udh = header
    if isHeaderDamaged || isCut { decoded.lossy = true }
    return decoded
  }
}

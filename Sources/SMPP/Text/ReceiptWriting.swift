extension MessageState {
  /// The word of appendix B for a state; nil for one it has no word for.
  public var receiptWord: COctetString? {
    switch self {
    case .enroute: "ENROUTE"
    case .delivered: "DELIVRD"
    case .expired: "EXPIRED"
    case .deleted: "DELETED"
    case .undeliverable: "UNDELIV"
    case .accepted: "ACCEPTD"
    case .unknown: "UNKNOWN"
    case .rejected: "REJECTD"
    default: nil
    }
  }
}

extension ReceiptText {
  /// The fields of a receipt about one message.
  /// - Parameters:
  ///   - error: up to three characters; appendix B leaves their meaning to the SMSC.
  ///   - submitted: parts submitted, 0 to 999.
  ///   - delivered: parts delivered; by default all of them, if the state says so.
  public init(
    id: COctetString, state: MessageState, error: COctetString = "000", submitDate: CivilTime? = nil,
    doneDate: CivilTime? = nil, submitted: Int = 1, delivered: Int? = nil
  ) {
    self.init()
    self.id = id
    stat = state.receiptWord ?? "UNKNOWN"
    self.error = error
    self.submitDate = submitDate
    self.doneDate = doneDate
    self.submitted = submitted
    self.delivered = delivered ?? (state == .delivered ? submitted : 0)
  }

  /// The text as appendix B has it, in ASCII; a field that is nil is left out.
  /// - Parameter excerpt: the beginning of the message, of which 20 octets are shown; what is not printable ASCII is
  ///   shown as `?`, since a receipt in another alphabet is refused by clients in use.
  public func encoded(excerpt: [UInt8] = []) -> [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(160)
    func put(_ key: StaticString, _ value: some Collection<UInt8>) {
      if !octets.isEmpty { octets.append(0x20) }
      key.withUTF8Buffer { octets.append(contentsOf: $0) }
      octets.append(contentsOf: value)
    }
    if let id { put("id:", id.octets) }
    if let submitted { put("sub:", Self.threePlaces(submitted)) }
    if let delivered { put("dlvrd:", Self.threePlaces(delivered)) }
    if let submitDate { put("submit date:", submitDate.receiptDigits.utf8) }
    if let doneDate { put("done date:", doneDate.receiptDigits.utf8) }
    if let stat { put("stat:", stat.octets) }
    if let error { put("err:", error.octets) }
    put("text:", excerpt.prefix(20).map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") })
    return octets
  }

  private static func threePlaces(_ count: Int) -> [UInt8] {
    let count = max(0, min(999, count))
    return [count / 100, count / 10 % 10, count % 10].map { 0x30 | UInt8(truncatingIfNeeded: $0) }
  }
}

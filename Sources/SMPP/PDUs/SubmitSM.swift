/// submit_sm (4.4.1) and, the same fields in the same order, deliver_sm (4.6.1): one message.
///
/// A message is kept as the octets of its body with the places of its fields: reading one from the wire, writing it
/// and copying it touch one piece of memory. Octets fields are read in place; strings are made when asked for.
public struct SubmitSM: Sendable {
  /// The body on the wire: the mandatory parameters, short_message, and whole optional parameters.
  @usableFromInline var wire: [UInt8]
  @usableFromInline var ends: Ends

  /// Where each string's NUL has been passed.
  @usableFromInline
  struct Ends: Sendable {
    @usableFromInline var serviceType: UInt32 = 0
    @usableFromInline var source: UInt32 = 0
    @usableFromInline var destination: UInt32 = 0
    @usableFromInline var scheduleDeliveryTime: UInt32 = 0
    @usableFromInline var validityPeriod: UInt32 = 0

    init() {}
  }

  public init(
    serviceType: COctetString = COctetString(), source: Address = Address(), destination: Address = Address(),
    esmClass: UInt8 = 0, protocolID: UInt8 = 0, priorityFlag: UInt8 = 0,
    scheduleDeliveryTime: COctetString = COctetString(), validityPeriod: COctetString = COctetString(),
    registeredDelivery: UInt8 = 0, replaceIfPresentFlag: UInt8 = 0, dataCoding: UInt8 = 0,
    smDefaultMsgID: UInt8 = 0, shortMessage: [UInt8] = [], tlvs: TLVs = TLVs()
  ) {
    let smLength = shortMessage.count <= 0xFF ? shortMessage.count : 0
    var ends = Ends()
    let length =
      serviceType.wireLength + source.wireLength + destination.wireLength + 3
      + scheduleDeliveryTime.wireLength + validityPeriod.wireLength + 5 + smLength + tlvs.encodedLength
    wire = Writer.octets(length) { writer in
      writer.cString(serviceType)
      ends.serviceType = UInt32(truncatingIfNeeded: writer.offset)
      writer.address(source)
      ends.source = UInt32(truncatingIfNeeded: writer.offset)
      writer.address(destination)
      ends.destination = UInt32(truncatingIfNeeded: writer.offset)
      writer.octet(esmClass)
      writer.octet(protocolID)
      writer.octet(priorityFlag)
      writer.cString(scheduleDeliveryTime)
      ends.scheduleDeliveryTime = UInt32(truncatingIfNeeded: writer.offset)
      writer.cString(validityPeriod)
      ends.validityPeriod = UInt32(truncatingIfNeeded: writer.offset)
      writer.octet(registeredDelivery)
      writer.octet(replaceIfPresentFlag)
      writer.octet(dataCoding)
      writer.octet(smDefaultMsgID)
      writer.octet(UInt8(truncatingIfNeeded: smLength))
      writer.octets(shortMessage, count: smLength)
      writer.tlvs(tlvs)
    }
    self.ends = ends
    // A text that sm_length cannot count becomes message_payload (5.3.2.32), so none is ever cut.
    if shortMessage.count > 0xFF { self.tlvs.messagePayload = shortMessage }
  }
}

/// deliver_sm (4.6.1): schedule_delivery_time, validity_period, replace_if_present_flag and sm_default_msg_id are unused.
public typealias DeliverSM = SubmitSM

// The fields, in the order of the wire.
extension SubmitSM {
  /// service_type, C-octet string, max 6 (5.2.11).
  public var serviceType: COctetString {
    get { string(0, ends.serviceType) }
    set { replaceString(0, ends.serviceType, newValue) }
  }

  /// source_addr_ton, source_addr_npi, source_addr (5.2.5, 5.2.6, 5.2.8).
  public var source: Address {
    get { address(ends.serviceType, ends.source) }
    set { replaceAddress(ends.serviceType, ends.source, newValue) }
  }

  /// dest_addr_ton, dest_addr_npi, destination_addr (5.2.5, 5.2.6, 5.2.9).
  public var destination: Address {
    get { address(ends.source, ends.destination) }
    set { replaceAddress(ends.source, ends.destination, newValue) }
  }

  /// esm_class, 1 octet (5.2.12); see `ESMClass`.
  @inlinable public var esmClass: UInt8 {
    get { wire[Int(ends.destination)] }
    set { wire[Int(ends.destination)] = newValue }
  }

  /// protocol_id, 1 octet (5.2.13).
  @inlinable public var protocolID: UInt8 {
    get { wire[Int(ends.destination) + 1] }
    set { wire[Int(ends.destination) + 1] = newValue }
  }

  /// priority_flag, 1 octet (5.2.14): 0 lowest ... 3.
  @inlinable public var priorityFlag: UInt8 {
    get { wire[Int(ends.destination) + 2] }
    set { wire[Int(ends.destination) + 2] = newValue }
  }

  /// schedule_delivery_time, C-octet string, 1 or 17 (5.2.23.1); NUL in deliver_sm.
  public var scheduleDeliveryTime: COctetString {
    get { string(ends.destination + 3, ends.scheduleDeliveryTime) }
    set { replaceString(ends.destination + 3, ends.scheduleDeliveryTime, newValue) }
  }

  /// validity_period, C-octet string, 1 or 17 (5.2.23.2); NUL in deliver_sm.
  public var validityPeriod: COctetString {
    get { string(ends.scheduleDeliveryTime, ends.validityPeriod) }
    set { replaceString(ends.scheduleDeliveryTime, ends.validityPeriod, newValue) }
  }

  /// registered_delivery, 1 octet (5.2.17); see `RegisteredDelivery`.
  @inlinable public var registeredDelivery: UInt8 {
    get { wire[Int(ends.validityPeriod)] }
    set { wire[Int(ends.validityPeriod)] = newValue }
  }

  /// replace_if_present_flag, 1 octet (5.2.18): 1 replaces a message still waiting.
  @inlinable public var replaceIfPresentFlag: UInt8 {
    get { wire[Int(ends.validityPeriod) + 1] }
    set { wire[Int(ends.validityPeriod) + 1] = newValue }
  }

  /// data_coding, 1 octet (5.2.19).
  @inlinable public var dataCoding: UInt8 {
    get { wire[Int(ends.validityPeriod) + 2] }
    set { wire[Int(ends.validityPeriod) + 2] = newValue }
  }

  /// sm_default_msg_id, 1 octet (5.2.20): a message predefined at the SMSC, 1...254.
  @inlinable public var smDefaultMsgID: UInt8 {
    get { wire[Int(ends.validityPeriod) + 3] }
    set { wire[Int(ends.validityPeriod) + 3] = newValue }
  }

  /// sm_length, 1 octet (5.2.21): octets of short_message, 0...254; 255 is taken from peers.
  @inlinable public var smLength: Int { Int(wire[Int(ends.validityPeriod) + 4]) }

  /// short_message, sm_length octets (5.2.22). Counted, so octets of zero are text as any other. More than 255 octets
  /// become message_payload instead.
  public var shortMessage: [UInt8] {
    get { Array(wire[textRange]) }
    set {
      let text = newValue.count <= 0xFF ? newValue : []
      wire.replaceSubrange(textRange, with: text)
      wire[Int(ends.validityPeriod) + 4] = UInt8(truncatingIfNeeded: text.count)
      if newValue.count > 0xFF { tlvs.messagePayload = newValue }
    }
  }

  /// The optional parameters; they share the message's memory until changed.
  public var tlvs: TLVs {
    get { TLVs(wellFormed: wire, from: textRange.upperBound) }
    set {
      wire.removeSubrange(textRange.upperBound...)
      newValue.withOctets { wire.append(contentsOf: $0) }
    }
  }
}

// The text, wherever it travels.
extension SubmitSM {
  /// short_message or, where that is empty, message_payload. A user data header, where `ESMClass.udhIndicator` says
  /// so, is its beginning in either place.
  public var textOctets: [UInt8] { withTextOctets { Array($0) } }

  /// The same, borrowed for the call: nothing is copied.
  @inlinable
  public func withTextOctets<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let range = textRange
    if range.isEmpty, let result = try tlvs.withValue(of: .messagePayload, body) { return result }
    return try wire.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Whether both short_message and message_payload hold text, which the specification forbids (5.3.2.32).
  public var hasTwoTexts: Bool {
    smLength > 0 && tlvs.withValue(of: .messagePayload) { !$0.isEmpty } ?? false
  }
}

// Places.
extension SubmitSM {
  /// Where short_message lies.
  @usableFromInline var textRange: Range<Int> {
    let start = Int(ends.validityPeriod) + 5
    return start..<(start + smLength)
  }

  /// The string from its first octet to where its NUL has been passed.
  private func string(_ start: UInt32, _ end: UInt32) -> COctetString {
    wire.withUnsafeBytes {
      COctetString(withoutNUL: UnsafeRawBufferPointer(rebasing: $0[Int(start)..<(Int(end) - 1)]))
    }
  }

  private func address(_ start: UInt32, _ end: UInt32) -> Address {
    Address(ton: wire[Int(start)], npi: wire[Int(start) + 1], digits: string(start + 2, end))
  }

  private mutating func replaceAddress(_ start: UInt32, _ end: UInt32, _ value: Address) {
    wire[Int(start)] = value.ton
    wire[Int(start) + 1] = value.npi
    replaceString(start + 2, end, value.digits)
  }

  private mutating func replaceString(_ start: UInt32, _ end: UInt32, _ value: COctetString) {
    value.withOctets { wire.replaceSubrange(Int(start)..<(Int(end) - 1), with: $0) }
    let moved = UInt32(truncatingIfNeeded: value.wireLength) &- (end - start)
    for field in [
      \Ends.serviceType, \.source, \.destination, \.scheduleDeliveryTime, \.validityPeriod,
    ] where ends[keyPath: field] >= end {
      ends[keyPath: field] &+= moved
    }
  }
}

extension SubmitSM: Equatable {
  /// The same octets on the wire; the places follow from them.
  public static func == (a: Self, b: Self) -> Bool { a.wire == b.wire }
}

// On the wire.
extension SubmitSM {
  /// `toSMSC` holds the strings to their sizes, and the times to the form of 7.1.1. Of a deliver_sm whatever stands there is kept, up to
  /// the end of the PDU: a field that nobody uses is no reason to refuse a text, nor is an address that cannot be answered.
  @inline(__always)
  init(from reader: inout Reader, toSMSC: Bool) throws(PDUError) {
    let start = reader.offset
    let body = reader.rest
    var ends = Ends()
    _ = try reader.skipCString(.serviceType, size: toSMSC ? FieldSize.serviceType : .max)
    ends.serviceType = UInt32(truncatingIfNeeded: reader.offset - start)
    try reader.skipAddress(.sourceAddress, size: toSMSC ? FieldSize.address : .max)
    ends.source = UInt32(truncatingIfNeeded: reader.offset - start)
    try reader.skipAddress(.destinationAddress, size: toSMSC ? FieldSize.address : .max)
    ends.destination = UInt32(truncatingIfNeeded: reader.offset - start)
    try reader.skipOctets(3, .esmClass)
    try reader.skipTime(.scheduleDeliveryTime, isUsed: toSMSC)
    ends.scheduleDeliveryTime = UInt32(truncatingIfNeeded: reader.offset - start)
    try reader.skipTime(.validityPeriod, isUsed: toSMSC)
    ends.validityPeriod = UInt32(truncatingIfNeeded: reader.offset - start)
    try reader.skipOctets(4, .registeredDelivery)
    let smLength = Int(try reader.octet(.smLength))
    try reader.skipOctets(smLength, .shortMessage)
    wire = Array(body)
    self.ends = ends
    if reader.remaining > 0 {
      try settle(reader.tail(afterText: smLength, dataCoding: dataCoding), of: reader.remaining)
    }
  }

  /// Leaves nothing behind the text but whole optional parameters.
  private mutating func settle(_ tail: Tail, of count: Int) {
    if tail.isExact(count) { return }
    let text = textRange
    wire.removeSubrange((text.upperBound + tail.strays + tail.parameters)...)
    let kept = tail.strayIsText && text.count < 0xFF ? 1 : 0
    wire.removeSubrange((text.upperBound + kept)..<(text.upperBound + tail.strays))
    wire[Int(ends.validityPeriod) + 4] = UInt8(truncatingIfNeeded: text.count + kept)
  }

  /// Octets after the header.
  @inline(__always)
  var bodyLength: Int { wire.count }

  @inline(__always)
  func write(to writer: inout Writer) { writer.octets(wire) }

  /// Appends the whole PDU as submit_sm, or as deliver_sm: the way of the hot path, without making a `PDU`.
  public func encode(as command: CommandID = .submitSM, sequence: UInt32, into buffer: inout [UInt8]) {
    let length = PDUHeader.length + wire.count
    Writer.append(length, to: &buffer) { writer in
      writer.header(length: length, command, .ESME_ROK, sequence)
      writer.octets(wire)
    }
  }

  func validate() throws(PDUError) {
    try FieldSize.check(serviceType, FieldSize.serviceType, .serviceType)
    try FieldSize.check(source.digits, FieldSize.address, .sourceAddress)
    try FieldSize.check(destination.digits, FieldSize.address, .destinationAddress)
    try FieldSize.checkTime(scheduleDeliveryTime, .scheduleDeliveryTime)
    try FieldSize.checkTime(validityPeriod, .validityPeriod)
    guard smLength <= FieldSize.shortMessage else { throw PDUError(.tooLong, .shortMessage, offset: 0) }
    if hasTwoTexts { throw PDUError(.wrongValue, .optionalParameter, offset: 0, tag: .messagePayload) }
  }
}

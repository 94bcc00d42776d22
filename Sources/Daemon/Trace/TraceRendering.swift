import Contract
import NetIO
import SMPP

/// How a record of the trace looks on the local socket: decoded, and as much of it as the role may see.
struct TraceRendering {
  /// Texts, whole phone numbers and octets.
  var seesText: Bool
  /// All octets too.
  var hex: Bool
  /// What the carrier means by data_coding.
  var charsets: CharsetMap
  /// Microseconds to add to the monotonic clock's for those since 1970 UTC.
  var wallLessMonotonic: Int64

  /// How far the wall clock may have moved against the monotonic one before the time noted is believed instead.
  private static let tolerance: Int64 = 5_000

  func item(_ record: TraceSearch.Found, in octets: [UInt8]) -> TracedPDU {
    let head = record.head
    var micros = head.monotonic / 1000 + wallLessMonotonic
    if abs(micros - head.wall * 1000) > Self.tolerance { micros = head.wall * 1000 }
    var item = TracedPDU(
      sequence: record.sequence, time: Timestamp(milliseconds: micros / 1000), timeUs: micros,
      direction: head.direction == WireTrace.Direction.in.rawValue ? .in : .out,
      sessionIndex: Int(head.session),
      connection: Int(head.connection), opened: head.peerOpened != 0 ? .in : .out, octets: Int(head.length))
    item.roundTripUs = record.roundTrip.map { $0 / 1000 }
    if head.kept < head.length { item.cut = true }
    octets[record.place].withUnsafeBytes { frame in
      if hex { item.hex = hexadecimal(frame) }
      describe(frame, in: &item)
    }
    return item
  }

  private func describe(_ frame: UnsafeRawBufferPointer, in item: inout TracedPDU) {
    guard let header = PDUHeader(peeking: frame) else {
      item.problem = "incomplete header"
      return
    }
    item.command = header.commandID.name
    item.commandStatus = header.status.name
    item.sequenceNumber = Int(header.sequence)
    guard Int(header.commandLength) == item.octets else {
      item.problem = "command_length is \(header.commandLength): the start of the next PDU is unknown"
      return
    }
    guard item.cut == nil else { return }
    switch PDU.decode(frame) {
    case .refused(_, let status, let error): item.problem = "\(error) (\(status.name))"
    case .pdu(let pdu):
      var fields = TracedFields(rendering: self)
      fields.add(pdu.body)
      if !fields.fields.isEmpty { item.fields = fields.fields }
      if !fields.tlvs.isEmpty { item.tlvs = fields.tlvs }
      item.text = fields.text
      item.lossy = fields.isLossy ? true : nil
    }
  }

  /// An address's digits; of a phone's only the first three and the last two for a role that may not see more.
  func shown(_ address: Address) -> String {
    let digits = address.digits.string
    guard !seesText, address.ton != TypeOfNumber.alphanumeric, digits.count >= E164.minimumDigits else {
      return digits
    }
    return digits.prefix(3) + "…" + digits.suffix(2)
  }

  func masked(_ count: Int) -> String { "…\(count) octets…" }

  func hexadecimal(_ octets: some Sequence<UInt8>) -> String {
    let digits: [UInt8] = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(octets.underestimatedCount * 2)
    for octet in octets {
      text.append(digits[Int(octet >> 4)])
      text.append(digits[Int(octet & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The parameters of one PDU, by the names of SMPP 3.4.
struct TracedFields {
  let rendering: TraceRendering
  private(set) var fields: [String: JSONValue] = [:]
  private(set) var tlvs: [TracedTLV] = []
  private(set) var text: String?
  /// The octets do not fit their data_coding.
  private(set) var isLossy = false

  init(rendering: TraceRendering) { self.rendering = rendering }

  mutating func add(_ body: PDU.Body) {
    switch body {
    case .bind(_, let bind):
      put("system_id", bind.systemID)
      put("system_type", bind.systemType)
      put("interface_version", bind.interfaceVersion)
      put("addr_ton", bind.addrTON)
      put("addr_npi", bind.addrNPI)
      put("address_range", bind.addressRange)
    case .bindResp(_, let response?):
      put("system_id", response.systemID)
      add(response.tlvs)
    case .outbind(let outbind): put("system_id", outbind.systemID)
    case .submitSM(let message), .deliverSM(let message): add(message)
    case .submitSMResp(let response?), .deliverSMResp(let response?), .dataSMResp(let response?):
      put("message_id", response.messageID)
      add(response.tlvs)
    case .submitMulti(let message): add(message)
    case .submitMultiResp(let response?):
      put("message_id", response.messageID)
      fields["unsuccess_sme"] = .array(
        response.unsuccessful.map { refused in
          .object([
            "destination_addr": .string(rendering.shown(refused.address)),
            "error_status_code": .string(refused.status.name),
          ])
        })
    case .dataSM(let message): add(message)
    case .querySM(let query):
      put("message_id", query.messageID)
      put("source", query.source)
    case .querySMResp(let response?):
      put("message_id", response.messageID)
      put("final_date", response.finalDate)
      put("message_state", response.messageState.rawValue)
      put("error_code", response.errorCode)
    case .cancelSM(let cancel):
      put("service_type", cancel.serviceType)
      put("message_id", cancel.messageID)
      put("source", cancel.source)
      put("dest", cancel.destination)
    case .replaceSM(let replace):
      put("message_id", replace.messageID)
      put("source", replace.source)
      put("schedule_delivery_time", replace.scheduleDeliveryTime)
      put("validity_period", replace.validityPeriod)
      put("registered_delivery", replace.registeredDelivery)
      put("sm_default_msg_id", replace.smDefaultMsgID)
      put(text: replace.shortMessage, dataCoding: 0, esmClass: 0)
    case .alertNotification(let alert):
      put("source", alert.source)
      put("esme", alert.esme)
      add(alert.tlvs)
    case .bindResp(_, nil), .submitSMResp(nil), .deliverSMResp(nil), .dataSMResp(nil), .submitMultiResp(nil),
      .querySMResp(nil), .unbind, .unbindResp, .cancelSMResp, .replaceSMResp, .enquireLink, .enquireLinkResp,
      .genericNack:
      break
    }
  }

  private mutating func add(_ message: SubmitSM) {
    put("service_type", message.serviceType)
    put("source", message.source)
    put("dest", message.destination)
    put("esm_class", message.esmClass)
    put("protocol_id", message.protocolID)
    put("priority_flag", message.priorityFlag)
    put("schedule_delivery_time", message.scheduleDeliveryTime)
    put("validity_period", message.validityPeriod)
    put("registered_delivery", message.registeredDelivery)
    put("replace_if_present_flag", message.replaceIfPresentFlag)
    put("data_coding", message.dataCoding)
    put("sm_default_msg_id", message.smDefaultMsgID)
    fields["sm_length"] = .integer(Int64(message.smLength))
    put(text: message.textOctets, dataCoding: message.dataCoding, esmClass: message.esmClass)
    add(message.tlvs)
  }

  private mutating func add(_ message: DataSM) {
    put("service_type", message.serviceType)
    put("source", message.source)
    put("dest", message.destination)
    put("esm_class", message.esmClass)
    put("registered_delivery", message.registeredDelivery)
    put("data_coding", message.dataCoding)
    put(text: message.textOctets, dataCoding: message.dataCoding, esmClass: message.esmClass)
    add(message.tlvs)
  }

  private mutating func add(_ message: SubmitMulti) {
    put("service_type", message.serviceType)
    put("source", message.source)
    fields["dest_address"] = .array(
      message.destinations.map { destination in
        switch destination {
        case .sme(let address): .object(["destination_addr": .string(rendering.shown(address))])
        case .distributionList(let name): .object(["dl_name": .string(name.string)])
        }
      })
    put("esm_class", message.esmClass)
    put("protocol_id", message.protocolID)
    put("priority_flag", message.priorityFlag)
    put("schedule_delivery_time", message.scheduleDeliveryTime)
    put("validity_period", message.validityPeriod)
    put("registered_delivery", message.registeredDelivery)
    put("replace_if_present_flag", message.replaceIfPresentFlag)
    put("data_coding", message.dataCoding)
    put("sm_default_msg_id", message.smDefaultMsgID)
    put(text: message.textOctets, dataCoding: message.dataCoding, esmClass: message.esmClass)
    add(message.tlvs)
  }

  // MARK: Values

  private mutating func put(_ name: String, _ value: COctetString) { fields[name] = .string(value.string) }

  private mutating func put(_ name: String, _ value: UInt8) { fields[name] = .integer(Int64(value)) }

  /// `source` becomes source_addr_ton, source_addr_npi and source_addr; `dest` dest_addr_ton … destination_addr.
  private mutating func put(_ name: String, _ address: Address) {
    put(name + "_addr_ton", address.ton)
    put(name + "_addr_npi", address.npi)
    fields[name == "dest" ? "destination_addr" : name + "_addr"] = .string(rendering.shown(address))
  }

  private mutating func put(text octets: [UInt8], dataCoding: UInt8, esmClass: UInt8) {
    guard !octets.isEmpty else { return }
    let isReceipt = esmClass & ESMClass.deliveryReceipt != 0
    if isReceipt, let receipt = ReceiptText(octets) {
      var members: [String: JSONValue] = [:]
      members["id"] = receipt.id.map { .string($0.string) }
      members["stat"] = receipt.stat.map { .string($0.string) }
      members["err"] = receipt.error.map { .string($0.string) }
      fields["receipt"] = .object(members)
    }
    let read = CodedText(
      octets, dataCoding: dataCoding, charsets: rendering.charsets, udhi: ESMClass.hasUDH(esmClass)
    ).read()
    isLossy = read.lossy && !isReceipt
    text = rendering.seesText ? read.text : rendering.masked(octets.count)
  }

  private mutating func add(_ list: TLVs) {
    for parameter in list {
      tlvs.append(
        TracedTLV(tag: parameter.tag.name, octets: parameter.value.count, value: value(of: parameter)))
    }
  }

  private func value(of parameter: TLV) -> JSONValue {
    let octets = parameter.value
    switch parameter.tag.form {
    case .integer where octets.count <= 7:
      return .integer(octets.reduce(0) { $0 << 8 | Int64($1) })
    case .cOctetString where parameter.tag == .receiptedMessageID || rendering.seesText:
      return .string(COctetString(octets: octets).string)
    case .empty: return .string("")
    default: break
    }
    // What may hold a text or a phone is not for everybody; and nobody knows what a vendor's parameter holds.
    if rendering.seesText || parameter.tag == .networkErrorCode || parameter.tag == .itsSessionInfo {
      return .string(rendering.hexadecimal(octets))
    }
    return .string(rendering.masked(octets.count))
  }
}

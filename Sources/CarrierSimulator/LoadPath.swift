import NetIO
import SMPP
import SMPPSession

/// The date that receipts carry under load, worked out once a second.
struct LoadClock {
  private var validUntil: Duration = .zero
  private(set) var date: [UInt8] = []

  mutating func refresh(at now: Duration) {
    guard now >= validUntil else { return }
    date = Array((CivilTime(milliseconds: WallClock.nowMilliseconds)?.receiptDigits ?? "").utf8)
    validUntil = now + .seconds(1)
  }
}

/// Receipts of one link under load: whole deliver_sm PDUs in a row, their sequence_numbers still to be filled in.
struct LoadState {
  /// Marks the tokens of receipts under load.
  static let tokenBit: UInt64 = 1 << 62
  /// Octets of receipts that may wait; submits beyond get ESME_RTHROTTLED.
  static let limit = 64 << 20

  var octets: [UInt8] = []
  var head = 0
  /// When each receipt is due, in order.
  var due: [Duration] = []
  var dueHead = 0

  var waiting: Int { due.count - dueHead }
  var isFull: Bool { octets.count - head > LoadState.limit }
  /// The next receipt that waits for its time rather than for the window.
  var nextDue: Duration?

  mutating func drop(octets count: Int, receipts: Int) {
    head += count
    dueHead += receipts
    if head == octets.count {
      octets.removeAll(keepingCapacity: true)
      due.removeAll(keepingCapacity: true)
      head = 0
      dueHead = 0
    } else if head > 1 << 20, head * 2 > octets.count {
      octets.removeSubrange(0..<head)
      due.removeSubrange(0..<dueHead)
      head = 0
      dueHead = 0
    }
  }
}

/// Where the fields of a submit_sm are that an answer and a receipt need: no more of it is looked at.
private struct SubmitFields {
  /// source_addr_ton ... source_addr with its NUL.
  var source: Range<Int>
  /// dest_addr_ton ... destination_addr with its NUL.
  var destination: Range<Int>
  var registeredDelivery: UInt8

  init?(_ frame: UnsafeRawBufferPointer) {
    guard let serviceType = SubmitFields.end(of: PDUHeader.length, frame),
      let source = SubmitFields.end(of: serviceType + 2, frame),
      let destination = SubmitFields.end(of: source + 2, frame),
      let schedule = SubmitFields.end(of: destination + 3, frame),
      let validity = SubmitFields.end(of: schedule, frame),
      validity < frame.count
    else { return nil }
    self.source = serviceType..<source
    self.destination = source..<destination
    registeredDelivery = frame[validity]
  }

  /// The place after the NUL of the string that begins at `start`.
  @inline(__always)
  private static func end(of start: Int, _ frame: UnsafeRawBufferPointer) -> Int? {
    var index = start
    while index < frame.count {
      if frame[index] == 0 { return index + 1 }
      index += 1
    }
    return nil
  }
}

extension Exchange {
  /// Deals with the two PDUs a benchmark is made of. False: the session is to have it.
  func receivedUnderLoad(_ frame: UnsafeRawBufferPointer, on link: Link) -> Bool {
    guard let header = PDUHeader(peeking: frame) else { return false }
    if header.commandID == .deliverSMResp {
      let pdu = PDU(status: header.status, sequence: header.sequence, body: .deliverSMResp(nil))
      smsc.received(pdu, on: link.smsc)
      settle()
      return true
    }
    guard header.commandID == .submitSM, smsc.configuration.answerDelay == .none, !smsc.areAnswersPaused,
      link.smsc.session.state.boundAs != nil, link.smsc.bindType != .receiver,
      let account = link.smsc.account,
      let fields = SubmitFields(frame)
    else { return false }
    submittedUnderLoad(frame, fields, header.sequence, on: link, account: account)
    return true
  }

  private func submittedUnderLoad(
    _ frame: UnsafeRawBufferPointer, _ fields: SubmitFields, _ sequence: UInt32, on link: Link, account: Int
  ) {
    smsc.counts.submitted += 1
    smsc.counts.answered += 1
    let receiver = receiverUnderLoad(for: link, account: account)
    if let receiver, receiver.load.isFull {
      smsc.counts.refused += 1
      smsc.counts.throttled += 1
      let refusal = PDUHeader(
        commandLength: UInt32(PDUHeader.length), commandID: .submitSMResp, status: .ESME_RTHROTTLED,
        sequence: sequence)
      return link.output.append { refusal.encode(into: &$0) }
    }
    smsc.counts.accepted += 1
    let id = smsc.ids.next()
    let outcome = smsc.drawOutcome()
    if let receiver, smsc.wantsReceipt(fields.registeredDelivery, outcome.state) {
      smsc.counts.receipts += 1
      appendReceipt(id.receipt, outcome, frame, fields, to: receiver)
      if smsc.configuration.receipts.comesFirst { pumpLoad(receiver) }
    }
    link.output.append { SubmitSMResp(messageID: id.response).encode(sequence: sequence, into: &$0) }
  }

  /// Itself, if it receives; else another session of the account that does.
  private func receiverUnderLoad(for link: Link, account: Int) -> Link? {
    if link.smsc.receives { return link }
    return smsc.accounts[account].links.first { $0.receives }.flatMap { linksByNumber[$0.number] }
  }

  /// The same deliver_sm as without load, but for `text:`, which quotes nothing.
  private func appendReceipt(
    _ id: COctetString, _ outcome: CarrierSimulator.Receipts.Outcome, _ frame: UnsafeRawBufferPointer,
    _ fields: SubmitFields, to link: Link
  ) {
    loadClock.refresh(at: now)
    let start = link.load.octets.count
    let hasTLVs = smsc.configuration.receipts.hasTLVs
    let date = loadClock.date
    let delivered = outcome.state == .delivered
    func write(_ octets: inout [UInt8]) {
      octets.append(contentsOf: LoadTemplate.header)
      octets.append(0)  // service_type
      octets.append(contentsOf: UnsafeRawBufferPointer(rebasing: frame[fields.destination]))
      octets.append(contentsOf: UnsafeRawBufferPointer(rebasing: frame[fields.source]))
      octets.append(contentsOf: LoadTemplate.afterAddresses)
      let length = octets.count
      octets.append(0)  // sm_length, filled in below
      octets.append(contentsOf: LoadTemplate.id)
      id.withOctets { octets.append(contentsOf: $0) }
      octets.append(
        contentsOf: delivered ? LoadTemplate.subDelivered : LoadTemplate.subNotDelivered)
      octets.append(contentsOf: date)
      octets.append(contentsOf: LoadTemplate.doneDate)
      octets.append(contentsOf: date)
      octets.append(contentsOf: LoadTemplate.stat(outcome))
      octets[length] = UInt8(truncatingIfNeeded: octets.count - length - 1)
      guard hasTLVs else { return }
      octets.append(contentsOf: [0x00, 0x1E, 0x00, UInt8(truncatingIfNeeded: id.count + 1)])
      id.withOctets { octets.append(contentsOf: $0) }
      octets.append(contentsOf: [0x00, 0x04, 0x27, 0x00, 0x01, outcome.state.rawValue])
    }
    write(&link.load.octets)
    let total = link.load.octets.count - start
    link.load.octets[start + 2] = UInt8(truncatingIfNeeded: total >> 8)
    link.load.octets[start + 3] = UInt8(truncatingIfNeeded: total)
    let due = now + smsc.configuration.receipts.delay.draw(&smsc.random)
    link.load.due.append(max(due, link.load.due.last ?? due))
  }

  /// Moves the receipts that are due and that the window lets through to the output, in one piece.
  func pumpLoad(_ link: Link) {
    link.load.nextDue = nil
    guard link.load.waiting > 0, link.smsc.receives else { return }
    var end = link.load.head
    var receipts = 0
    while link.load.dueHead + receipts < link.load.due.count {
      let due = link.load.due[link.load.dueHead + receipts]
      guard due <= now else {
        link.load.nextDue = due
        break
      }
      guard
        let sequence = link.smsc.session.reserve(
          .deliverSM, token: LoadState.tokenBit | smsc.nextToken, at: now)
      else { break }
      smsc.nextToken &+= 1
      for octet in 0..<4 {
        link.load.octets[end + 12 + octet] = UInt8(truncatingIfNeeded: sequence >> UInt32(24 - 8 * octet))
      }
      end += Int(link.load.octets[end + 2]) << 8 | Int(link.load.octets[end + 3])
      receipts += 1
    }
    guard receipts > 0 else { return }
    let head = link.load.head
    link.load.octets.withUnsafeBytes {
      link.output.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[head..<end]))
    }
    link.load.drop(octets: end - head, receipts: receipts)
    link.measureRoom()
  }
}

/// The octets of a receipt that are always the same.
private enum LoadTemplate {
  /// command_length and sequence_number are filled in.
  static let header: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0]
  /// esm_class (a receipt), protocol_id, priority_flag, two empty times, registered_delivery, replace_if_present_flag,
  /// data_coding, sm_default_msg_id.
  static let afterAddresses: [UInt8] = [ESMClass.deliveryReceipt, 0, 0, 0, 0, 0, 0, 0, 0]

  /// The words of appendix B around what changes.
  static let id = Array("id:".utf8)
  static let subDelivered = Array(" sub:001 dlvrd:001 submit date:".utf8)
  static let subNotDelivered = Array(" sub:001 dlvrd:000 submit date:".utf8)
  static let doneDate = Array(" done date:".utf8)
  private static let delivered = Array(" stat:DELIVRD err:000 text:".utf8)

  static func stat(_ outcome: CarrierSimulator.Receipts.Outcome) -> [UInt8] {
    if outcome.state == .delivered, outcome.error == 0 { return delivered }
    return Array(" stat:\(outcome.state.receiptWord ?? "UNKNOWN") err:\(outcome.digits) text:".utf8)
  }
}

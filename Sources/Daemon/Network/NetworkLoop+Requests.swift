import Carriers
import Configuration
import Contract
import Gateway
import NetIO
import SMPP
import SMPPSession

/// A submit_multi whose destinations the rules decide one by one.
struct MultiAnswer {
  var destinations: [Address]
  var left: Int
  var messageID: COctetString = ""
  var refused: [SubmitMultiResp.UnsuccessSME]
}

/// What carriers ask of us. Texts and receipts go to the rules, which answer after the commit.
extension NetworkLoop {
  func request(_ pdu: PDU, _ link: CarrierLink, _ frame: UnsafeRawBufferPointer?) {
    guard let place = link.carrier else { return }
    let request = PeerRequest(session: link.serial, sequence: pdu.sequence)
    let carrier = peers[place].id
    switch pdu.body {
    case .deliverSM(let message): inbound(message, .deliver, request, link, place, frame)
    case .submitSM(let message): inbound(message, .submit, request, link, place, frame)
    case .dataSM(let data):
      inbound(DeliverSM(data), link.isSMSC ? .data : .deliver, request, link, place, frame)
    case .submitMulti(let multi): self.multi(multi, request, link, place, frame)
    case .querySM(let query):
      ask(.query(query.messageID, source: query.source), request, carrier, link)
    case .cancelSM(let cancel):
      ask(.cancel(cancel.messageID, source: cancel.source), request, carrier, link)
    case .replaceSM(let replace):
      ask(.replace(replace.messageID, source: replace.source), request, carrier, link)
    default: respond(link, pdu.sequence, .ESME_RINVCMDID)
    }
  }

  /// From this size on messages are weighed, not only counted.
  private static let heavyFrom = 4 << 10
  /// Octets of such messages that wait for the rules' answer: `limits.inbound_mailbox` of the longest would be half a gigabyte.
  private static let heavyLimit = 64 << 20

  /// Whether the rules take so many more messages of this size; if not, the carrier keeps them and tries again, and the session reads on.
  private func hasRoom(for count: Int, of octets: Int = 0, _ request: PeerRequest, _ link: CarrierLink)
    -> Bool
  {
    var limit = "inbound_mailbox"
    if toRules.count + outgoing.count + count <= inboundRoom {
      guard octets >= NetworkLoop.heavyFrom, heavyOctets + count * octets > NetworkLoop.heavyLimit else {
        return true
      }
      limit = "inbound_octets"
    }
    counters.refusedForRoom(link.carrier)
    journal.writeLimited(.warning, key: .inboundFull, "\(name(link)) limit=\(limit) a message was refused")
    respond(link, request.sequence, link.isSMSC ? .ESME_RTHROTTLED : .ESME_RX_T_APPN)
    return false
  }

  private func weigh(_ request: PeerRequest, _ octets: Int) {
    guard octets >= NetworkLoop.heavyFrom else { return }
    heavy[request, default: 0] += octets
    heavyOctets += octets
  }

  /// The rules have answered.
  func unweigh(_ request: PeerRequest) {
    guard !heavy.isEmpty, let octets = heavy.removeValue(forKey: request) else { return }
    heavyOctets -= octets
  }

  private func inbound(
    _ message: DeliverSM, _ kind: InboundKind, _ request: PeerRequest, _ link: CarrierLink, _ place: Int,
    _ frame: UnsafeRawBufferPointer?
  ) {
    let octets = frame?.count ?? 0
    guard hasRoom(for: 1, of: octets, request, link) else { return }
    weigh(request, octets)
    live.received(place)
    let isReceipt = ESMClass.messageType(of: message.esmClass) == ESMClass.deliveryReceipt
    let body = isReceipt ? [] : frame.map { [UInt8]($0.dropFirst(PDUHeader.length)) } ?? []
    outgoing.append(
      .inbound(
        InboundPDU(
          request: request, carrier: peers[place].id, pdu: message, body: body, receivedAt: wall, kind: kind))
    )
  }

  private func ask(
    _ question: Question, _ request: PeerRequest, _ carrier: CarrierKey, _ link: CarrierLink
  ) {
    guard hasRoom(for: 1, request, link) else { return }
    outgoing.append(.asked(request, carrier: carrier, question))
  }

  // MARK: submit_multi

  /// One message to many numbers of ours: each is decided by itself, and the answer lists those that were refused (SMPP 3.4, 4.5.2).
  private func multi(
    _ multi: SubmitMulti, _ request: PeerRequest, _ link: CarrierLink, _ place: Int,
    _ frame: UnsafeRawBufferPointer?
  ) {
    var destinations: [Address] = []
    var refused: [SubmitMultiResp.UnsuccessSME] = []
    for destination in multi.destinations {
      switch destination {
      // Named twice, it is texted once.
      case .sme(let address): if !destinations.contains(address) { destinations.append(address) }
      // We keep no lists for carriers.
      case .distributionList(let name):
        refused.append(.init(address: Address(ton: 0, npi: 0, digits: name), status: .ESME_RINVDLNAME))
      }
    }
    let octets = frame?.count ?? 0
    guard hasRoom(for: destinations.count, of: octets, request, link) else { return }
    guard !destinations.isEmpty else {
      return answer(link, request.sequence, MultiAnswer(destinations: [], left: 0, refused: refused))
    }
    self.multi[request] = MultiAnswer(destinations: destinations, left: destinations.count, refused: refused)
    for (index, destination) in destinations.enumerated() {
      live.received(place)
      let message = SubmitSM(
        serviceType: multi.serviceType, source: multi.source, destination: destination,
        esmClass: multi.esmClass,
        protocolID: multi.protocolID, priorityFlag: multi.priorityFlag,
        registeredDelivery: multi.registeredDelivery, dataCoding: multi.dataCoding,
        shortMessage: multi.shortMessage, tlvs: multi.tlvs)
      var part = request
      part.destination = index
      weigh(part, octets)
      // Without octets, which would be a copy for each destination: the rules write them again where they need them.
      outgoing.append(
        .inbound(
          InboundPDU(
            request: part, carrier: peers[place].id, pdu: message, body: [], receivedAt: wall, kind: .submit))
      )
    }
  }

  /// The rules decided about one destination of a submit_multi; the last one's decision is the answer.
  func decided(_ request: PeerRequest, _ status: CommandStatus, messageID: COctetString) {
    var whole = request
    whole.destination = nil
    guard let index = request.destination, var answer = multi[whole] else { return }
    if status == .ESME_ROK {
      if answer.messageID.isEmpty { answer.messageID = messageID }
    } else {
      answer.refused.append(.init(address: answer.destinations[index], status: status))
    }
    answer.left -= 1
    multi[whole] = answer.left > 0 ? answer : nil
    guard answer.left == 0, let link = bySerial[whole.session] else { return }
    self.answer(link, whole.sequence, answer)
  }

  private func answer(_ link: CarrierLink, _ sequence: UInt32, _ answer: MultiAnswer) {
    let body = SubmitMultiResp(messageID: answer.messageID, unsuccessful: answer.refused)
    // With none taken the request itself has failed.
    let status: CommandStatus = answer.messageID.isEmpty ? .ESME_RSUBMITFAIL : .ESME_ROK
    guard let pdu = link.session.respond(to: sequence, status: status, body: .submitMultiResp(body)) else {
      return
    }
    write(pdu, on: link)
  }

  // MARK: Receipts we owe

  /// Sends receipts to carriers that are bound to us, in at most half of a session's window: texts go before them.
  func sendReceipts() {
    guard drainUntil == nil else { return }
    for place in peers.indices where !peers[place].receipts.isEmpty && peers[place].receipts.notBefore <= now
    {
      var sent = false
      for link in peers[place].links where link.isSMSC && link.freeSlots > 0 {
        while link.receiptsInFlight < max(1, link.session.window / 2), link.freeSlots > 0,
          let receipt = peers[place].receipts.next()
        {
          guard
            let sequence = link.session.reserve(
              .deliverSM, token: ReceiptQueue.token(receipt.id), at: now)
          else {
            peers[place].receipts.returned([ReceiptQueue.token(receipt.id)])
            break
          }
          link.receiptsInFlight += 1
          let pdu = link.session.takesParameters ? receipt.pdu : receipt.pdu.withoutParameters
          append(to: link) { pdu.encode(as: .deliverSM, sequence: sequence, into: &$0) }
          markDirty(link)
          sent = true
        }
      }
      if sent { recountSlots(place) }
    }
  }

  func receiptAnswered(_ token: UInt64, _ status: CommandStatus, _ link: CarrierLink, _ place: Int) {
    link.receiptsInFlight -= 1
    switch ErrorClass.of(status, peers[place].configuration.profile) {
    case .pace, .temporary, .session, .credentials:
      peers[place].receipts.returned([token])
      peers[place].receipts.notBefore = now + .seconds(5)
    case .permanentMessage, .permanentNumber, .optedOut, .ourBug, nil:
      // Taken, or never to be taken: either way it is owed no longer.
      peers[place].receipts.done(ReceiptQueue.id(token))
      outgoing.append(.receiptSettled(ReceiptQueue.id(token), status))
    }
    recountSlots(place)
  }
}

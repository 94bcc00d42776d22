import Contract
import Gateway
import NetIO
import Pacing
import SMPP
import SMPPSession

/// What the rules release, performed in its order.
extension NetworkLoop {
  func perform(_ output: NetworkOutput) {
    switch output {
    case .send(let segment): take(segment)
    case .respond(let request, let status):
      unweigh(request)
      respond(request, status)
    case .accepted(let request, let id):
      unweigh(request)
      accepted(request, COctetString("\(id)"))
    case .answer(let request, let status, let query): answer(request, status, query)
    case .receipt(let receipt):
      if let place = peers.firstIndex(where: { $0.id == receipt.carrier }) {
        peers[place].receipts.append(receipt)
      }
    case .revoke(let phone, let numbers): revoke(phone, numbers)
    case .lane(let setting): set(setting)
    case .demand(let number, let demand):
      pacer.demand(
        LaneID(Int(number)), interactive: demand.person, answers: demand.answers, alerts: demand.alerts,
        campaign: demand.bulk)
    case .claimed(let permit, let got):
      let lane = LaneID(Int(permit.number))
      if !pacer.claimed(lane, permit.urgency.messageClass, granted: permit.count, got: got),
        got > 0,
        let index = queue(permit.number)
      {
        giveBack(index) { $0.urgency == permit.urgency }
      }
      // Claims that arrive after the drain began, or for a lane that cannot send now, go back at once.
      if let index = queue(permit.number), !canSend(index) { giveBack(index) { _ in true } }
    case .throttled(let number, let carrier):
      pacer.throttled(LaneID(Int(number)), at: now)
      if let place = peers.firstIndex(where: { $0.id == carrier }) {
        pacer.throttled(CarrierID(place), at: now)
        live.throttled(place)
      }
    }
  }

  private func canSend(_ index: Int) -> Bool {
    guard drainUntil == nil, let place = lanes[index].carrier else { return false }
    return peers[place].links.contains { $0.sends && $0.isBound }
  }

  private func take(_ segment: ClaimedSegment) {
    guard let index = queue(segment.number) else { return outgoing.append(.returned([segment.ref])) }
    lanes[index].append(segment)
  }

  private func set(_ setting: LaneSetting) {
    guard let index = queue(setting.number) else { return }
    guard let id = setting.carrier, let place = peers.firstIndex(where: { $0.id == id }) else {
      giveBack(index) { _ in true }
      lanes[index].carrier = nil
      pacer.removeLane(LaneID(index))
      return
    }
    if lanes[index].carrier != place || setting.paused { giveBack(index) { _ in true } }
    lanes[index].carrier = place
    pacer.setLane(
      LaneID(index), carrier: CarrierID(place), rate: Rate.perSecond(setting.rate), paused: setting.paused)
  }

  /// The answer to a peer's request; lost with its session, the peer will ask again.
  private func respond(_ request: PeerRequest, _ status: CommandStatus) {
    guard request.destination == nil else { return decided(request, status, messageID: "") }
    guard let link = bySerial[request.session] else { return }
    respond(link, request.sequence, status)
  }

  func respond(_ link: CarrierLink, _ sequence: UInt32, _ status: CommandStatus) {
    guard var pdu = link.session.respond(to: sequence, status: status) else { return }
    if status == .ESME_ROK {
      // message_id is unused in deliver_sm_resp and there all the same (4.6.2).
      if case .deliverSMResp = pdu.body { pdu.body = .deliverSMResp(DeliverSMResp()) }
      if case .dataSMResp = pdu.body { pdu.body = .dataSMResp(DataSMResp()) }
    }
    write(pdu, on: link)
  }

  /// A message of a carrier that is bound to us is ours now, under this message_id.
  private func accepted(_ request: PeerRequest, _ id: COctetString) {
    guard request.destination == nil else { return decided(request, .ESME_ROK, messageID: id) }
    guard let link = bySerial[request.session], var pdu = link.session.respond(to: request.sequence) else {
      return
    }
    if case .dataSMResp = pdu.body {
      pdu.body = .dataSMResp(DataSMResp(messageID: id))
    } else {
      pdu.body = .submitSMResp(SubmitSMResp(messageID: id))
    }
    write(pdu, on: link)
  }

  private func answer(_ request: PeerRequest, _ status: CommandStatus, _ query: QuerySMResp?) {
    guard let link = bySerial[request.session],
      let pdu = link.session.respond(
        to: request.sequence, status: status, body: query.map { .querySMResp($0) })
    else { return }
    write(pdu, on: link)
  }

  /// The barrier of an opt-out: when this returns, no octet of a submit to the phone is left to be written by anybody.
  ///
  /// Waiting claims are taken out. A submit that a full socket holds half-written is flushed, or its session closed.
  private func revoke(_ phone: Int64, _ numbers: [NumberID]?) {
    func isRevoked(_ segment: ClaimedSegment) -> Bool {
      segment.phone == phone && numbers?.contains(segment.number) ?? true
    }
    var revoked: [SegmentRef] = []
    for index in lanes.indices {
      let taken = lanes[index].remove(where: isRevoked)
      guard !taken.isEmpty else { continue }
      forget(taken, in: index)
      revoked += taken.map(\.ref)
    }
    for link in peers.flatMap(\.links) where link.marks.contains(where: { isRevoked($0.segment) }) {
      flush(link)
      guard link.marks.contains(where: { isRevoked($0.segment) }) else { continue }
      journal.write(
        .warning,
        "\(name(link)) event=closed reason=\"a text to a phone that opted out was stuck in the socket\"")
      revoked += end(link, reason: "opt-out barrier", retry: true, revoking: isRevoked)
    }
    // Sent even if empty: it tells the rules that the barrier is in place.
    if !revoked.isEmpty { outgoing.append(.revoked(revoked, at: wall)) }
  }
}

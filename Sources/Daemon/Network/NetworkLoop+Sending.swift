import Gateway
import NetIO
import Pacing
import SMPP
import SMPPSession

/// Permits, claims and the writes they end in.
extension NetworkLoop {
  func queue(_ lane: NumberID) -> Int? {
    guard lane > 0, lane < Int64(Pacer.maximumLanes) else { return nil }
    let index = Int(lane)
    if index >= lanes.count {
      lanes.append(contentsOf: repeatElement(LaneQueue(), count: index - lanes.count + 1))
    }
    return index
  }

  /// Writes what may be written now, people first.
  func pump() {
    while let (lane, messageClass) = pacer.next(at: now) {
      let index = Int(lane.index)
      guard lanes.indices.contains(index), let segment = lanes[index].take(Urgency(messageClass))
      else { continue }
      guard let place = lanes[index].carrier, submit(segment, at: place) else {
        outgoing.append(.returned([segment.ref]))
        if let place = lanes[index].carrier { recountSlots(place) }
        continue
      }
    }
  }

  private func submit(_ segment: ClaimedSegment, at place: Int) -> Bool {
    let count = peers[place].links.count
    for step in 0..<count {
      let link = peers[place].links[(peers[place].turn + step) % count]
      // To a carrier that is bound to us a text is a deliver_sm (SMPP 3.4, 4.6.1).
      // A text in message_payload would be lost at a peer that takes no parameters: it goes back, and is cut anew.
      guard link.freeSlots > 0, link.session.takesParameters || segment.pdu.tlvs.messagePayload == nil,
        let sequence = link.session.reserve(
          link.isSMSC ? .deliverSM : .submitSM, token: UInt64(bitPattern: segment.ref.rawValue), at: now)
      else { continue }
      peers[place].turn = (peers[place].turn + step + 1) % count
      let start = link.output.appendedOctets
      let command: CommandID = link.isSMSC ? .deliverSM : .submitSM
      counters.sent(by: segment.number)
      if link.session.takesParameters {
        append(to: link) { segment.pdu.encode(as: command, sequence: sequence, into: &$0) }
      } else {
        let pdu = segment.pdu.withoutParameters
        append(to: link) { pdu.encode(as: command, sequence: sequence, into: &$0) }
      }
      link.marks.append(.init(segment: segment, start: start, end: link.output.appendedOctets))
      markDirty(link)
      return true
    }
    return false
  }

  func grantPermits() {
    guard drainUntil == nil else { return }
    pacer.permits(at: now, into: &permits)
    guard !permits.isEmpty else { return }
    outgoing.append(
      .permits(
        permits.map {
          ClaimPermit(number: NumberID($0.lane.index), Urgency($0.class), count: $0.count)
        }))
    permits.removeAll(keepingCapacity: true)
  }

  /// Nothing more goes to the carrier for now: we end, or texts are stuck in a full socket of it. Those count against its
  /// rate when their last octet leaves, and nobody knows when that is.
  func isHeld(_ place: Int) -> Bool { drainUntil != nil || peers[place].links.contains(where: \.isStuck) }

  /// Slots of a carrier after a session was bound or lost; with none left, its claims go back.
  func recountSlots(_ place: Int) {
    let slots = isHeld(place) ? 0 : peers[place].links.reduce(0) { $0 + $1.freeSlots }
    pacer.setSlots(CarrierID(place), slots)
    guard !peers[place].links.contains(where: { $0.sends && $0.isBound }) else { return }
    for index in lanes.indices where lanes[index].carrier == place { giveBack(index) { _ in true } }
  }

  /// Takes claims out of a lane unwritten and hands them back.
  func giveBack(_ index: Int, where isWanted: (ClaimedSegment) -> Bool) {
    let taken = lanes[index].remove(where: isWanted)
    guard !taken.isEmpty else { return }
    forget(taken, in: index)
    outgoing.append(.returned(taken.map(\.ref)))
  }

  func forget(_ segments: [ClaimedSegment], in index: Int) {
    for urgency in Urgency.inOrder {
      let count = segments.count { $0.urgency == urgency }
      if count > 0 { pacer.returned(LaneID(index), urgency.messageClass, count: count) }
    }
  }
}

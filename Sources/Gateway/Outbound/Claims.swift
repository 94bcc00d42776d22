import Carriers
import Contract
import SMPP
import Store

/// Claims segments from a lane against a permit, and records them as handed over in the same transaction.
struct Claims: Part {
  let outbox: Outbox
  let directory: Directory
  let routes: Routes
  let permission: Permission
  let lanes: Lanes
  let campaigns: Campaigns
  let holds: Holds
  let handover: Handover
  let segments: Segments
  let builder: SegmentBuilder
  let messages: MessageTable
  let conversations: ConversationTable
  let absences: AbsenceTable

  /// How many segments one claim may end before others get their turn: after `go-live --undo` a whole campaign may have to end.
  static let maximumEnded = 200

  /// What a permit has claimed so far.
  private struct Progress {
    var got = 0
    var ended = 0

    var mayEndMore: Bool { ended < Claims.maximumEnded }
  }

  /// The lane that claims, with its present route.
  private struct Claimant {
    var lane: Lane
    var number: Number
    var carrier: CarrierKey
    var profile: CarrierProfile
  }

  /// Claims what a permit allows, and sends the loop how much of the permit was used.
  func claim(_ permit: ClaimPermit) throws(StoreError) {
    var progress = Progress()
    defer {
      lanes.touch(permit.number)
      post(.claimed(permit, got: progress.got))
    }
    guard let number = directory.numbers[permit.number], routes.canSend(number),
      let route = routes.route(of: number), let profile = routes.profiles[route.carrier]
    else { return }
    let claimant = Claimant(
      lane: lanes[permit.number], number: number, carrier: route.carrier, profile: profile)
    // A permit is a free slot of a session.
    try holds.end(.noSession, route.carrier)
    while progress.got < permit.count, progress.mayEndMore {
      guard let (segment, flight) = try next(claimant, permit.urgency, &progress) else { return }
      handover.claim(flight)
      post(.send(segment))
      progress.got += 1
    }
  }

  private typealias Claimed = (ClaimedSegment, Flight)

  private func next(_ claimant: Claimant, _ urgency: Urgency, _ progress: inout Progress) throws(StoreError)
    -> Claimed?
  {
    if let found = try pending(claimant, urgency, &progress) { return found }
    return urgency == .bulk ? try ofRuns(claimant, &progress) : nil
  }

  /// The next waiting segment outside the runs that may go. Segments that may never leave end here.
  private func pending(_ claimant: Claimant, _ urgency: Urgency, _ progress: inout Progress)
    throws(StoreError)
    -> Claimed?
  {
    let lane = claimant.lane
    while progress.mayEndMore, let item = lane.popReady(urgency, at: now) {
      let row = try messages.row(item.ref.message)
      let stage = try stage(ofCampaignOf: row)
      if stage == .paused {
        // The segment came back, or waited for its thread, and its campaign has been paused since.
        if lane.hold(item, of: row?.campaign ?? 0) { lanes.touch(lane.number) }
        progress.ended += 1
        continue
      }
      try lanes.unpend(item.ref, lane.number, urgency)
      guard let row else { throw .damaged("pending", row: item.ref.rawValue) }
      var flight = Flight(
        item.ref, of: row, carrier: claimant.carrier, attempts: item.attempts, at: now)
      if stage == .cancelled {
        try segments.end(flight, from: .queued, to: .cancelled, reason: .alreadyFinal)
        lanes.land(flight)
        progress.ended += 1
        continue
      }
      switch try verdict(flight, claimant, row.notAfter) {
      case .go:
        if let segment = try build(&flight, claimant, try builder.source(of: row)) {
          for index in row.segments..<max(row.segments, flight.segments) {
            try lanes.pend(
              PendingSegment(
                ref: SegmentRef(message: row.id, index: index), conversation: item.conversation),
              lane.number, urgency)
          }
          return (segment, flight)
        }
        try segments.end(flight, from: .queued, to: .failed, reason: .notTextable)
        lanes.land(flight)
      case .never(let reason):
        try segments.end(flight, from: .queued, because: reason)
        lanes.land(flight)
      case .notBefore(let time, _):
        try lanes.pendAgain(
          PendingSegment(
            ref: item.ref, conversation: item.conversation, attempts: item.attempts, notBefore: time), flight)
      }
      progress.ended += 1
    }
    return nil
  }

  /// The next segment of the lane's campaigns that may go, run by run in order.
  private func ofRuns(_ claimant: Claimant, _ progress: inout Progress) throws(StoreError) -> Claimed? {
    for run in claimant.lane.runs where run.campaign.isRunning {
      while progress.mayEndMore, let message = try run.current(read: messages.run) {
        let index = run.next.message == message.id ? run.next.index : 0
        var flight = Flight(
          ref: SegmentRef(message: message.id, index: index), number: claimant.number.id,
          carrier: claimant.carrier, conversation: message.conversation, phone: message.phone,
          traffic: .campaign, campaign: run.campaign.id, segments: message.segments, attempts: 0, at: now)
        let verdict = try verdict(flight, claimant, message.notAfter)
        var waits: Int64?
        if case .notBefore(let time, _) = verdict { waits = time }
        // If another message of the thread is in flight, or its time has not come, the segment is set aside, as long as there is
        // room, and the others go on.
        guard waits == nil, claimant.lane.fly(message.id, of: message.conversation, .bulk) else {
          guard claimant.lane.hasRoomAside else { return nil }
          for index in index..<max(index, message.segments) {
            try lanes.pend(
              PendingSegment(
                ref: SegmentRef(message: message.id, index: index), conversation: message.conversation,
                notBefore: waits ?? 0), claimant.number.id, .bulk)
          }
          run.advance(to: SegmentRef(message: message.id + 1, index: 0))
          progress.ended += 1
          continue
        }
        var segment: ClaimedSegment?
        if case .go = verdict {
          let source = SegmentBuilder.Source(
            text: message.text ?? run.campaign.text, shared: message.text == nil ? run.campaign : nil,
            reference: message.reference, notAfter: message.notAfter)
          segment = try build(&flight, claimant, source, of: run)
        }
        run.advance(
          to: index + 1 < flight.segments
            ? SegmentRef(message: message.id, index: index + 1)
            : SegmentRef(message: message.id + 1, index: 0))
        if let segment { return (segment, flight) }
        if case .never(let reason) = verdict {
          try segments.end(flight, from: .queued, because: reason)
        } else {
          try segments.end(flight, from: .queued, to: .failed, reason: .notTextable)
        }
        lanes.land(flight)
        progress.ended += 1
      }
    }
    return nil
  }

  /// Builds a segment. A text in one piece that the carrier does not take so is cut anew, unless the piece may have left before: its
  /// carrier was bound by newer peers when the text was accepted, or is another.
  /// - Returns: nil if the carrier cannot have the text.
  private func build(
    _ flight: inout Flight, _ claimant: Claimant, _ source: SegmentBuilder.Source, of run: Run? = nil
  ) throws(StoreError) -> ClaimedSegment? {
    if let segment = builder.build(flight, claimant.number, source, claimant.profile) { return segment }
    guard flight.segments == 1, let plan = builder.cut(source, for: claimant.carrier), plan.count > 1,
      try segments.handedOverBefore(flight.ref) == nil
    else { return nil }
    var (cut, source) = (flight, source)
    cut.segments = plan.count
    source.reference = try conversations.nextReference(flight.conversation)
    guard let segment = builder.build(cut, claimant.number, source, claimant.profile) else { return nil }
    let message = flight.ref.message
    try messages.cut(
      message, into: plan.count, reference: source.reference, encoding: Int64(plan.encoding.stored))
    run?.cut(message, into: plan.count, reference: source.reference)
    flight = cut
    return segment
  }

  private func verdict(_ flight: Flight, _ claimant: Claimant, _ notAfter: Int64?) throws(StoreError)
    -> Verdict
  {
    // A rep who is back answers.
    if flight.traffic == .outOfOffice, try !absences.isInForce(reply: flight.ref.message) {
      return .never(.tooLate)
    }
    return try permission.verdict(
      TextInQuestion(
        phone: flight.phone, number: claimant.number, traffic: flight.traffic, notAfter: notAfter))
  }

  /// The state of a message's campaign; nil if the message has no campaign.
  private func stage(ofCampaignOf row: MessageRow?) throws(StoreError) -> CampaignStage? {
    guard let row, row.traffic == .campaign, let id = row.campaign else { return nil }
    return try campaigns.campaign(id)?.state
  }
}

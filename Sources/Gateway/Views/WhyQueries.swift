import Contract
import SMPP
import Store

extension Queries {
  /// `message.why`: what was decided about a message, by which rule, and where its time went.
  func messageWhy(_ params: MessageWhy, _ scope: AccessScope) throws -> MessageWhyResult {
    let view = try messageGet(MessageGet(messageID: params.messageID), scope)
    let reader = WhyReader(database: database, now: clock())
    guard let subject = try reader.subject(params.messageID.value) else {
      throw APIError.notFound("message", params.messageID)
    }
    guard subject.outbound else {
      return MessageWhyResult(
        message: view, lifeMs: 0, spans: [], decisions: try reader.decisions(ofInbound: subject))
    }
    let facts = try reader.facts(subject)
    let life = MessageLife(
      facts.map { SegmentLife($0, accepted: subject.accepted, now: reader.now) }, accepted: subject.accepted)
    var spans = try reader.spans(life, subject, facts)
    if let last = spans.last, last.endedAt.milliseconds == reader.now,
      [.lane, .campaignOrder, .throttled].contains(last.cause)
    {
      let details = [last.detail, try limits(of: subject.number)].compactMap(\.self)
      spans[spans.count - 1].detail = details.joined(separator: "; ")
    }
    return MessageWhyResult(
      message: view, lifeMs: Int(life.until - life.accepted), spans: spans,
      decisions: try reader.decisions(subject, facts))
  }

  /// What a lane that waits now is up against: its rate, and the windows of the sessions it may leave by.
  private func limits(of number: NumberID) throws -> String {
    let rate = try database.int("SELECT rate FROM number WHERE id = ?1", .int(number)) ?? 0
    let names = try database.map(
      """
      SELECT c.name FROM route r JOIN carrier c ON c.id = r.carrier_id
      WHERE r.number_id = ?1 AND r.direction = 'send' ORDER BY r.priority
      """, .int(number)
    ) { $0.text(0) }
    let windows = live.snapshot().filter { names.contains($0.name) }.map { carrier in
      let bound = carrier.sessions.filter { $0.state == .bound }
      let (used, room) = (bound.reduce(0) { $0 + $1.inFlight }, bound.reduce(0) { $0 + $1.window })
      return "\(used) of \(room) requests in flight at \(carrier.name)"
    }
    return (["now at most \(rate) per second"] + windows).joined(separator: ", ")
  }
}

extension WhyReader {
  // MARK: Spans

  func spans(_ life: MessageLife, _ subject: Subject, _ facts: [SegmentFacts]) throws -> [WhySpan] {
    let firstHanded = life.pieces.lazy.compactMap { piece in
      if case .flying = piece.phase { piece.from } else { nil }
    }.first
    var spans: [WhySpan] = []
    func add(_ cause: WhyCause, _ span: Span, _ segment: Int, _ detail: String?) {
      let number = subject.segments > 1 ? segment + 1 : nil
      if let last = spans.last, last.cause == cause, last.segment == number, last.detail == detail {
        spans[spans.count - 1].endedAt = Timestamp(milliseconds: span.until)
        spans[spans.count - 1].ms += Int(span.until - span.from)
        return
      }
      spans.append(
        WhySpan(
          cause: cause, startedAt: Timestamp(milliseconds: span.from),
          endedAt: Timestamp(milliseconds: span.until),
          ms: Int(span.until - span.from), segment: number, detail: detail))
    }
    for piece in life.pieces {
      let span = Span(from: piece.from, until: piece.until)
      switch piece.phase {
      case .waiting(let wait):
        for part in try explain(wait, span, subject, firstHanded: firstHanded) {
          add(part.cause, part.span, piece.segment, part.span.detail)
        }
      case .flying(let carrier, let isGivenBack):
        add(isGivenBack ? .givenBack : .carrier, span, piece.segment, try name(of: carrier))
      case .unknown: add(.unknown, span, piece.segment, nil)
      case .receipt:
        let carrier = facts[piece.segment].outcome?.carrier
        add(.receipt, span, piece.segment, try carrier.flatMap { try name(of: $0) })
      case .receiptMissing: add(.receiptMissing, span, piece.segment, nil)
      }
    }
    return spans
  }

  private func explain(
    _ wait: SegmentLife.Wait, _ span: Span, _ subject: Subject, firstHanded: Int64?
  ) throws -> [(cause: WhyCause, span: Span)] {
    var layers = WaitLayers<WhyCause>()
    layers.layers.append((.notRunning, try holds(.notRunning, 0, span)))
    layers.layers.append((.paused, try holds(.everything, 0, span)))
    layers.layers.append((.numberPaused, try holds(.number, subject.number, span)))
    if subject.traffic == .campaign, let campaign = subject.campaign {
      layers.layers.append((.campaignPaused, try holds(.campaign, campaign, span)))
      layers.layers.append((.campaignCancelled, try holds(.cancelledCampaign, campaign, span)))
    }
    layers.layers.append((.noSession, try unreachable(subject.number, span)))
    var rest: WhyCause = .lane
    var detail: String?
    switch wait {
    case .accepted:
      if subject.traffic == .campaign {
        rest = .campaignOrder
        detail = try place(subject)
      }
    case .again: detail = "will be sent again"
    case .back(let end, let until, _):
      if let until, until > span.from {
        let delay = Span(
          from: span.from, until: until,
          detail: end == .sessionRefused ? "the session carried nothing" : "the carrier could not take it")
        layers.layers.append((.retry, [delay]))
      }
      if end == .throttled { rest = .throttled }
    }
    if wait.mayBeBehind {
      var within = span
      // What has left keeps its turn: only what comes back with its answer late has lost it.
      if wait == .accepted, let firstHanded { within.until = min(within.until, firstHanded) }
      if within.from < within.until {
        layers.layers.append((.thread, try behind(subject, within, later: wait != .accepted)))
      }
    }
    return layers.explain(Span(from: span.from, until: span.until, detail: detail), rest: rest)
  }

  /// `the 12th of 5,000 messages of camp_7 from its number`.
  private func place(_ subject: Subject) throws -> String? {
    guard let campaign = subject.campaign else { return nil }
    let run = try database.map(
      "SELECT first_id, end_id FROM run WHERE campaign_id = ?1 AND number_id = ?2", .int(campaign),
      .int(subject.number)
    ) { ($0.int(0), $0.int(1)) }.first
    guard let (first, end) = run, first <= subject.id, subject.id < end else { return nil }
    return "number \(subject.id - first + 1) of \(end - first) in \(CampaignID(campaign)) from this number"
  }
}

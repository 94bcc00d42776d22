import Contract
import SMPP
import Store

extension WhyReader {
  // MARK: Outbound

  /// What was decided about a message of ours and what happened to it, in order.
  func decisions(_ subject: Subject, _ facts: [SegmentFacts]) throws -> [WhyDecision] {
    var found = [try acceptance(subject), allowance(subject)]
    for segment in facts {
      for var decision in try decisions(of: segment, subject) {
        decision.segment = subject.segments > 1 ? segment.index + 1 : nil
        found.append(decision)
      }
    }
    found += try words(subject)
    found += try contradictions(subject)
    // In order of time; decisions of the same moment keep their order.
    return found.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(
      \.element)
  }

  private func acceptance(_ subject: Subject) throws -> WhyDecision {
    let what =
      switch subject.traffic {
      case .interactive: "a person's message: goes before campaigns"
      case .notice: "a system's message: goes before campaigns"
      case .code: "a one-time code: goes before campaigns"
      case .campaign:
        "part of \(CampaignID(subject.campaign ?? 0)), committed \(try committed(subject) ?? "before")"
      case .help: "the gateway's answer to a keyword"
      case .outOfOffice: try outOfOffice(subject)
      case .confirmation: "the one confirmation of an opt-out"
      case .alert, .copy: "to a rep's own mobile"
      }
    return WhyDecision(at: Timestamp(milliseconds: subject.accepted), step: .accepted, detail: what)
  }

  private func outOfOffice(_ subject: Subject) throws -> String {
    let absence = try database.int(
      "SELECT absence_id FROM absence_reply WHERE message_id = ?1", .int(subject.id))
    return "the reply of a rep who is away" + (absence.map { ", of \(AbsenceID($0))" } ?? "")
  }

  private func committed(_ subject: Subject) throws -> String? {
    try subject.campaign.flatMap {
      try database.int("SELECT committed FROM campaign WHERE id = ?1", .int($0))
    }.map { Timestamp(milliseconds: $0).description }
  }

  private func allowance(_ subject: Subject) -> WhyDecision {
    let rule =
      switch subject.traffic {
      case .interactive, .notice, .code:
        "no opt-out between number and phone; checked again at hand-over"
      case .campaign:
        "no opt-out between number and phone when planned, nor when the message was made; checked again at hand-over"
      case .help: "the phone asked"
      case .outOfOffice:
        "no opt-out between number and phone, and no automatic answer within ten minutes; checked again at hand-over"
      case .confirmation: "only the confirmation passes an opt-out, within five minutes"
      case .alert, .copy: "the rep is alerted by text"
      }
    return WhyDecision(at: Timestamp(milliseconds: subject.accepted), step: .allowed, detail: rule)
  }

  private func decisions(of segment: SegmentFacts, _ subject: Subject) throws -> [WhyDecision] {
    var found: [WhyDecision] = []
    var lastHanded: Int64?
    func add(
      _ step: WhyStep, _ at: Int64, _ carrier: CarrierKey, status: String? = nil, _ detail: String? = nil
    ) throws {
      found.append(
        WhyDecision(
          at: Timestamp(milliseconds: at), step: step, carrier: try name(of: carrier), carrierStatus: status,
          detail: detail))
    }
    func handed(_ at: Int64, _ carrier: CarrierKey) throws {
      guard lastHanded != at else { return }
      lastHanded = at
      try add(.handedOver, at, carrier)
    }
    func settled(_ attempt: StoredAttempt) throws {
      guard let settlement = attempt.settlement, let at = attempt.until else { return }
      let handed = Timestamp(milliseconds: attempt.handed).description
      try add(
        .settled, at, attempt.carrier,
        settlement.words(handed: handed) + (attempt.note.map { ": \($0)" } ?? ""))
    }
    for attempt in segment.attempts {
      try handed(attempt.handed, attempt.carrier)
      let status =
        attempt.status == 0 ? nil : CommandStatus(rawValue: UInt32(truncatingIfNeeded: attempt.status)).name
      let until = attempt.until.map { Timestamp(milliseconds: $0).description }
      switch attempt.end {
      case .givenBack: try add(.givenBack, attempt.at, attempt.carrier, "not written: back in its place")
      case .throttled:
        try add(
          .throttled, attempt.at, attempt.carrier, status: status, "back in its place, at half the rate")
      case .refusedForNow, .sessionRefused:
        try add(
          attempt.end == .refusedForNow ? .refusedForNow : .sessionRefused, attempt.at, attempt.carrier,
          status: status, until.map { "next attempt not before \($0)" })
      case .refused: try add(.refused, attempt.at, attempt.carrier, status: status)
      case .receiptMissing: try add(.receiptMissing, attempt.at, attempt.carrier)
      case .answeredLate:
        try add(
          .contradicted, attempt.at, attempt.carrier,
          status: CommandStatus(rawValue: UInt32(attempt.status)).name,
          "answered after the outcome was known; the first outcome stands")
      case .retryEnded:
        found.append(
          WhyDecision(
            at: Timestamp(milliseconds: attempt.at), step: .stopped, carrier: try name(of: attempt.carrier),
            reason: attempt.settlement == nil ? attempt.note.flatMap { Refusal(rawValue: $0) } : nil,
            detail:
              "not sent again; the submit of \(Timestamp(milliseconds: attempt.handed)) is still unresolved"
          ))
        try settled(attempt)
      case .unanswered:
        try add(
          .unanswered, attempt.at, attempt.carrier, "the outcome is unknown: the message may have arrived")
        try settled(attempt)
      }
    }
    if let outcome = segment.outcome {
      if let at = outcome.handed { try handed(at, outcome.carrier) }
      found += try decisions(of: outcome, subject, isUnresolved: segment.isSettledOtherwise)
    } else if let at = segment.handed {
      try handed(at, 0)
    }
    return found
  }

  /// What the last outcome says. `isUnresolved`: the carrier never answered it.
  private func decisions(of outcome: StoredOutcome, _ subject: Subject, isUnresolved: Bool) throws
    -> [WhyDecision]
  {
    var decision = WhyDecision(at: Timestamp(milliseconds: outcome.at), step: .sent)
    decision.carrier = try name(of: outcome.carrier)
    if !outcome.external.isEmpty { decision.carrierMessageID = COctetString(octets: outcome.external).string }
    switch outcome.state {
    case .queued, .sending, .unknown: return []
    case .cancelled: return [try stopped(outcome, subject)]
    case .sent: return isUnresolved ? [] : [decision]
    case .delivered, .failed, .expired, .receiptMissing:
      guard outcome.flown != nil else { return [try stopped(outcome, subject)] }
      if outcome.status != 0 {
        decision.step = .refused
        decision.carrierStatus = outcome.error
        return [decision]
      }
      if outcome.error == UnknownError.byHand { return [] }
      var end = decision
      end.at = Timestamp(milliseconds: outcome.finalAt ?? outcome.at)
      end.carrierMessageID = nil
      end.step = outcome.state == .receiptMissing ? .receiptMissing : .receipt
      if outcome.state != .receiptMissing {
        end.carrierStatus = outcome.state.word.rawValue + (outcome.error.map { " \($0)" } ?? "")
        if outcome.inferred {
          end.detail = "inferred: from, to and submit time of the receipt fit only this message"
        }
      }
      return isUnresolved ? [end] : [decision, end]
    }
  }

  /// Ended by a rule: which, and what it rests on.
  private func stopped(_ outcome: StoredOutcome, _ subject: Subject) throws -> WhyDecision {
    let reason = outcome.reason.flatMap { Refusal(rawValue: $0) }
    let detail: String? =
      switch reason {
      case .optedOut, .networkBlocked: try optOut(subject, before: outcome.at)
      case .tooLate: "not_after had passed"
      case .notLive: "the gateway was not live, and the phone is not a test phone"
      case .alreadyFinal: "the campaign was cancelled"
      case .notAllowed: "the phone opted in again before the message left"
      case .notTextable: "the text or an address cannot be written for this carrier"
      default: nil
      }
    return WhyDecision(
      at: Timestamp(milliseconds: outcome.at), step: .stopped, reason: reason, detail: detail)
  }

  /// The newest opt-out that stood between the number and the phone: its word, scope and message.
  private func optOut(_ subject: Subject, before: Int64) throws -> String? {
    try database.map(
      """
      SELECT word, source, scope, message_id, at FROM consent_record
      WHERE phone = ?1 AND change = 'opt_out' AND scope IN (0, ?2, ?3) AND at <= ?4 ORDER BY id DESC LIMIT 1
      """, .int(subject.phone), .int(subject.number), .int(-subject.number), .int(before)
    ) { row in
      let scope =
        switch SuppressionScope(stored: row.int(2)) {
        case .brand: "of the brand"
        case .number: "of this number"
        case .network: "at the carrier, of this number"
        }
      let how = row.textOrNil(0).map { "by the word \($0.uppercased())" } ?? "by \(row.text(1))"
      let message = row.intOrNil(3).map { " in \(MessageID($0))" } ?? ""
      return "opted out \(scope) \(how)\(message) at \(Timestamp(milliseconds: row.int(4)))"
    }.first
  }

  /// What receipts said in the carrier's own words: no outcome.
  private func words(_ subject: Subject) throws -> [WhyDecision] {
    let first = SegmentRef(message: subject.id, index: 0).rawValue
    let end = SegmentRef(message: subject.id + 1, index: 0).rawValue
    return try database.map(
      """
      SELECT w.at, w.ref, w.word, w.error, c.name, EXISTS (SELECT 1 FROM unknown_state WHERE word = w.word)
      FROM receipt_word w LEFT JOIN carrier c ON c.id = w.carrier_id
      WHERE w.ref >= ?1 AND w.ref < ?2 ORDER BY w.at, w.ref
      """, .int(first), .int(end)
    ) { row in
      let said = [row.text(2), row.text(3)].filter { !$0.isEmpty }.joined(separator: " ")
      return WhyDecision(
        at: Timestamp(milliseconds: row.int(0)), step: .receipt,
        segment: subject.segments > 1 ? SegmentRef(rawValue: row.int(1)).index + 1 : nil,
        carrier: row.textOrNil(4), carrierStatus: said.isEmpty ? nil : said,
        detail: row.bool(5)
          ? "a state that nobody knows: receipts.states of the carrier's profile can give it a meaning"
          : "the carrier does not know what became of the message")
    }
  }

  /// Receipts that came after another end: kept, and nothing else.
  private func contradictions(_ subject: Subject) throws -> [WhyDecision] {
    let first = SegmentRef(message: subject.id, index: 0).rawValue
    let end = SegmentRef(message: subject.id + 1, index: 0).rawValue
    return try database.map(
      """
      SELECT u.at, u.ref, u.state, u.error, u.external, c.name FROM unmatched_receipt u
      LEFT JOIN carrier c ON c.id = u.carrier_id WHERE u.ref >= ?1 AND u.ref < ?2 ORDER BY u.id
      """, .int(first), .int(end)
    ) { row in
      let state = SegmentState(rawValue: row.int(2)) ?? .sent
      return WhyDecision(
        at: Timestamp(milliseconds: row.int(0)), step: .contradicted,
        segment: subject.segments > 1 ? SegmentRef(rawValue: row.int(1)).index + 1 : nil,
        carrier: row.textOrNil(5),
        carrierStatus: state.word.rawValue + (row.textOrNil(3).map { " \($0)" } ?? ""),
        carrierMessageID: COctetString(octets: row.blob(4)).string, detail: "the first final state stands")
    }
  }

  // MARK: Inbound

  func decisions(ofInbound subject: Subject) throws -> [WhyDecision] {
    let at = Timestamp(milliseconds: subject.accepted)
    var found = [
      WhyDecision(at: at, step: .accepted, detail: "a text in \(ConversationID(subject.conversation))")
    ]
    if subject.flags.contains(.lossy) {
      let original = try ReceivedOctetsTable.original(of: subject.id, in: database)
      found.append(
        WhyDecision(
          at: at, step: .lossy,
          detail: "the octets do not fit data_coding \(original.map { "\($0.dataCoding)" } ?? "?"); "
            + "read as \(try encoding(of: subject).rawValue)"))
    }
    let consents = try database.map(
      "SELECT change, scope, word, at FROM consent_record WHERE phone = ?1 AND message_id = ?2 ORDER BY id",
      .int(subject.phone), .int(subject.id)
    ) { row in
      let scope =
        switch SuppressionScope(stored: row.int(1)) {
        case .brand: "for the brand"
        case .number: "for this number"
        case .network: "at the network, for this number"
        }
      return WhyDecision(
        at: Timestamp(milliseconds: row.int(3)), step: .keyword,
        detail: "\(row.text(2).uppercased()): \(row.text(0) == "opt_out" ? "opted out" : "opted in") \(scope)"
      )
    }
    found += consents
    if consents.isEmpty, let keyword = Keyword(rawValue: subject.keyword), keyword == .help {
      found.append(WhyDecision(at: at, step: .keyword, detail: "HELP: answered unless the phone opted out"))
    }
    if subject.keyword == Keyword.joined.rawValue {
      if let decision = try unanswered(subject, isObeyed: !consents.isEmpty) { found.append(decision) }
    }
    return found
  }

  /// Why an opt-in keyword of the company's was not obeyed, or could not be answered.
  private func unanswered(_ subject: Subject, isObeyed: Bool) throws -> WhyDecision? {
    let at = Timestamp(milliseconds: subject.accepted)
    guard isObeyed else {
      return WhyDecision(
        at: at, step: .keyword, detail: "an opt-in keyword in a text that a person released: not obeyed")
    }
    let last = try database.map(
      """
      SELECT change FROM consent_record WHERE phone = ?1 AND scope = ?2
        AND id < (SELECT min(id) FROM consent_record WHERE phone = ?1 AND message_id = ?3)
      ORDER BY id DESC LIMIT 1
      """, .int(subject.phone), .int(SuppressionScope.network(subject.number).stored), .int(subject.id)
    ) { $0.text(0) }
    guard last.first == "opt_out" else { return nil }
    return WhyDecision(
      at: at, step: .keyword, reason: .networkBlocked,
      detail: "not answered: the carrier delivers nothing from this number until the phone texts START to it")
  }

  private func encoding(of subject: Subject) throws -> MessageEncoding {
    MessageEncoding(
      stored: Int(try database.int("SELECT encoding FROM message WHERE id = ?1", .int(subject.id)) ?? 0))
  }
}

extension SegmentFacts {
  /// The carrier never answered what was written last: a receipt, or nobody yet, says what became of it.
  var isSettledOtherwise: Bool {
    let last = attempts.last { $0.end != .receiptMissing && $0.end != .answeredLate }
    guard let last, last.end == .unanswered || last.end == .retryEnded else { return false }
    // What was sent again, and has an outcome of a hand-over of its own, was answered.
    if let settlement = last.settlement, settlement.isRetry { return outcome?.handed == last.handed }
    return last.settlement != .answer
  }
}

extension Settlement {
  /// `handed`: when that was handed over which it is about.
  func words(handed: String) -> String {
    switch self {
    case .answer: "the answer came late"
    case .receipt: "by a receipt"
    case .policy: "sent again as the message class says, although the submit of \(handed) may have arrived"
    case .handRetry: "sent again by a person, although the submit of \(handed) may have arrived"
    case .handSent: "a person says that the carrier accepted it"
    case .handFailed: "a person says that the carrier did not accept it"
    }
  }
}

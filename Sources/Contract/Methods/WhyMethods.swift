// Why a message stands where it does, and where its time went.

/// What a span of a message's life was spent on. Of several that hold at once, the first of them counts.
public enum WhyCause: String, Codable, Sendable, CaseIterable {
  /// The gateway was not running: from its last sign of life to its next start.
  case notRunning = "not_running"
  /// All sending was paused.
  case paused
  /// Its number was paused.
  case numberPaused = "number_paused"
  /// Its campaign was paused.
  case campaignPaused = "campaign_paused"
  /// Its campaign was cancelled, and its end had not come to it yet.
  case campaignCancelled = "campaign_cancelled"
  /// No carrier it could leave by had a session.
  case noSession = "no_session"
  /// The carrier had refused it for now: not tried again before a time.
  case retry
  /// An earlier message of its thread was not through.
  case thread
  /// Its place in its campaign, whose messages leave one after the other at the number's rate, after people's.
  case campaignOrder = "campaign_order"
  /// Its place in the number's lane, under the rates of number and carrier and the window.
  case lane
  /// The same after the carrier had asked for less: at a rate that was halved.
  case throttled
  /// With a session that gave it back unwritten.
  case givenBack = "given_back"
  /// With a session: written, and not answered yet.
  case carrier
  /// Written, and its answer never came.
  case unknown
  /// Accepted by the carrier; its receipt was awaited.
  case receipt
  /// Its receipt did not come in its time, and came after all.
  case receiptMissing = "receipt_missing"
}

/// A span of a message's life.
public struct WhySpan: Codable, Hashable, Sendable {
  public var cause: WhyCause
  public var from: Timestamp
  public var until: Timestamp
  public var ms: Int
  public var segment: Int?
  public var detail: String?

  public init(
    cause: WhyCause, from: Timestamp, until: Timestamp, ms: Int, segment: Int? = nil, detail: String? = nil
  ) {
    self.cause = cause
    self.from = from
    self.until = until
    self.ms = ms
    self.segment = segment
    self.detail = detail
  }
}

/// What was decided about a message, or happened to it.
public enum WhyStep: String, Codable, Sendable, CaseIterable {
  /// Recorded.
  case accepted
  /// Let through by the rules.
  case allowed
  /// Handed over to a session.
  case handedOver = "handed_over"
  /// Given back unwritten.
  case givenBack = "given_back"
  /// The carrier asked for less.
  case throttled
  /// The carrier could not take it for now.
  case refusedForNow = "refused_for_now"
  /// The session carries nothing.
  case sessionRefused = "session_refused"
  /// Written, and no answer came.
  case unanswered
  /// What had no answer was settled.
  case settled
  /// The carrier accepted it.
  case sent
  /// The carrier refused it.
  case refused
  /// A receipt said what became of it.
  case receipt
  /// Its receipt did not come in its time.
  case receiptMissing = "receipt_missing"
  /// A receipt contradicts what was final: kept, and nothing else.
  case contradicted
  /// Ended by a rule before it left; `reason` names it.
  case stopped
  /// A text from the phone was a keyword.
  case keyword
}

/// One decision or event.
public struct WhyDecision: Codable, Hashable, Sendable {
  public var at: Timestamp
  public var step: WhyStep
  public var segment: Int?
  public var carrier: String?
  public var status: String?
  public var carrierMessageID: String?
  public var reason: Refusal?
  public var detail: String?

  public init(
    at: Timestamp, step: WhyStep, segment: Int? = nil, carrier: String? = nil, status: String? = nil,
    carrierMessageID: String? = nil, reason: Refusal? = nil, detail: String? = nil
  ) {
    self.at = at
    self.step = step
    self.segment = segment
    self.carrier = carrier
    self.status = status
    self.carrierMessageID = carrierMessageID
    self.reason = reason
    self.detail = detail
  }

  enum CodingKeys: String, CodingKey {
    case at, step, segment, carrier, status, reason, detail
    case carrierMessageID = "carrier_message_id"
  }
}

public struct MessageWhy: MethodParams {
  public typealias Result = MessageWhyResult
  public static let method = Method.messageWhy

  public var messageID: MessageID

  public init(messageID: MessageID) {
    self.messageID = messageID
  }

  enum CodingKeys: String, CodingKey {
    case messageID = "message_id"
  }
}

public struct MessageWhyResult: Codable, Hashable, Sendable {
  public var message: MessageView
  public var lifeMs: Int
  public var spans: [WhySpan]
  public var decisions: [WhyDecision]

  public init(message: MessageView, lifeMs: Int, spans: [WhySpan], decisions: [WhyDecision]) {
    self.message = message
    self.lifeMs = lifeMs
    self.spans = spans
    self.decisions = decisions
  }

  enum CodingKeys: String, CodingKey {
    case message, spans, decisions
    case lifeMs = "life_ms"
  }
}

import Contract

// What the store keeps as integers: they never change their meaning.

/// Why something stands still. The store has these integers.
enum HoldCause: Int64, CaseIterable {
  /// The gateway was not running: from the last sign of life to the next start.
  case notRunning = 1
  /// All sending is paused.
  case everything = 2
  /// A number is paused.
  case number = 3
  /// A campaign is paused.
  case campaign = 4
  /// A campaign was cancelled: what waits of it ends, a slice at a time.
  case cancelledCampaign = 5
  /// A carrier has no session that sends.
  case noSession = 6
  /// Not a hold: the carriers a number had sent by, until its routes were changed; `reason` has their ids.
  case formerRoutes = 7
  /// No member of a queue is available.
  case nobodyAvailable = 8
  /// Every available member of a queue has as many conversations as the queue allows.
  case atCapacity = 9
}

/// What handing a segment over came to, where that was not the end of it. The store has these integers.
enum AttemptEnd: Int64 {
  /// Handed back unwritten: the session was lost, or the lane paused.
  case givenBack = 1
  /// The carrier asked for less.
  case throttled = 2
  /// The carrier could not take it for now.
  case refusedForNow = 3
  /// The session it went by carries nothing.
  case sessionRefused = 4
  /// Written, and no answer came: the outcome is unknown from then on.
  case unanswered = 5
  /// Accepted, and the receipt did not come in its time; it came later.
  case receiptMissing = 6
  /// Answered when a person had settled it: the first word stands.
  case answeredLate = 7
  /// It was to be sent again, and a rule ended that: the outcome of the hand-over before is as unknown as it was.
  case retryEnded = 8
  /// It was sent again, and the carrier refused that copy; it says nothing of the hand-over before.
  case refused = 9
}

/// By what an unknown outcome became known, or was given up. The store has these integers.
enum Settlement: Int64 {
  case answer = 1
  case receipt = 2
  /// Sent again, by the policy of its class.
  case policy = 3
  /// Sent again, by a person's order.
  case handRetry = 4
  /// A person said that the carrier took it.
  case handSent = 5
  /// A person said that it did not.
  case handFailed = 6

  /// It was sent again.
  var isRetry: Bool { self == .policy || self == .handRetry }
}

/// Why a receipt settled nothing. The store has these integers; those up to `lastThatWaits` may yet find their message.
enum UnmatchedReason: Int64 {
  case waitingForResponse = 0
  case otherBase = 1
  case noSuchMessage = 2
  case collision = 3
  case alreadyFinal = 4
  case unreadable = 5

  var waits: Bool { rawValue <= UnmatchedReason.noSuchMessage.rawValue }

  var word: ReceiptReason {
    switch self {
    case .waitingForResponse: .waitingForResponse
    case .otherBase: .otherBase
    case .noSuchMessage: .noSuchMessage
    case .collision: .collision
    case .alreadyFinal: .alreadyFinal
    case .unreadable: .unreadable
    }
  }
}

/// What is to be said of an inbound message. The store has these integers.
struct MessageFlags: OptionSet {
  let rawValue: Int64
  /// Parts never came.
  static let incomplete = MessageFlags(rawValue: 1)
  /// The text may not be what was written.
  static let lossy = MessageFlags(rawValue: 2)
}

/// With whom a thread is held.
enum ConversationRole: Int64 {
  case contact = 0
  /// A rep's private mobile: listed nowhere.
  case privateMobile = 1
}

/// Threads whose owner may have changed, all at once.
enum OwnershipWalk: Int64 {
  /// Those of a number.
  case number = 1
  /// Those a rep owns.
  case owned = 2
  /// Those that were given to a rep by hand.
  case assigned = 3
  /// Those of a rep who is, or was, away.
  case absent = 4
  /// Those of every such rep: somebody who looks after others' came or went.
  case anyAbsent = 5
}

/// The errors of messages that no carrier gave.
enum UnknownError {
  /// A person said that it failed.
  static let byHand = "by_hand"
}

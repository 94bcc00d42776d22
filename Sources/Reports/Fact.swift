import Contract

/// Who did something, as the feed names people.
enum Worker: Hashable {
  /// A member, with a conversation of a queue.
  case member(MemberID)
  /// A rep, with an own conversation.
  case rep(RepID)
  /// The gateway, or an app: the feed names nobody.
  case nobody
}

/// Something that a report counts: what happened to the work in one conversation.
struct Fact {
  enum What {
    /// A text from the phone that is no keyword.
    case received
    case opened
    /// By `serve.next` or a wish; milliseconds since the wait began.
    case served(Int64)
    case taken
    /// A person's text was accepted.
    case sent
    /// The text was the answer to what nobody had answered: how long that took, and the queue's limit where the feed told it.
    case answered(Int64, isFirst: Bool, limit: Int64?)
    case released, wentBack, transferred
    case snoozed
    case snoozeEnded(SnoozeEnd)
    case completed, optedOut
    /// One of work whose beginning is not kept is neither first nor last.
    case outcome(key: String, label: String, isFirst: Bool, isLast: Bool)
    /// An earlier one, counted as an episode's last, is that no longer.
    case noLongerLast(key: String)
    /// A member had it to answer, for so many milliseconds.
    case handled(Int64)
    /// Something that cannot be counted: its beginning was before the first event that is kept.
    case leftOut
  }

  /// What became of a snooze.
  enum SnoozeEnd {
    case cameBack, closed, again, overdue, notDue
  }

  var what: What
  /// The time that decides about the period. For what became of a snooze: of the snooze. Milliseconds since 1970 UTC.
  var at: Int64
  var conversation: ConversationID
  var number: PhoneNumber
  /// nil: a rep's own conversation, or one without work in it.
  var queue: QueueID?
  var worker: Worker
}

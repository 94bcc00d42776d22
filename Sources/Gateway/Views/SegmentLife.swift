/// An outcome as the store has it: a row of `segment`.
struct StoredOutcome {
  var state: SegmentState
  var carrier: Int64
  var external: [UInt8]
  var at: Int64
  var finalAt: Int64?
  var status: Int64
  var error: String?
  var reason: String?
  var inferred: Bool
  var flown: Int64?

  /// When it was handed over; nil where it ended while it waited.
  var handed: Int64? { flown.map { at - $0 } }
}

/// A hand-over that did not end its segment: a row of `attempt`.
struct StoredAttempt {
  var end: AttemptEnd
  var handed: Int64
  var at: Int64
  var carrier: Int64
  var status: Int64
  var until: Int64?
  var settlement: Settlement?
  var note: String?
}

/// Everything the store says of one segment.
struct SegmentFacts {
  var index: Int
  var attempts: [StoredAttempt] = []
  var outcome: StoredOutcome?
  /// In flight since; nil: not in flight.
  var handed: Int64?
  /// A receipt of it is awaited.
  var awaits = false
}

/// One segment's life as stretches of time, each spent in one way, one after the other from its acceptance.
struct SegmentLife {
  enum Phase: Equatable {
    /// In its lane, since `wait` began.
    case waiting(Wait)
    /// With a session of a carrier; `isGivenBack`: it was not written.
    case flying(carrier: Int64, isGivenBack: Bool)
    case unknown
    case receipt
    case receiptMissing

    /// How far it is from the end: of several segments the one with the least says where the message is.
    var rank: Int {
      switch self {
      case .waiting: 0
      case .flying: 1
      case .unknown: 2
      case .receipt: 3
      case .receiptMissing: 4
      }
    }
  }

  /// Why a segment waits in its lane.
  enum Wait: Equatable {
    case accepted
    /// A hand-over came to `end`; not to be tried again before `until`. `wasUnanswered`: its answer came late, when another
    /// message of its thread may have had the turn.
    case back(AttemptEnd, until: Int64?, wasUnanswered: Bool)
    /// Its answer never came, and it is sent again.
    case again

    /// Another message of the thread may have the turn.
    var mayBeBehind: Bool {
      switch self {
      case .accepted, .again: true
      case .back(_, _, let wasUnanswered): wasUnanswered
      }
    }
  }

  struct Stretch: Equatable {
    var from: Int64
    var until: Int64
    var phase: Phase
  }

  private(set) var stretches: [Stretch] = []
  /// When it ended; nil while it has not.
  private(set) var end: Int64?

  /// Its first hand-over.
  var firstHanded: Int64? {
    stretches.first { if case .flying = $0.phase { true } else { false } }?.from
  }

  init(_ facts: SegmentFacts, accepted: Int64, now: Int64) {
    var marks = Marks(accepted)
    // What was written last and never answered.
    var unresolved: StoredAttempt?
    var missing: Int64?
    for attempt in facts.attempts {
      switch attempt.end {
      case .receiptMissing: missing = attempt.at
      case .answeredLate: break
      case .unanswered, .retryEnded:
        if attempt.end == .unanswered {
          marks.enter(.flying(carrier: attempt.carrier, isGivenBack: false), at: attempt.handed)
        }
        marks.enter(.unknown, at: attempt.at)
        unresolved = attempt
        if let settlement = attempt.settlement, settlement.isRetry, let until = attempt.until {
          marks.enter(.waiting(.again), at: until)
          unresolved = nil
        }
      case .refused:
        if unresolved?.handed != attempt.handed {
          marks.enter(.flying(carrier: attempt.carrier, isGivenBack: false), at: attempt.handed)
        }
        unresolved = nil
      case .givenBack, .throttled, .refusedForNow, .sessionRefused:
        let wasUnanswered = unresolved?.handed == attempt.handed
        if !wasUnanswered {
          marks.enter(
            .flying(carrier: attempt.carrier, isGivenBack: attempt.end == .givenBack), at: attempt.handed)
        }
        marks.enter(
          .waiting(.back(attempt.end, until: attempt.until, wasUnanswered: wasUnanswered)), at: attempt.at)
        unresolved = nil
      }
    }
    if let outcome = facts.outcome {
      marks.end(outcome, unresolved, missing, awaits: facts.awaits)
    } else if let handed = facts.handed {
      marks.enter(.flying(carrier: 0, isGivenBack: false), at: handed)
    }
    (stretches, end) = marks.stretches(now: now)
  }

  /// The moments at which a segment entered its phases.
  private struct Marks {
    private var entered: [(at: Int64, phase: Phase?)]

    init(_ accepted: Int64) { entered = [(accepted, .waiting(.accepted))] }

    /// nil: its end. Clocks may go back, and a life does not: a mark is never before the one in front of it.
    mutating func enter(_ phase: Phase?, at: Int64) {
      entered.append((max(at, entered.last?.at ?? at), phase))
    }

    mutating func end(_ outcome: StoredOutcome, _ unresolved: StoredAttempt?, _ missing: Int64?, awaits: Bool)
    {
      if let handed = outcome.handed, unresolved?.handed != handed {
        enter(.flying(carrier: outcome.carrier, isGivenBack: outcome.state == .cancelled), at: handed)
      }
      // When the carrier had it for certain: at its answer, or when something else resolved the submit.
      let known = unresolved.flatMap { $0.settlement == .answer ? nil : $0.until } ?? outcome.at
      switch outcome.state {
      case .queued, .sending: break
      case .unknown: enter(.unknown, at: outcome.at)
      case .cancelled: enter(nil, at: outcome.at)
      case .sent: enter(awaits ? .receipt : nil, at: known)
      case .delivered, .failed, .expired, .receiptMissing:
        if outcome.status == 0, outcome.flown != nil {
          enter(.receipt, at: known)
          if let missing { enter(.receiptMissing, at: missing) }
          enter(nil, at: outcome.finalAt ?? known)
        } else {
          enter(nil, at: outcome.at)
        }
      }
    }

    func stretches(now: Int64) -> ([Stretch], end: Int64?) {
      var found: [Stretch] = []
      for (index, mark) in entered.enumerated() {
        guard let phase = mark.phase else { return (found, mark.at) }
        let until = index + 1 < entered.count ? entered[index + 1].at : max(now, mark.at)
        if until > mark.at { found.append(Stretch(from: mark.at, until: until, phase: phase)) }
      }
      return (found, nil)
    }
  }
}

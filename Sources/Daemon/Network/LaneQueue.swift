import Gateway
import Pacing

/// Claimed segments of one number, in the order of their claims; each urgency apart.
struct LaneQueue {
  private var person = List()
  private var answers = List()
  private var alerts = List()
  private var bulk = List()
  /// The carrier's place in the configuration; nil while it has none.
  var carrier: Int?

  private struct List {
    var segments: [ClaimedSegment] = []
    var head = 0

    var isEmpty: Bool { head == segments.count }

    mutating func take() -> ClaimedSegment? {
      guard head < segments.count else { return nil }
      let segment = segments[head]
      head += 1
      if head == segments.count {
        segments.removeAll(keepingCapacity: true)
        head = 0
      }
      return segment
    }

    /// Takes out what `isWanted`, keeping the order of the rest.
    mutating func remove(where isWanted: (ClaimedSegment) -> Bool, into taken: inout [ClaimedSegment]) {
      let wanted = segments[head...].filter(isWanted)
      guard !wanted.isEmpty else { return }
      taken += wanted
      segments = segments[head...].filter { !isWanted($0) }
      head = 0
    }
  }

  var isEmpty: Bool { person.isEmpty && answers.isEmpty && alerts.isEmpty && bulk.isEmpty }

  mutating func append(_ segment: ClaimedSegment) {
    switch segment.urgency {
    case .person: person.segments.append(segment)
    case .answer: answers.segments.append(segment)
    case .alert: alerts.segments.append(segment)
    case .bulk: bulk.segments.append(segment)
    }
  }

  mutating func take(_ urgency: Urgency) -> ClaimedSegment? {
    switch urgency {
    case .person: person.take()
    case .answer: answers.take()
    case .alert: alerts.take()
    case .bulk: bulk.take()
    }
  }

  /// Takes out what `isWanted`, keeping the order of the rest.
  mutating func remove(where isWanted: (ClaimedSegment) -> Bool) -> [ClaimedSegment] {
    guard !isEmpty else { return [] }
    var taken: [ClaimedSegment] = []
    person.remove(where: isWanted, into: &taken)
    answers.remove(where: isWanted, into: &taken)
    alerts.remove(where: isWanted, into: &taken)
    bulk.remove(where: isWanted, into: &taken)
    return taken
  }
}

extension Urgency {
  /// The pacer's word for it.
  var messageClass: MessageClass {
    switch self {
    case .person: .interactive
    case .answer: .answer
    case .alert: .alert
    case .bulk: .campaign
    }
  }

  init(_ messageClass: MessageClass) {
    self =
      switch messageClass {
      case .interactive: .person
      case .answer: .answer
      case .alert: .alert
      case .campaign: .bulk
      }
  }
}

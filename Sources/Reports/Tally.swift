import Contract

/// The facts of one row, as they are counted. One kind of tally serves queues, members and conversations; each row takes from it what it shows.
struct Tally {
  /// Named by what the rows call them.
  struct Counts {
    var received = 0
    var opened = 0
    var taken = 0
    var texts = 0
    var released = 0
    var wentBack = 0
    var transferred = 0
    var snoozed = 0
    var cameBack = 0
    var closedSnoozed = 0
    var snoozedAgain = 0
    var notDue = 0
    var overdue = 0
    var completed = 0
    var optedOut = 0
    var limitKnown = 0
    var answeredInTime = 0
  }

  var counts = Counts()
  var served: [Int64] = []
  var firstResponses: [Int64] = []
  var nextResponses: [Int64] = []
  /// Both in their order.
  var responses: [Int64] = []
  var handled: [Int64] = []
  private var outcomes: [String: OutcomeCount] = [:]

  var dispositions: [OutcomeCount] { outcomes.values.sorted { $0.disposition < $1.disposition } }

  /// - Returns: how many more values are kept.
  mutating func add(_ what: Fact.What, keepsOrder: Bool) -> Int {
    switch what {
    case .received: counts.received += 1
    case .opened: counts.opened += 1
    case .served(let waited):
      served.append(waited)
      return 1
    case .taken: counts.taken += 1
    case .sent: counts.texts += 1
    case .answered(let time, let isFirst, let limit):
      if let limit {
        counts.limitKnown += 1
        if time <= limit { counts.answeredInTime += 1 }
      }
      if keepsOrder {
        responses.append(time)
      } else if isFirst {
        firstResponses.append(time)
      } else {
        nextResponses.append(time)
      }
      return 1
    case .released: counts.released += 1
    case .wentBack: counts.wentBack += 1
    case .transferred: counts.transferred += 1
    case .snoozed: counts.snoozed += 1
    case .snoozeEnded(let end):
      switch end {
      case .cameBack: counts.cameBack += 1
      case .closed: counts.closedSnoozed += 1
      case .again: counts.snoozedAgain += 1
      case .overdue: counts.overdue += 1
      case .notDue: counts.notDue += 1
      }
    case .completed: counts.completed += 1
    case .optedOut: counts.optedOut += 1
    case .outcome(let key, let label, let isFirst, let isLast):
      let isNew = outcomes[key] == nil
      var outcome = outcomes[key] ?? OutcomeCount(disposition: key, label: label)
      outcome.label = label
      outcome.all += 1
      if isFirst { outcome.first += 1 }
      if isLast { outcome.last += 1 }
      outcomes[key] = outcome
      return isNew ? 1 : 0
    case .noLongerLast(let key): outcomes[key]?.last -= 1
    case .handled(let time):
      handled.append(time)
      return 1
    case .leftOut: break
    }
    return 0
  }
}

import CarrierSimulator
import Contract

/// Orders about reps who are away.
extension Staff {
  /// The beginning of every out-of-office reply of a story, each of which is another.
  static let replyMark = "away "

  /// - Parameter then: is given an absence that is in force, or is to be.
  func goAway(_ then: @escaping (AbsenceView) -> Void = { _ in }) {
    guard let rep = pick(reps) else { return }
    made += 1
    let now = world.clock.wallMilliseconds
    let starts = random.happens(0.4) ? now + random.within(500, 15_000) : nil
    let ends = random.happens(0.7) ? (starts ?? now) + random.within(1_000, 30_000) : nil
    var set = AbsenceSet(
      repID: rep, startsAt: starts.map { Timestamp(milliseconds: $0) },
      endsAt: ends.map { Timestamp(milliseconds: $0) },
      reply: random.happens(0.7) ? "\(Staff.replyMark)\(made): my colleagues will answer" : nil,
      idempotencyKey: newKey())
    switch random.within(0, 3) {
    case 0: set.delegateQueueID = pick(queues)
    case 1, 2: set.delegateRepID = pick(reps.filter { $0 != rep })
    default: break
    }
    // From here on a thread that is given to the rep may go to somebody else.
    mayBeAway.insert(rep)
    ask(.absenceSet(set)) { [unowned self] json in
      guard let view = decoded(AbsenceView.self, json, .absenceSet) else { return }
      if view.repID != rep || view.delegateRepID != set.delegateRepID || view.reply != set.reply
        || view.state == .over
      {
        world.witness.violated("away", "\(set) is answered with \(view)")
      }
      if !absences.contains(view.absenceID) { absences.append(view.absenceID) }
      then(view)
    }
  }

  func comeBack() {
    let (later, replaces, queue) = (milliseconds(500, 12_000), random.happens(0.5), pick(queues))
    goAway { [unowned self] view in
      if replaces { replace(view, queue) }
      after(later) { [unowned self] in clear(view.absenceID) }
    }
  }

  /// Others look after the rep's threads from now on; who got the reply has had it.
  private func replace(_ view: AbsenceView, _ queue: QueueID?) {
    ask(
      .absenceSet(
        AbsenceSet(
          absenceID: view.absenceID, repID: view.repID, endsAt: view.endsAt, delegateQueueID: queue,
          reply: view.reply, idempotencyKey: newKey()))
    ) { [unowned self] json in
      guard let again = decoded(AbsenceView.self, json, .absenceSet) else { return }
      if again.absenceID != view.absenceID || again.startsAt != view.startsAt
        || again.delegateQueueID != queue
      {
        world.witness.violated("away", "\(view) is replaced by \(again)")
      }
    }
  }

  func clear(_ absence: AbsenceID) {
    ask(.absenceClear(AbsenceClear(absenceID: absence, idempotencyKey: newKey()))) { [unowned self] json in
      guard let view = decoded(AbsenceView.self, json, .absenceClear) else { return }
      if view.state != .over {
        world.witness.violated("away", "\(absence) was cleared, and is \(view.state)")
      }
    }
  }

  func goAwayInVain(_ method: Method) {
    let nobody = RepID(1 << 40)
    let rep = reps[0]
    guard method == .absenceSet else {
      return askInVain(method) {
        .absenceClear(AbsenceClear(absenceID: AbsenceID(1 << 40), idempotencyKey: $0))
      }
    }
    let past = Timestamp(milliseconds: 1_000)
    let bad: [AbsenceSet] = [
      AbsenceSet(repID: nobody), AbsenceSet(repID: rep, delegateRepID: rep),
      AbsenceSet(repID: rep, endsAt: past), AbsenceSet(repID: rep, reply: "I am away, {{first_name}}"),
      AbsenceSet(repID: rep, delegateRepID: nobody), AbsenceSet(absenceID: AbsenceID(1 << 40), repID: rep),
    ]
    guard var set = pick(bad) else { return }
    askInVain(method) {
      set.idempotencyKey = $0
      return .absenceSet(set)
    }
  }
}

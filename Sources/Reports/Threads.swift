import Contract

/// What the feed says about the work in conversations, turned into facts that can be counted.
///
/// A wait or a span is a fact only if both its ends are in the feed, or the event that ends it says when it began.
struct Threads {
  /// A conversation without open work is forgotten when nothing happened in it for so many milliseconds: 30 days.
  static let quiet: Int64 = 30 * 86_400_000

  /// One stretch of work, as it was told last.
  private struct Episode {
    var id: EpisodeID
    /// Its beginning is in the feed.
    var isWhole: Bool
    var state: EpisodeState
    var queue: QueueID?
    var rep: RepID?
    var member: MemberID?
    /// A person's text was accepted in it.
    var isAnswered = false
    /// The record that is its last so far.
    var lastOutcome: Fact?

    var isOpen: Bool { state != .completed }
    /// Whose the work is; of a queue, nobody's while it waits.
    var worker: Worker {
      guard queue == nil else { return member.map { .member($0) } ?? .nobody }
      return rep.map { .rep($0) } ?? .nobody
    }
  }

  private struct Thread {
    var number: PhoneNumber
    /// When something happened here last.
    var seen: Int64
    /// A text may wait for an answer that came before the first event kept.
    var isCut: Bool
    /// When the oldest text came that nobody has answered.
    var pending: Int64?
    var episode: Episode?
    /// A person's text whose author the next event tells: when it was accepted, and whose number sends.
    var sent: (at: Int64, rep: RepID?)?
    var snooze: (fact: Fact, due: Int64)?

    func fact(_ what: Fact.What, _ id: ConversationID, _ now: Int64) -> Fact {
      Fact(
        what: what, at: now, conversation: id, number: number, queue: episode?.queue,
        worker: episode?.worker ?? .nobody)
    }

    var isOver: Bool { sent == nil && !isCut && episode.map { !$0.isOpen } ?? true }
  }

  /// What a member was given last and has not answered.
  private struct Task {
    var conversation: ConversationID
    var number: PhoneNumber
    var queue: QueueID?
    var since: Int64
  }

  /// Nothing was removed from the feed.
  private let isWhole: Bool
  /// The most conversations kept at a time.
  private let maximum: Int
  private var threads: [ConversationID: Thread] = [:]
  private var tasks: [MemberID: Task] = [:]
  /// Milliseconds within which a queue's conversations are to be answered, as far as the feed told.
  private var limits: [QueueID: Int64] = [:]
  private var untilSweep = 10_000

  init(isWhole: Bool, maximum: Int) {
    self.isWhole = isWhole
    self.maximum = maximum
  }

  // MARK: Events

  mutating func take(_ data: EventData, at now: Int64, _ facts: inout [Fact]) throws(ReportError) {
    switch data {
    case .messageReceived(let event):
      guard event.keywordClass == .none else { return }
      try change(event.conversationID, event.to, now, &facts) { thread, _ in
        if !thread.isCut, thread.pending == nil { thread.pending = now }
        return [thread.fact(.received, event.conversationID, now)]
      }
    case .messageQueued(let event):
      // Of texts, only a person's have this class.
      guard event.class == .interactive else { return }
      try change(event.conversationID, event.from, now, &facts) { thread, _ in
        thread.sent = (now, event.repID)
        return []
      }
    case .conversationChanged(let event):
      guard event.change == .opened else { return }
      try change(event.conversationID, event.number, now, &facts) { thread, _ in
        thread.isCut = false
        return []
      }
    case .dispositionRecorded(let event): try take(event, at: now, &facts)
    case .episodeChanged(let event): try take(event, at: now, &facts)
    case .queueChanged(let event): limits[event.queueID] = Int64(event.answerWithinS) * 1_000
    case .messageStateChanged, .consentChanged, .campaignProgress, .bindStateChanged, .numberStateChanged,
      .alertRaised, .dataReceived, .contactChanged, .groupChanged, .repChanged, .memberChanged, .noteAdded,
      .templateChanged, .leadChanged, .absenceChanged, .keywordChanged, .calendarChanged:
      return
    }
  }

  /// Changes a conversation. What was still open about the text before this event is settled first.
  private mutating func change(
    _ id: ConversationID, _ number: PhoneNumber, _ now: Int64, answer: EpisodeChanged? = nil,
    _ facts: inout [Fact], _ body: (inout Thread, inout Threads) -> [Fact]
  ) throws(ReportError) {
    try sweep(at: now)
    var thread = threads[id] ?? Thread(number: number, seen: now, isCut: !isWhole)
    if thread.isOver, now - thread.seen > Self.quiet {
      // Forgotten, whether it was swept away already or not.
      thread = Thread(number: number, seen: now, isCut: !isWhole)
    }
    thread.seen = now
    settle(&thread, id, answer, &facts)
    facts += body(&thread, &self)
    threads[id] = thread
  }

  private mutating func sweep(at now: Int64) throws(ReportError) {
    untilSweep -= 1
    let isFull = threads.count >= maximum
    guard untilSweep < 0 || isFull else { return }
    threads = threads.filter { !$0.value.isOver || now - $0.value.seen <= Self.quiet }
    // With less than a tenth free, it would be looked through ever again.
    guard !isFull || threads.count <= maximum - maximum / 10 else {
      throw .tooMany("conversations at a time", maximum)
    }
    untilSweep = max(10_000, threads.count)
  }

  /// Who wrote a text, and whether it answered something. The event that follows it tells, or the work stood as it was.
  private func settle(
    _ thread: inout Thread, _ id: ConversationID, _ answer: EpisodeChanged?, _ facts: inout [Fact]
  ) {
    guard let sent = thread.sent else { return }
    thread.sent = nil
    var worker = sent.rep.map { Worker.rep($0) } ?? .nobody
    var queue = thread.episode?.queue
    if let answer {
      worker = Self.worker(of: answer)
      queue = answer.queueID
    } else if let episode = thread.episode, episode.isOpen {
      // Who snoozed a conversation need not be who writes in it meanwhile.
      worker = episode.state == .snoozed ? .nobody : episode.worker
    } else if thread.episode?.queue != nil {
      worker = .nobody
    }
    func fact(_ what: Fact.What) -> Fact {
      Fact(what: what, at: sent.at, conversation: id, number: thread.number, queue: queue, worker: worker)
    }
    facts.append(fact(.sent))
    if thread.isCut {
      // No event need follow where work is put off, or where there was none: a text is left out rather once more than once less.
      if answer != nil || thread.episode?.state == .snoozed || thread.episode == nil {
        facts.append(fact(.leftOut))
      }
    } else if let pending = thread.pending {
      let isFirst = !(thread.episode?.isAnswered ?? false)
      facts.append(
        fact(.answered(sent.at - pending, isFirst: isFirst, limit: queue.flatMap { limits[$0] })))
    }
    (thread.isCut, thread.pending) = (false, nil)
    thread.episode?.isAnswered = true
  }

  private static func worker(of event: EpisodeChanged) -> Worker {
    guard event.queueID == nil else { return event.memberID.map { .member($0) } ?? .nobody }
    return event.repID.map { .rep($0) } ?? .nobody
  }

  private mutating func take(_ event: DispositionRecorded, at now: Int64, _ facts: inout [Fact])
    throws(ReportError)
  {
    try change(event.conversationID, event.number, now, &facts) { thread, _ in
      let isWhole = thread.episode?.id == event.episodeID && thread.episode?.isWhole == true
      let last = thread.episode?.lastOutcome
      let fact = Fact(
        what: .outcome(
          key: event.disposition, label: event.label, isFirst: isWhole && last == nil, isLast: isWhole),
        at: now, conversation: event.conversationID, number: event.number, queue: event.queueID,
        worker: event.memberID.map { .member($0) } ?? .nobody)
      guard isWhole else {
        var unknown = fact
        unknown.what = .leftOut
        return [fact, unknown]
      }
      thread.episode?.lastOutcome = fact
      guard var last, case .outcome(let key, _, _, _) = last.what else { return [fact] }
      last.what = .noLongerLast(key: key)
      return [last, fact]
    }
  }

  private mutating func take(_ event: EpisodeChanged, at now: Int64, _ facts: inout [Fact])
    throws(ReportError)
  {
    guard event.state != .snoozed || event.dueAt != nil else {
      throw .malformed("an episode that is snoozed without a time")
    }
    let id = event.conversationID
    try change(id, event.number, now, answer: event.change == .answered ? event : nil, &facts) {
      thread, threads in
      var facts: [Fact] = []
      let before = thread.episode?.id == event.episodeID ? thread.episode : nil
      var episode = Episode(
        id: event.episodeID, isWhole: before?.isWhole ?? false, state: event.state, queue: event.queueID,
        rep: event.repID, member: event.memberID, isAnswered: before?.isAnswered ?? false,
        lastOutcome: before?.lastOutcome)
      if before == nil {
        // The first text is told as such; else the work began before the first event kept.
        episode.isWhole = event.change == .text && event.createdAt == event.at
        // A person's text has answered whatever waited.
        if event.change != .answered { (thread.isCut, thread.pending) = (!episode.isWhole, nil) }
      }
      defer { thread.episode = episode }
      func fact(_ what: Fact.What, _ worker: Worker? = nil) -> Fact {
        Fact(
          what: what, at: now, conversation: id, number: event.number, queue: event.queueID,
          worker: worker ?? Self.worker(of: event))
      }
      // Whose it was, of what the event ends.
      func ended(_ what: Fact.What) -> Fact { before.map { fact(what, $0.worker) } ?? fact(what, .nobody) }

      if let queue = event.queueID, event.state == .toAnswer, let due = event.dueAt,
        [.served, .taken, .transferred, .text].contains(event.change)
      {
        threads.limits[queue] = due.milliseconds - event.at.milliseconds
      }
      if let snooze = thread.snooze, event.state != .snoozed || event.change == .snoozed {
        var end = snooze.fact
        end.what = .snoozeEnded(
          event.state == .completed ? .closed : event.state == .snoozed ? .again : .cameBack)
        facts.append(end)
        thread.snooze = nil
      }
      switch event.change {
      case .text, .owner, .woken, .due: if before == nil, episode.isWhole { facts.append(fact(.opened)) }
      case .served: facts.append(fact(.served(now - event.since.milliseconds)))
      case .taken: facts.append(fact(.taken))
      case .answered: episode.isAnswered = true
      case .released, .notAnswered, .transferred:
        let what: Fact.What =
          event.change == .released ? .released : event.change == .notAnswered ? .wentBack : .transferred
        facts.append(ended(what))
        if before == nil { facts.append(ended(.leftOut)) }
      case .snoozed:
        let snoozed = fact(.snoozed)
        facts.append(snoozed)
        thread.snooze = event.dueAt.map { (snoozed, $0.milliseconds) }
      case .completed: facts.append(fact(.completed))
      case .optedOut: facts.append(fact(.optedOut))
      }
      if !episode.isOpen { (thread.isCut, thread.pending) = (false, nil) }

      // The time that members have it to answer.
      let isGiven = [.served, .taken, .transferred, .text].contains(event.change) && event.state == .toAnswer
      if let member = before?.member, threads.tasks[member]?.conversation == id {
        if isGiven, member == event.memberID { return facts }
        threads.end(member, now, &facts)
      }
      if isGiven, event.queueID != nil, let member = event.memberID {
        threads.end(member, now, &facts)
        threads.tasks[member] = Task(
          conversation: id, number: event.number, queue: event.queueID, since: now)
      }
      return facts
    }
  }

  private mutating func end(_ member: MemberID, _ now: Int64, _ facts: inout [Fact]) {
    guard let task = tasks.removeValue(forKey: member) else { return }
    facts.append(
      Fact(
        what: .handled(now - task.since), at: now, conversation: task.conversation, number: task.number,
        queue: task.queue, worker: .member(member)))
  }

  // MARK: The end of the report

  /// Conversations that are kept at a time.
  func count(at now: Int64) -> Int {
    threads.values.count { !$0.isOver || now - $0.seen <= Self.quiet }
  }

  /// What no event tells any more: the last texts' authors, and the snoozes that are not over.
  func remaining(at now: Int64) -> [Fact] {
    var facts: [Fact] = []
    for (id, thread) in threads {
      var thread = thread
      settle(&thread, id, nil, &facts)
      if let snooze = thread.snooze {
        var end = snooze.fact
        end.what = .snoozeEnded(snooze.due < now ? .overdue : .notDue)
        facts.append(end)
      }
    }
    return facts
  }
}

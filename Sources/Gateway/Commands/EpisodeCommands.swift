import Contract
import Store

/// `serve.*`, `conversation.take` to `.complete`, `disposition.add`: the work in threads.
struct EpisodeCommands: CommandRules {
  /// Milliseconds that a thread may be put off.
  static let longestSnooze: Int64 = 366 * 86_400_000

  let outbox: Outbox
  let reads: DecisionReads
  let directory: Directory
  let ownership: Ownership
  let episodes: Episodes
  let serving: Serving
  let views: Views

  private typealias Row = EpisodeTable.EpisodeRow

  // MARK: Serving

  func next(_ params: ServeNext, _ caller: Requester) throws(APIError) -> Decision {
    let (member, queues) = try mayBeServed(params.queueIDs, caller)
    guard try !read(try serving.open(queues, to: member)).isEmpty else {
      throw .refused(.atCapacity, "complete a conversation first")
    }
    return Decision { () throws(StoreError) in try serve(member, queues, isAll: params.queueIDs == nil) }
  }

  func withdraw(_ caller: Requester) throws(APIError) -> Decision {
    let member = try acting(caller)
    return Decision { () throws(StoreError) in
      try serving.table.removeWish(of: member)
      return Done()
    }
  }

  /// The queues that a member is to be served from.
  private func mayBeServed(_ asked: [QueueID]?, _ caller: Requester) throws(APIError) -> (Int64, [Int64]) {
    let member = try acting(caller)
    let own = try read(try episodes.queues.queues(of: member))
    let queues = asked.map { Array(Set($0.map(\.value))).sorted() } ?? own
    guard !queues.isEmpty else {
      throw .refused(.notInQueue, "the member answers no queue", field: "queue_ids")
    }
    if let strange = queues.first(where: { !own.contains($0) }) {
      throw .refused(.notInQueue, "the member does not answer \(QueueID(strange))", field: "queue_ids")
    }
    guard try read(try episodes.isAvailable(member)) else {
      throw .refused(.notAvailable, "set member.presence to available first")
    }
    return (member, queues)
  }

  private func serve(_ member: Int64, _ queues: [Int64], isAll: Bool) throws(StoreError) -> ServingView {
    let outcome: ServingOutcome
    var served: Row?
    switch try serving.next(for: member, in: queues, isAll: isAll) {
    case .served(let row): (outcome, served) = (.served, row)
    case .nothingWaits: outcome = .empty
    case .isFull: outcome = .atCapacity
    }
    var depth: Int64 = 0
    for queue in queues { depth += try episodes.table.depth(of: queue) }
    return ServingView(
      outcome: outcome, episode: served.map { EpisodeView($0) },
      conversation: try served.flatMap { (row) throws(StoreError) in try views.conversation(row.conversation)
      },
      depth: Int(depth))
  }

  /// What was asked for beside a completion refuses nothing.
  private func serveAfter(_ member: Int64) throws(StoreError) -> ServingView {
    let queues = try episodes.queues.queues(of: member)
    guard !queues.isEmpty, try episodes.isAvailable(member) else {
      return ServingView(outcome: .notAvailable, depth: 0)
    }
    return try serve(member, queues, isAll: true)
  }

  // MARK: The work in a thread

  func take(_ params: ConversationTake, _ caller: Requester) throws(APIError) -> Decision {
    let (row, _, number) = try open(params.conversationID, caller)
    let member = try acting(caller)
    guard row.state == .waiting, let queue = row.queue else {
      throw .refused(.wrongState, "the conversation does not wait in a queue", field: "conversation_id")
    }
    guard try read(try episodes.queues.isMember(member, of: queue)) else {
      throw .refused(.notInQueue, "only who answers its queue takes it", field: "conversation_id")
    }
    return changing(row) { () throws(StoreError) in try episodes.give(row, to: member, .taken, number) }
  }

  func release(_ params: ConversationRelease, _ caller: Requester) throws(APIError) -> Decision {
    let (row, _, number) = try open(params.conversationID, caller)
    guard row.queue != nil, [.toAnswer, .answered].contains(row.state) else {
      throw .refused(.wrongState, "nobody has the conversation from a queue", field: "conversation_id")
    }
    return changing(row) { () throws(StoreError) in try episodes.release(row, .released, number) }
  }

  func transfer(_ params: ConversationTransfer, _ caller: Requester) throws(APIError) -> Decision {
    let (row, conversation, number) = try open(params.conversationID, caller)
    guard let queue = row.queue, row.state != .snoozed else {
      throw .refused(.wrongState, "the conversation is in no queue's hands", field: "conversation_id")
    }
    switch (params.memberID, params.queueID) {
    case (let id?, nil):
      guard let member = try read(try episodes.members.member(id.value)), member.isActive else {
        throw .notFound("member", id)
      }
      guard try read(try episodes.queues.isMember(id.value, of: queue)) else {
        throw .refused(.notInQueue, "\(id) does not answer its queue", field: "member_id")
      }
      return changing(row) { () throws(StoreError) in
        try episodes.give(row, to: id.value, .transferred, number)
      }
    case (nil, let id?):
      guard try read(try episodes.queues.queue(id.value)) != nil else { throw .notFound("queue", id) }
      return changing(row) { () throws(StoreError) in
        if row.state != .waiting { try episodes.release(row, .transferred, number) }
        try ownership.assign(conversation, toQueue: id.value, number)
      }
    case (nil, nil), (.some, .some): throw .invalid("member_id", "expected member_id or queue_id")
    }
  }

  func snooze(_ params: ConversationSnooze, _ caller: Requester) throws(APIError) -> Decision {
    let due = params.dueAt.milliseconds
    guard due > now, due - now <= Self.longestSnooze else {
      throw .refused(.invalidField, "a time in the future, within a year", field: "due_at")
    }
    let (row, _, number) = try open(params.conversationID, caller)
    return changing(row) { () throws(StoreError) in
      try episodes.snooze(
        row, until: due, keeps: params.keep ?? false, by: caller.member?.id ?? row.member, number)
    }
  }

  func wake(_ params: ConversationWake, _ caller: Requester) throws(APIError) -> Decision {
    let (row, _, number) = try open(params.conversationID, caller)
    guard row.state == .snoozed else {
      throw .refused(.wrongState, "the conversation is not snoozed", field: "conversation_id")
    }
    return changing(row) { () throws(StoreError) in try episodes.wake(row, .woken, number) }
  }

  func complete(_ params: ConversationComplete, _ caller: Requester) throws(APIError) -> Decision {
    let (row, _, number) = try open(params.conversationID, caller)
    let outcome = try params.disposition.map { (key) throws(APIError) in
      try disposition(key, params.note, row, caller)
    }
    if outcome == nil, let queue = row.queue, let rules = try read(try episodes.queues.queue(queue)),
      rules.dispositionRequired, try !read(try episodes.table.hasDisposition(row.id, in: row.conversation))
    {
      throw .refused(
        .dispositionRequired,
        "one of: \(try read(try episodes.queues.choices(of: queue)).map(\.key).joined(separator: ", "))",
        field: "disposition")
    }
    guard params.note == nil || outcome != nil else {
      throw .invalid("note", "a note stands with a disposition")
    }
    guard params.serveNext != true || caller.member?.thread == nil else {
      throw APIError(.forbidden, "the session is for one conversation")
    }
    let next = params.serveNext == true ? try acting(caller) : nil
    return Decision { () throws(StoreError) in
      if let outcome { try episodes.record(outcome, number) }
      try episodes.complete(row, .completed, number)
      return EpisodeChange(
        episode: try view(row.id),
        serving: try next.map { (member) throws(StoreError) in try serveAfter(member) })
    }
  }

  func dispose(_ params: DispositionAdd, _ caller: Requester) throws(APIError) -> Decision {
    let (conversation, number) = try known(
      params.conversationID, ownership.conversations, directory, episodes.table, caller)
    guard let row = try read(try episodes.table.last(in: conversation.id)) else {
      throw .refused(.wrongState, "there was no work in the conversation yet", field: "conversation_id")
    }
    let outcome = try disposition(params.disposition, params.note, row, caller)
    return Decision { () throws(StoreError) in DispositionView(try episodes.record(outcome, number)) }
  }

  // MARK: Checks

  /// The open episode of a thread that the caller may see. It is the caller's to answer: to others than who has it, a rep's thread, and
  /// one that waits or is somebody else's, does not exist.
  private func open(_ id: ConversationID, _ caller: Requester) throws(APIError) -> (Row, Conversation, Number)
  {
    let (conversation, number) = try known(
      id, ownership.conversations, directory, episodes.table, caller)
    guard let row = try read(try episodes.table.open(in: conversation.id)) else {
      throw .refused(.wrongState, "nobody has to do anything in the conversation", field: "conversation_id")
    }
    return (row, conversation, number)
  }

  private func disposition(_ key: String, _ note: String?, _ row: Row, _ caller: Requester) throws(APIError)
    -> EpisodeTable.DispositionRow
  {
    // A rep's own threads have the outcomes of the default queue.
    let queue = row.queue ?? QueueTable.defaultQueue
    let choices = try read(try episodes.queues.choices(of: queue))
    guard let choice = choices.first(where: { $0.key == key }) else {
      throw .refused(
        .invalidField,
        choices.isEmpty
          ? "\(QueueID(queue)) offers no outcomes: queue.update sets them"
          : "one of: \(choices.map(\.key).joined(separator: ", "))", field: "disposition")
    }
    guard note?.unicodeScalars.count ?? 0 <= CommandLimits.evidence else {
      throw .invalid("note", "at most \(CommandLimits.evidence) characters")
    }
    return .init(
      conversation: row.conversation, episode: row.id, queue: row.queue, member: caller.member?.id,
      key: choice.key, label: choice.label, note: note?.isBlank == true ? nil : note, at: now)
  }

  private func changing(_ row: Row, _ change: @escaping () throws(StoreError) -> Void) -> Decision {
    Decision { () throws(StoreError) in
      try change()
      return EpisodeChange(episode: try view(row.id))
    }
  }

  private func view(_ id: Int64) throws(StoreError) -> EpisodeView {
    guard let row = try episodes.table.episode(id) else { throw .misuse("episode", "one that is not stored") }
    return EpisodeView(row)
  }
}

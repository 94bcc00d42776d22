import Contract
import Store

/// The work in a thread: an episode begins with a text that nobody has answered, and ends when somebody completes it.
///
/// Only what is in this file and in ``Serving`` changes an episode. `since`, when the wait began, is the time of the oldest text that nobody
/// has answered, or when a snooze was over.
final class Episodes: Part {
  typealias Row = EpisodeTable.EpisodeRow

  let outbox: Outbox
  let table: EpisodeTable
  let queues: QueueTable
  let members: MemberTable
  let drafts: DraftTable
  let directory: Directory
  let conversations: ConversationTable
  /// When something becomes of an episode by itself next, in milliseconds since 1970 UTC.
  private var nextDue: Int64?
  /// Queues into whose lines something came in this batch, or whose members may have another, or fewer.
  private(set) var moved: Set<Int64> = []

  /// Milliseconds for which a snoozed thread that came back is only for the member who snoozed it.
  static let offeredFor: Int64 = 120_000
  /// Episodes of which something becomes at a time.
  private static let slice: Int64 = 50

  init(
    _ outbox: Outbox, _ directory: Directory, _ conversations: ConversationTable, _ table: EpisodeTable,
    _ queues: QueueTable, _ members: MemberTable, _ drafts: DraftTable
  ) throws(StoreError) {
    self.outbox = outbox
    self.directory = directory
    self.conversations = conversations
    self.table = table
    self.queues = queues
    self.members = members
    self.drafts = drafts
    try reload()
  }

  func reload() throws(StoreError) {
    nextDue = try table.nextDue()
    moved = []
  }

  var isDue: Bool { nextDue.map { $0 <= now } ?? false }

  // MARK: What texts do

  /// A text that is no keyword came from the phone.
  func received(in conversation: Conversation, _ number: Number, rep: Int64?, queue: Int64?)
    throws(StoreError)
  {
    guard var row = try conversation.isNew ? nil : table.open(in: conversation.id) else {
      var row = Row(
        conversation: conversation.id, state: queue == nil ? .toAnswer : .waiting, queue: queue, rep: rep,
        since: now, opened: now, entered: now)
      row.id = try table.add(row)
      if !conversation.isNew { try conversations.touch(conversation.id, at: now) }
      if let queue { move(queue) }
      return tell(row, .text, number)
    }
    switch row.state {
    case .waiting, .toAnswer: return
    case .answered:
      row.since = now
      if let queue = row.queue {
        if let member = row.member, try isThere(member, for: queue) {
          row.state = .toAnswer
          row.due = try answerBy(queue)
        } else {
          toLine(&row)
        }
      } else {
        row.state = .toAnswer
      }
    case .snoozed:
      guard !row.keeps else { return }
      row.since = now
      try comeBack(&row)
    case .completed: throw .damaged("episode", row: row.id)
    }
    try change(row, .text, number)
  }

  /// A person's text into a thread was accepted.
  func answered(in conversation: Int64, by member: Int64?, _ number: Number) throws(StoreError) {
    guard var row = try table.open(in: conversation), row.state != .snoozed else { return }
    let owner = row.queue == nil ? nil : member ?? row.member
    guard row.state != .answered || row.member != owner else { return }
    (row.state, row.member, row.due) = (.answered, owner, nil)
    try change(row, .answered, number)
  }

  /// The phone opted out: nothing is left to answer.
  func optedOut(_ phone: Int64, _ scope: SuppressionScope) throws(StoreError) {
    for thread in try conversations.threads(of: phone)
    where thread.role == .contact && scope.covers(thread.number) {
      guard let row = try table.open(in: thread.id), let number = directory.numbers[thread.number] else {
        continue
      }
      try record(
        .init(
          conversation: row.conversation, episode: row.id, queue: row.queue, key: QueueTable.optedOut,
          label: "Opted out", at: now), number)
      try complete(row, .optedOut, number)
    }
  }

  /// A thread has another owner: its work goes with it.
  func ownerChanged(of conversation: Conversation, rep: Int64?, queue: Int64?, _ number: Number)
    throws(StoreError)
  {
    if conversation.ownerRep != rep || conversation.queue != queue { try drafts.drop(in: conversation.id) }
    guard var row = try table.open(in: conversation.id), row.queue != queue || row.rep != rep else { return }
    if let former = row.queue { move(former) }
    (row.queue, row.rep) = (queue, rep)
    switch row.state {
    case .waiting, .toAnswer:
      if queue == nil { (row.state, row.member, row.due) = (.toAnswer, nil, nil) } else { toLine(&row) }
    case .answered, .snoozed: row.member = nil
    case .completed: throw .damaged("episode", row: row.id)
    }
    try change(row, .owner, number)
  }

  // MARK: What people do

  @discardableResult
  func give(_ row: Row, to member: Int64, _ reason: EpisodeReason, _ number: Number) throws(StoreError) -> Row
  {
    guard let queue = row.queue else { throw .misuse("episode", "one of no queue that is given to a member") }
    var row = row
    if row.state == .waiting { row.state = .toAnswer }
    row.member = member
    if row.state == .toAnswer { row.due = try answerBy(queue) }
    try change(row, reason, number)
    return row
  }

  func release(_ row: Row, _ reason: EpisodeReason, _ number: Number) throws(StoreError) {
    var row = row
    // Nobody waits for an answer; the line takes it all the same, so that somebody looks at it.
    if row.state == .answered { row.since = now }
    toLine(&row)
    try change(row, reason, number)
  }

  func snooze(_ row: Row, until due: Int64, keeps: Bool, by member: Int64?, _ number: Number)
    throws(StoreError)
  {
    var row = row
    (row.state, row.due, row.keeps) = (.snoozed, due, keeps)
    row.member = row.queue == nil ? nil : member
    try change(row, .snoozed, number)
  }

  func wake(_ row: Row, _ reason: EpisodeReason, _ number: Number) throws(StoreError) {
    var row = row
    guard let due = row.due else { throw .damaged("episode", row: row.id) }
    row.since = min(now, due)
    try comeBack(&row)
    try change(row, reason, number)
  }

  func complete(_ row: Row, _ reason: EpisodeReason, _ number: Number) throws(StoreError) {
    var row = row
    // Whoever it was set aside for has not had it.
    if row.state == .waiting { row.member = nil }
    (row.state, row.due, row.completed) = (.completed, nil, now)
    try change(row, reason, number)
  }

  /// An outcome is recorded.
  @discardableResult
  func record(_ row: EpisodeTable.DispositionRow, _ number: Number) throws(StoreError)
    -> EpisodeTable.DispositionRow
  {
    var row = row
    row.id = try table.record(row)
    emit(
      .dispositionRecorded(
        DispositionRecorded(
          dispositionID: DispositionID(row.id), conversationID: ConversationID(row.conversation),
          number: number.address, episodeID: EpisodeID(row.episode), queueID: row.queue.map { QueueID($0) },
          memberID: row.member.map { MemberID($0) }, disposition: row.key, label: row.label, note: row.note,
          at: Timestamp(milliseconds: now))))
    return row
  }

  /// A member takes no more of a queue, or of any: what the member has not answered goes back to the line. With `leaves`, what the
  /// member has answered is nobody's from now on; the next text puts it in line.
  func giveBack(of member: Int64, in queue: Int64?, leaves: Bool) throws(StoreError) {
    for var row in try table.inHand(of: member, in: queue) where row.queue != nil {
      if row.state == .toAnswer {
        try release(row, .released, try number(of: row))
      } else if leaves {
        row.member = nil
        try change(row, .released, try number(of: row))
      }
    }
  }

  // MARK: What becomes of them by themselves

  /// Does what is due by time: what was not answered goes back, what was snoozed comes back.
  func seekDue() throws(StoreError) {
    guard isDue else { return }
    for row in try table.due(at: now, limit: Self.slice) {
      let number = try number(of: row)
      switch row.state {
      case .toAnswer:
        let member = row.member
        try release(row, .notAnswered, number)
        if let member, try isAvailable(member) { try setPresence(.away, of: member) }
      case .snoozed: try wake(row, .due, number)
      case .waiting:
        // It is for everybody now.
        var row = row
        (row.member, row.due) = (nil, nil)
        try change(row, .due, number)
      case .answered, .completed: throw .damaged("episode", row: row.id)
      }
    }
    nextDue = try table.nextDue()
  }

  // MARK: Presence

  func isAvailable(_ member: Int64) throws(StoreError) -> Bool {
    guard let row = try members.member(member) else { return false }
    return row.isActive && row.presence == .available
  }

  /// Whether a member is there, and answers a queue.
  private func isThere(_ member: Int64, for queue: Int64) throws(StoreError) -> Bool {
    guard try isAvailable(member) else { return false }
    return try queues.isMember(member, of: queue)
  }

  func setPresence(_ presence: Presence, of member: Int64) throws(StoreError) {
    guard var row = try members.member(member), row.presence != presence else { return }
    (row.presence, row.updated) = (presence, now)
    try members.update(row)
    emitChange(of: row)
    try moveQueues(of: member)
  }

  // MARK: Small steps

  /// A queue's line, or who answers it, is not what it was: wishes are looked at, at the end of the batch.
  func move(_ queue: Int64) { moved.insert(queue) }

  /// A member is there for the own queues, or is not any more.
  func moveQueues(of member: Int64) throws(StoreError) {
    for queue in try queues.queues(of: member) { move(queue) }
  }

  /// What moved in this batch, once.
  func takeMoved() -> [Int64] {
    defer { moved.removeAll() }
    return moved.sorted()
  }

  /// When what a member is given now goes back to the line.
  private func answerBy(_ queue: Int64) throws(StoreError) -> Int64 {
    guard let rules = try queues.queue(queue) else { throw .damaged("queue", row: queue) }
    return now + rules.answerWithin
  }

  private func toLine(_ row: inout Row) {
    assert(row.queue != nil)
    (row.state, row.member, row.due) = (.waiting, nil, nil)
  }

  /// A snoozed one comes back: for a time to nobody but who snoozed it, if there.
  private func comeBack(_ row: inout Row) throws(StoreError) {
    row.keeps = false
    guard let queue = row.queue else {
      (row.state, row.member, row.due) = (.toAnswer, nil, nil)
      return
    }
    let snoozer = row.member
    toLine(&row)
    guard let snoozer, try isThere(snoozer, for: queue) else { return }
    (row.member, row.due) = (snoozer, now + Self.offeredFor)
  }

  func number(of row: Row) throws(StoreError) -> Number {
    guard let conversation = try conversations.find(id: row.conversation),
      let number = directory.numbers[conversation.number]
    else { throw .damaged("episode", row: row.id) }
    return number
  }

  private func change(_ row: Row, _ reason: EpisodeReason, _ number: Number) throws(StoreError) {
    try table.update(row, at: now)
    // Whoever has it no more does not write there either.
    if [.served, .taken, .released, .notAnswered, .transferred, .completed, .optedOut].contains(reason) {
      try drafts.drop(in: row.conversation)
    }
    if let queue = row.queue { move(queue) }
    try conversations.touch(row.conversation, at: now)
    if let due = row.due { nextDue = min(nextDue ?? due, due) }
    tell(row, reason, number)
  }

  private func tell(_ row: Row, _ reason: EpisodeReason, _ number: Number) {
    emit(
      .episodeChanged(
        EpisodeChanged(
          episodeID: EpisodeID(row.id), conversationID: ConversationID(row.conversation),
          number: number.address, change: reason, state: row.state, queueID: row.queue.map { QueueID($0) },
          repID: row.rep.map { RepID($0) },
          memberID: row.member.map { MemberID($0) }, since: Timestamp(milliseconds: row.since),
          dueAt: row.due.map { Timestamp(milliseconds: $0) },
          createdAt: Timestamp(milliseconds: row.opened),
          completedAt: row.completed.map { Timestamp(milliseconds: $0) }, at: Timestamp(milliseconds: now))))
  }
}

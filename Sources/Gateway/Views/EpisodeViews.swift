import Contract
import Store

extension EpisodeView {
  init(_ row: EpisodeTable.EpisodeRow) {
    self.init(
      episodeID: EpisodeID(row.id), conversationID: ConversationID(row.conversation), state: row.state,
      queueID: row.queue.map { QueueID($0) }, repID: row.rep.map { RepID($0) },
      memberID: row.member.map { MemberID($0) }, since: Timestamp(milliseconds: row.since),
      dueAt: row.due.map { Timestamp(milliseconds: $0) },
      createdAt: Timestamp(milliseconds: row.opened),
      completedAt: row.completed.map { Timestamp(milliseconds: $0) })
  }
}

extension DispositionView {
  init(_ row: EpisodeTable.DispositionRow) {
    self.init(
      dispositionID: DispositionID(row.id), conversationID: ConversationID(row.conversation),
      episodeID: EpisodeID(row.episode), queueID: row.queue.map { QueueID($0) },
      memberID: row.member.map { MemberID($0) }, disposition: row.key, label: row.label, note: row.note,
      createdAt: Timestamp(milliseconds: row.at))
  }
}

extension Views {
  func queue(_ id: Int64) throws(StoreError) -> QueueView? {
    let queues = QueueTable(database)
    guard let row = try queues.queue(id) else { return nil }
    let episodes = EpisodeTable(database)
    return QueueView(
      queueID: QueueID(id), name: row.name, answerWithinS: Int(row.answerWithin / 1_000),
      capacity: Int(row.capacity), dispositionRequired: row.dispositionRequired,
      dispositions: try queues.choices(of: id).map {
        DispositionChoice(disposition: $0.key, label: $0.label)
      },
      memberIDs: try queues.members(of: id).map { MemberID($0) }, depth: Int(try episodes.depth(of: id)),
      oldestAt: try episodes.oldest(of: id).map { Timestamp(milliseconds: $0) },
      createdAt: Timestamp(milliseconds: row.created), updatedAt: Timestamp(milliseconds: row.updated))
  }
}

extension AccessScope {
  func sees(_ view: ConversationView, in database: Database) throws(StoreError) -> Bool {
    if sees(view.number, of: view.repID) { return true }
    return try EpisodeTable(database).isSeen(view.conversationID.value, by: self)
  }

  /// Where a member's threads are looked for, each condition with an index: the rep's own, those the member has or had lately, and
  /// all of the queues that the member supervises.
  func threads(of member: Int64, in database: Database) throws(StoreError) -> [String] {
    if let thread { return ["id = \(thread) AND "] }
    let had = """
      id IN (SELECT conversation_id FROM episode WHERE member_id = \(member)
        AND (completed IS NULL OR completed > \(seenSince))) AND
      """
    let queues = supervises ? try QueueTable(database).queues(of: member) : []
    return [rep.map { "owner_rep = \($0) AND " }, had + " "].compactMap(\.self)
      + queues.map { "queue_id = \($0) AND " }
  }
}

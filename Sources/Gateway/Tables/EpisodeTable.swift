import Contract
import Store

/// The tables `episode` and `disposition`: the work in threads, and what came of it.
struct EpisodeTable {
  struct EpisodeRow: Equatable {
    var id: Int64 = 0
    var conversation: Int64
    var state: EpisodeState
    /// Whose members answer it, or the rep who does: one of both.
    var queue: Int64?
    var rep: Int64?
    /// Of a queue: who has it; of a snoozed one: who snoozed it; of a waiting one: for whom it is until `due`.
    var member: Int64?
    /// When the wait began, in milliseconds since 1970 UTC.
    var since: Int64
    var due: Int64?
    /// Snoozed: a text does not bring it back.
    var keeps = false
    var opened: Int64
    /// When it came into this state, or to this queue, rep or member.
    var entered: Int64
    var completed: Int64?
  }

  /// How it was with an episode for a time; milliseconds since 1970 UTC.
  struct SpanRow: Equatable {
    var started: Int64
    var ended: Int64
    var state: EpisodeState
    var queue: Int64?
    var rep: Int64?
    var member: Int64?
    var since: Int64
  }

  struct DispositionRow: Equatable {
    var id: Int64 = 0
    var conversation: Int64
    var episode: Int64
    var queue: Int64?
    var member: Int64?
    var key: String
    var label: String
    var note: String?
    var at: Int64
  }

  private static let columns =
    "id, conversation_id, state, queue_id, rep_id, member_id, since, due, keeps, opened, completed, entered"

  private let database: Database

  init(_ database: Database) { self.database = database }

  private static func episode(_ row: Row) throws(StoreError) -> EpisodeRow {
    guard let state = EpisodeState(stored: row.int(2)) else { throw .damaged("episode", row: row.int(0)) }
    return EpisodeRow(
      id: row.int(0), conversation: row.int(1), state: state, queue: row.intOrNil(3), rep: row.intOrNil(4),
      member: row.intOrNil(5), since: row.int(6), due: row.intOrNil(7), keeps: row.bool(8),
      opened: row.int(9), entered: row.int(11), completed: row.intOrNil(10))
  }

  private func all(_ condition: String, _ values: Value...) throws(StoreError) -> [EpisodeRow] {
    let select = try database.prepare("SELECT \(Self.columns) FROM episode WHERE \(condition)")
    for (index, value) in values.enumerated() { select.bind(Int32(index + 1), value: value) }
    var found: [EpisodeRow] = []
    try select.forEachRow { (row: Row) throws(StoreError) in found.append(try Self.episode(row)) }
    return found
  }

  // MARK: Episodes

  func episode(_ id: Int64) throws(StoreError) -> EpisodeRow? { try all("id = ?1", .int(id)).first }

  /// The open one of a thread.
  func open(in conversation: Int64) throws(StoreError) -> EpisodeRow? {
    let select = try database.cached(
      """
      SELECT id, conversation_id, state, queue_id, rep_id, member_id, since, due, keeps, opened, completed, entered
      FROM episode WHERE conversation_id = ?1 AND state < 4
      """)
    return try select.with(conversation).first(Self.episode)
  }

  /// The last of a thread, open or not.
  func last(in conversation: Int64) throws(StoreError) -> EpisodeRow? {
    try all("conversation_id = ?1 ORDER BY id DESC LIMIT 1", .int(conversation)).first
  }

  func add(_ row: EpisodeRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      """
      INSERT INTO episode (conversation_id, state, queue_id, rep_id, since, opened, entered)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """)
    try insert.with(row.conversation, row.state.stored, row.queue, row.rep).bind(5, row.since)
      .bind(6, row.opened).bind(7, row.entered).run()
    let id = database.lastInsertRowID
    if row.state == .waiting, let queue = row.queue { try count(1, in: queue) }
    return id
  }

  /// Writes what is new of an episode, and how it was until now.
  func update(_ row: EpisodeRow, at now: Int64) throws(StoreError) {
    let select = try database.cached("SELECT state, queue_id FROM episode WHERE id = ?1")
    let former = try select.with(row.id).first { (state: $0.int(0), queue: $0.intOrNil(1)) }
    let wasIn = former?.state == EpisodeState.waiting.stored ? former?.queue : nil
    if let wasIn, row.state != .waiting || row.queue != wasIn { try count(-1, in: wasIn) }
    if row.state == .waiting, let queue = row.queue, queue != wasIn { try count(1, in: queue) }
    let keep = try database.cached(
      """
      INSERT INTO episode_span (episode_id, started, ended, state, queue_id, rep_id, member_id, since)
      SELECT id, entered, ?2, state, queue_id, rep_id, member_id, since FROM episode WHERE id = ?1 AND entered < ?2
      """)
    try keep.with(row.id, now).run()
    let update = try database.cached(
      """
      UPDATE episode SET state = ?2, queue_id = ?3, member_id = ?4, since = ?5, due = ?6, keeps = ?7, completed = ?8,
        rep_id = ?9, entered = ?10
      WHERE id = ?1
      """)
    try update.with(row.id, row.state.stored, row.queue, row.member).bind(5, row.since).bind(6, row.due)
      .bind(7, row.keeps).bind(8, row.completed).bind(9, row.rep).bind(10, now).run()
  }

  /// How it was with an episode before, the newest first.
  func spans(of episode: Int64, limit: Int64) throws(StoreError) -> [SpanRow] {
    try spans("episode_id = ?1 ORDER BY id DESC LIMIT ?2", .int(episode), .int(limit))
  }

  func spanCount(of episode: Int64) throws(StoreError) -> Int64 {
    try database.int("SELECT count(*) FROM episode_span WHERE episode_id = ?1", .int(episode)) ?? 0
  }

  private func spans(_ condition: String, _ values: Value...) throws(StoreError) -> [SpanRow] {
    let select = try database.prepare(
      "SELECT started, ended, state, queue_id, rep_id, member_id, since, episode_id FROM episode_span WHERE \(condition)"
    )
    for (index, value) in values.enumerated() { select.bind(Int32(index + 1), value: value) }
    var found: [SpanRow] = []
    try select.forEachRow { (row: Row) throws(StoreError) in
      guard let state = EpisodeState(stored: row.int(2)) else {
        throw .damaged("episode_span", row: row.int(7))
      }
      found.append(
        SpanRow(
          started: row.int(0), ended: row.int(1), state: state, queue: row.intOrNil(3), rep: row.intOrNil(4),
          member: row.intOrNil(5), since: row.int(6)))
    }
    return found
  }

  /// Those of which something becomes by itself up to a time, the first first.
  func due(at now: Int64, limit: Int64) throws(StoreError) -> [EpisodeRow] {
    try all("due IS NOT NULL AND due <= ?1 ORDER BY due, id LIMIT ?2", .int(now), .int(limit))
  }

  func nextDue() throws(StoreError) -> Int64? {
    try database.int("SELECT min(due) FROM episode WHERE due IS NOT NULL")
  }

  /// What a member has of a queue, or of any: to answer, or answered and not completed.
  func inHand(of member: Int64, in queue: Int64?) throws(StoreError) -> [EpisodeRow] {
    try all(
      "member_id = ?1 AND state IN (1, 2) AND (?2 IS NULL OR queue_id = ?2) ORDER BY since, id", .int(member),
      .init(queue))
  }

  /// How many of a queue a member has: to answer, or answered and not completed.
  func had(by member: Int64, of queue: Int64) throws(StoreError) -> Int64 {
    let select = try database.cached(
      "SELECT count(*) FROM episode WHERE member_id = ?1 AND queue_id = ?2 AND state IN (1, 2)")
    return try select.with(member, queue).first { $0.int(0) } ?? 0
  }

  /// The first that wait in a queue and may be given to a member, the longest wait first.
  func waiting(in queue: Int64, for member: Int64, at now: Int64, limit: Int64) throws(StoreError)
    -> [EpisodeRow]
  {
    try all(
      """
      queue_id = ?1 AND state = 0 AND (due IS NULL OR due <= ?3 OR member_id = ?2) ORDER BY since, id LIMIT ?4
      """, .int(queue), .int(member), .int(now), .int(limit))
  }

  /// How many wait in a queue: kept beside it, so that nobody has to count them.
  func depth(of queue: Int64) throws(StoreError) -> Int64 {
    let select = try database.cached("SELECT waiting FROM queue WHERE id = ?1")
    return try select.with(queue).first { $0.int(0) } ?? 0
  }

  private func count(_ change: Int64, in queue: Int64) throws(StoreError) {
    try database.cached("UPDATE queue SET waiting = waiting + ?2 WHERE id = ?1").with(queue, change).run()
  }

  /// The same, counted.
  func countedDepth(of queue: Int64) throws(StoreError) -> Int64 {
    try database.int("SELECT count(*) FROM episode WHERE queue_id = ?1 AND state = 0", .int(queue)) ?? 0
  }

  func oldest(of queue: Int64) throws(StoreError) -> Int64? {
    try database.int("SELECT min(since) FROM episode WHERE queue_id = ?1 AND state = 0", .int(queue))
  }

  /// Whether a queue has nobody who is available, or nobody of those with room for another.
  func standstill(of queue: QueueTable.QueueRow) throws(StoreError) -> HoldCause? {
    let somebody = try database.cached(
      """
      SELECT 1 FROM membership m JOIN member p ON p.id = m.member_id
      WHERE m.queue_id = ?1 AND p.active = 1 AND p.presence = 'available' LIMIT 1
      """)
    guard try somebody.with(queue.id).first({ _ in true }) ?? false else { return .nobodyAvailable }
    let room = try database.cached(
      """
      SELECT 1 FROM membership m JOIN member p ON p.id = m.member_id
      WHERE m.queue_id = ?1 AND p.active = 1 AND p.presence = 'available'
        AND ?2 > (SELECT count(*) FROM episode e WHERE e.member_id = p.id AND e.queue_id = ?1 AND e.state IN (1, 2))
      LIMIT 1
      """)
    return try room.with(queue.id, queue.capacity).first({ _ in true }) ?? false ? nil : .atCapacity
  }

  // MARK: Who sees a thread

  /// Whether a thread is a member's to answer: the member has it, or supervises its queue.
  func isOwn(_ conversation: Int64, of scope: AccessScope) throws(StoreError) -> Bool {
    if let thread = scope.thread { return conversation == thread }
    guard let member = scope.member else { return false }
    let had = try database.cached(
      "SELECT 1 FROM episode WHERE conversation_id = ?1 AND state IN (1, 2, 3) AND member_id = ?2")
    if try had.with(conversation, member).first({ _ in true }) ?? false { return true }
    return try supervises(conversation, scope)
  }

  /// Whether a thread is a member's, or was until its work was done and nobody has begun anew since; or of a queue that the member
  /// supervises.
  func isSeen(_ conversation: Int64, by scope: AccessScope) throws(StoreError) -> Bool {
    if let thread = scope.thread { return conversation == thread }
    guard let member = scope.member else { return false }
    let had = try database.cached(
      """
      SELECT 1 FROM episode e WHERE conversation_id = ?1 AND member_id = ?2
        AND (state IN (1, 2, 3) OR state = 4 AND completed > ?3
          AND NOT EXISTS (SELECT 1 FROM episode o WHERE o.conversation_id = ?1 AND o.id > e.id)) LIMIT 1
      """)
    if try had.with(conversation, member, scope.seenSince).first({ _ in true }) ?? false { return true }
    return try supervises(conversation, scope)
  }

  private func supervises(_ conversation: Int64, _ scope: AccessScope) throws(StoreError) -> Bool {
    guard scope.supervises, let member = scope.member else { return false }
    let supervised = try database.cached(
      """
      SELECT 1 FROM conversation c JOIN membership m ON m.queue_id = c.queue_id AND m.member_id = ?2
      WHERE c.id = ?1
      """)
    return try supervised.with(conversation, member).first { _ in true } ?? false
  }

  // MARK: Outcomes

  func record(_ row: DispositionRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      """
      INSERT INTO disposition (conversation_id, episode_id, queue_id, member_id, key, label, note, at)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """)
    try insert.with(row.conversation, row.episode, row.queue, row.member).bind(5, row.key).bind(6, row.label)
      .bind(7, row.note).bind(8, row.at).run()
    return database.lastInsertRowID
  }

  func disposition(_ id: Int64) throws(StoreError) -> DispositionRow? {
    try database.map(
      """
      SELECT id, conversation_id, episode_id, queue_id, member_id, key, label, note, at FROM disposition
      WHERE id = ?1
      """, .int(id)
    ) { row in
      DispositionRow(
        id: row.int(0), conversation: row.int(1), episode: row.int(2), queue: row.intOrNil(3),
        member: row.intOrNil(4), key: row.text(5), label: row.text(6), note: row.textOrNil(7), at: row.int(8))
    }.first
  }

  /// Whether an outcome was recorded for an episode.
  func hasDisposition(_ episode: Int64, in conversation: Int64) throws(StoreError) -> Bool {
    try database.int(
      "SELECT 1 FROM disposition WHERE conversation_id = ?1 AND episode_id = ?2 LIMIT 1", .int(conversation),
      .int(episode)) != nil
  }
}

/// States as the store keeps them: small integers, which stand in the conditions of indexes.
extension EpisodeState {
  init?(stored: Int64) {
    guard let state = EpisodeState.allCases.first(where: { $0.stored == stored }) else { return nil }
    self = state
  }

  var stored: Int64 {
    switch self {
    case .waiting: 0
    case .toAnswer: 1
    case .answered: 2
    case .snoozed: 3
    case .completed: 4
    }
  }
}

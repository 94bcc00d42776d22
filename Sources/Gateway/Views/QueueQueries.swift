import Contract
import Store

/// `queue.*`, `inbox.*`, `disposition.*`: what only reads.
struct QueueQueries {
  let queries: Queries
  let caller: Requester

  private var database: Database { queries.database }
  private var scope: AccessScope { AccessScope(caller) }

  // MARK: Queues

  /// Whether a queue is the caller's to know: all, or those that the member answers. A role of some numbers knows none.
  func sees(queue id: Int64) throws -> Bool {
    if scope.isFull { return true }
    guard let member = scope.member else { return false }
    return try QueueTable(database).isMember(member, of: id)
  }

  func list(_ params: QueueList) throws -> Page<QueueView> {
    try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try ChangeWalk.rows(of: "queue", since: params.since, after, count, queries)
      },
      item: { place in try sees(queue: place.second) ? queries.views.queue(place.second) : nil })
  }

  func get(_ params: QueueGet) throws -> QueueView {
    guard try sees(queue: params.queueID.value), let view = try queries.views.queue(params.queueID.value)
    else {
      throw APIError.notFound("queue", params.queueID)
    }
    return view
  }

  // MARK: The inbox

  func inbox(_ params: InboxList) throws -> Page<InboxRow> {
    let walk = try walk(params)
    let start: PageCursor =
      params.view == .done
      ? PageCursor(.max, .max) : PageCursor(params.since?.milliseconds ?? .min, .min)
    let episodes = EpisodeTable(database)
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        let place = after ?? start
        return try queries.all(
          walk, [.int(place.first), .int(place.second), .int(Int64(count))]
        ) { WalkKey(place: PageCursor($0.int(0), $0.int(1))) }
      },
      item: { place in
        guard let row = try episodes.episode(place.second),
          params.queueID.map({ $0.value == row.queue }) ?? true,
          params.view == .mine || params.memberID.map({ $0.value == row.member }) ?? true
        else { return nil }
        return try inboxRow(row)
      })
  }

  /// Episodes (time, id) behind a place (?1, ?2), ?3 of them, by the narrowest index.
  private func walk(_ params: InboxList) throws -> String {
    func part(_ condition: String, _ time: String = "since", _ behind: String = ">", _ order: String = "ASC")
      -> String
    {
      """
      SELECT \(time), id FROM episode WHERE \(condition) AND \(time) \(behind)= ?1
        AND (\(time) \(behind) ?1 OR id \(behind) ?2) ORDER BY \(time) \(order), id \(order) LIMIT ?3
      """
    }
    switch params.view {
    case .waiting: return part("state = 0" + (params.queueID.map { " AND queue_id = \($0.value)" } ?? ""))
    case .answered: return part("state = 2 AND queue_id IS NOT NULL")
    case .snoozed: return part("state = 3")
    case .done:
      let since = params.since.map { " AND completed >= \($0.milliseconds)" } ?? ""
      return part("completed IS NOT NULL" + since, "completed", "<", "DESC")
    case .mine:
      guard let id = params.memberID?.value ?? caller.member?.id else {
        throw APIError.invalid("member_id", "required: the request acts in no session")
      }
      let own = part("state IN (1, 2) AND member_id = \(id)")
      guard let rep = try MemberTable(database).member(id)?.rep else { return own }
      return [own, part("state IN (1, 2) AND rep_id = \(rep)")].map { "SELECT * FROM (\($0))" }
        .joined(separator: " UNION ") + " ORDER BY 1, 2 LIMIT ?3"
    }
  }

  /// A row as the caller may see it; nil: not at all. Of what waits in a queue, its members see that it waits, since when and who.
  private func inboxRow(_ row: EpisodeTable.EpisodeRow) throws -> InboxRow? {
    guard let view = try queries.views.conversation(row.conversation) else { return nil }
    let maySee = try scope.sees(view, in: database)
    guard try maySee || row.state == .waiting && row.queue.map({ try sees(queue: $0) }) ?? false else {
      return nil
    }
    let name = try ContactTable(database).people(of: view.phone.packed).lazy
      .map { [$0.firstName, $0.lastName].filter { !$0.isEmpty }.joined(separator: " ") }.first { !$0.isEmpty }
    return InboxRow(
      episode: EpisodeView(row), name: name, lastText: maySee ? view.lastText : nil)
  }

  // MARK: Outcomes

  func dispositions(_ params: DispositionList) throws -> Page<DispositionView> {
    let episodes = EpisodeTable(database)
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try ChangeWalk.records(
          of: "disposition", in: params.conversationID, since: params.since, after, count, queries)
      },
      item: { place in
        guard let row = try episodes.disposition(place.second),
          let view = try queries.views.conversation(row.conversation)
        else { return nil }
        return try scope.sees(view, in: database) ? DispositionView(row) : nil
      })
  }
}

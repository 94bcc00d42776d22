import Contract
import Store

extension Queries {
  /// Numbers whose threads are walked each by its own index; with more, all threads are walked and looked at.
  private static let mergedNumbers = 16
  /// When a thread was last active: its newest text from the phone, else its opening.
  private static let activity = "ifnull(last_inbound, opened)"

  func conversationGet(_ params: ConversationGet, _ scope: AccessScope) throws -> ConversationView {
    try visible(params.conversationID, scope)
  }

  func visible(_ id: ConversationID, _ scope: AccessScope) throws -> ConversationView {
    guard let view = try views.conversation(id.value), try scope.sees(view, in: database) else {
      throw APIError.notFound("conversation", id)
    }
    return view
  }

  /// `conversation.messages`: the newest first.
  func conversationMessages(
    _ params: ConversationMessages, _ scope: AccessScope, octets: Int = WalkLimit.octets
  ) throws -> Page<MessageView> {
    _ = try visible(params.conversationID, scope)
    return try page(
      PageRequest(params.limit, params.cursor), octets: octets,
      window: { after, count in
        try all(
          "SELECT id FROM message WHERE conversation_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
          [.int(params.conversationID.value), .int(after?.first ?? .max), .int(Int64(count))]
        ) { WalkKey(place: PageCursor($0.int(0))) }
      },
      item: { place -> MessageView? in
        guard let view = try views.message(place.first) else { return nil }
        return params.since.map { $0 <= view.updatedAt } ?? true ? view : nil
      })
  }

  /// `conversation.list`: the most recently active first, or in the order of their opening.
  func conversationList(_ params: ConversationList, _ scope: AccessScope) throws -> Page<ConversationView> {
    let phone = try params.phone.map { try phones.anyPhone($0, field: "phone").digits }
    func fits(_ view: ConversationView) throws -> Bool {
      try (params.repID.map { $0 == view.repID } ?? true) && (params.number.map { $0 == view.number } ?? true)
        && (params.state.map { $0 == view.state } ?? true)
        && (params.queueID.map { $0 == view.queueID } ?? true)
        && (params.isUnread.map { $0 == (view.unread > 0) } ?? true)
        && (phone.map { $0 == view.phone.packed } ?? true)
        && (params.since.map { $0 <= view.updatedAt } ?? true) && scope.sees(view, in: database)
    }
    // Looked up while walking, so that the rest of a thread is read only where it fits.
    let hasUnread =
      "EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = c.id AND m.id > c.read_to AND m.direction = 0)"
    let unread = params.isUnread.map { $0 ? hasUnread : "NOT \(hasUnread)" } ?? "1"
    if params.order == .opened || phone != nil || params.since != nil {
      return try page(
        PageRequest(params.limit, params.cursor),
        window: { after, count in
          try all(
            """
            SELECT c.id, \(params.since == nil ? "1" : "\(Views.conversationUpdated) >= ?4") AND \(unread) FROM conversation c
            WHERE c.role = 0 AND c.id > ?1 AND \(phone == nil ? "?3 IS NULL" : "c.phone = ?3") ORDER BY c.id LIMIT ?2
            """,
            [.int(after?.first ?? 0), .int(Int64(count)), .init(phone)]
              + (params.since.map { [.int($0.milliseconds)] } ?? [])
          ) { WalkKey(place: PageCursor($0.int(0)), fits: $0.bool(1)) }
        },
        item: { place in try views.conversation(place.first).flatMap { try fits($0) ? $0 : nil } })
    }
    let sql = walk(try conditions(params, scope), unread)
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try all(sql, [.int(after?.first ?? .max), .int(after?.second ?? .max), .int(Int64(count))]) { row in
          WalkKey(place: PageCursor(row.int(1), row.int(0)), fits: row.bool(2))
        }
      },
      item: { place in try views.conversation(place.second).flatMap { try fits($0) ? $0 : nil } })
  }

  /// The narrowest conditions with an index, each a walk of its own; with none, every thread is walked.
  private func conditions(_ params: ConversationList, _ scope: AccessScope) throws -> [String] {
    if let rep = params.repID?.value { return ["owner_rep = \(rep) AND "] }
    if let queue = params.queueID?.value { return ["queue_id = \(queue) AND "] }
    if let member = scope.member { return try scope.threads(of: member, in: database) }
    if let number = params.number { return ["number_id = \(try self.number(at: number, scope)) AND "] }
    guard let addresses = scope.addresses, addresses.count <= Self.mergedNumbers else { return [""] }
    let numbers = try addresses.compactMap {
      try database.int("SELECT id FROM number WHERE address = ?1", .int($0))
    }
    return numbers.isEmpty ? ["0 AND "] : numbers.map { "number_id = \($0) AND " }
  }

  /// Threads (id, activity) behind the place (?1 activity, ?2 id), ?3 of them.
  private func walk(_ conditions: [String], _ unread: String) -> String {
    let parts = conditions.map { condition in
      """
      SELECT id, \(Self.activity) AS active, \(unread) FROM conversation c
      WHERE role = 0 AND \(condition)\(Self.activity) <= ?1 AND (\(Self.activity) < ?1 OR id < ?2)
      ORDER BY \(Self.activity) DESC, id DESC LIMIT ?3
      """
    }
    guard parts.count > 1 else { return parts[0] }
    return parts.map { "SELECT * FROM (\($0))" }.joined(separator: " UNION ")
      + " ORDER BY 2 DESC, 1 DESC LIMIT ?3"
  }
}

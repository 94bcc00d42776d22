import Contract
import Store

extension Queries {
  /// Numbers whose threads are walked each by its own index; with more, all threads are walked and looked at.
  private static let mergedNumbers = 16
  /// When a thread was last active: its newest text from the phone, else its opening.
  private static let activity = "ifnull(last_inbound, opened)"

  func conversationGet(_ params: ConversationGet, _ sight: Sight) throws -> ConversationView {
    try visible(params.conversationID, sight)
  }

  private func visible(_ id: ConversationID, _ sight: Sight) throws -> ConversationView {
    guard let view = try views.conversation(id.value), sight.sees(view.number) else {
      throw APIError.notFound("conversation", id)
    }
    return view
  }

  /// `conversation.messages`: the newest first.
  func conversationMessages(_ params: ConversationMessages, _ sight: Sight) throws
    -> Page<MessageView>
  {
    _ = try visible(params.conversationID, sight)
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try all(
          "SELECT id FROM message WHERE conversation_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
          [.int(params.conversationID.value), .int(after?.first ?? .max), .int(Int64(count))]
        ) { WalkKey(place: PageCursor($0.int(0))) }
      },
      item: { try views.message($0.first) })
  }

  /// `conversation.list`: the most recently active first.
  func conversationList(_ params: ConversationList, _ sight: Sight) throws -> Page<ConversationView> {
    let numbers = try numbers(of: params, sight)
    let wanted = numbers.map { Set($0) }
    let rep = params.repID?.value
    let sql = walk(numbers, ownedBy: rep)
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try all(sql, [.int(after?.first ?? .max), .int(after?.second ?? .max), .int(Int64(count))]) { row in
          // A thread of another number may be this rep's by hand.
          let fits = (wanted?.contains(row.int(2)) ?? true) || (rep != nil && row.intOrNil(3) == rep)
          return WalkKey(place: PageCursor(row.int(1), row.int(0)), fits: fits)
        }
      },
      item: { place -> ConversationView? in
        guard let view = try views.conversation(place.second), sight.sees(view.number) else { return nil }
        let fits =
          (params.repID.map { $0 == view.repID } ?? true) && (params.number.map { $0 == view.number } ?? true)
          && (params.state.map { $0 == view.state } ?? true)
          && (params.queue.map { $0 == view.queue } ?? true)
        return fits ? view : nil
      })
  }

  /// The numbers that can have such threads; nil: any.
  private func numbers(of params: ConversationList, _ sight: Sight) throws -> [NumberID]? {
    if let number = params.number { return [try self.number(at: number, sight)] }
    if let rep = params.repID {
      // Numbers that nobody active holds too: there the contact's owner answers.
      return try database.map(
        """
        SELECT n.id FROM number n LEFT JOIN assignment a ON a.number_id = n.id AND a.until IS NULL
        LEFT JOIN rep r ON r.id = a.rep_id
        WHERE a.rep_id IS NULL OR a.rep_id = ?1 OR r.state <> 'active' ORDER BY n.id
        """, .int(rep.value)
      ) { $0.int(0) }
    }
    return try sight.addresses?.compactMap {
      try database.int("SELECT id FROM number WHERE address = ?1", .int($0))
    }
  }

  /// Threads (id, activity, number, owner by hand) behind the place (?1 activity, ?2 id), ?3 of them.
  private func walk(_ numbers: [NumberID]?, ownedBy rep: Int64?) -> String {
    func part(_ condition: String) -> String {
      """
      SELECT id, \(Self.activity) AS active, number_id, owner_rep FROM conversation
      WHERE role = 0 AND \(condition)\(Self.activity) <= ?1 AND (\(Self.activity) < ?1 OR id < ?2)
      ORDER BY \(Self.activity) DESC, id DESC LIMIT ?3
      """
    }
    guard let numbers, numbers.count <= Self.mergedNumbers else { return part("") }
    var parts = numbers.map { part("number_id = \($0) AND ") }
    if let rep { parts.append(part("owner_rep = \(rep) AND ")) }
    guard !parts.isEmpty else { return part("0 AND ") }
    return parts.map { "SELECT * FROM (\($0))" }.joined(separator: " UNION ")
      + " ORDER BY 2 DESC, 1 DESC LIMIT ?3"
  }
}

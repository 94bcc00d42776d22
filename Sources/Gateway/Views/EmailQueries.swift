import Contract
import Settings
import Store

extension EmailView {
  /// - Parameter from: who it is from, while it waits.
  init(_ row: EmailTable.EmailRow, from: EmailAddress?, showsWords: Bool) {
    let isWaiting = row.state == .waiting
    let words = showsWords ? row.words : nil
    self.init(
      emailID: EmailID(row.id), repID: RepID(row.rep), state: row.state, attempts: Int(row.attempts),
      exitStatus: row.exitStatus.map { Int($0) },
      nextAttemptAt: isWaiting ? Timestamp(milliseconds: row.due) : nil,
      expiresAt: isWaiting ? Timestamp(milliseconds: row.expires) : nil, sender: isWaiting ? from : nil,
      to: words?.to, subject: words?.subject, text: words?.text,
      createdAt: Timestamp(milliseconds: row.created), updatedAt: Timestamp(milliseconds: row.updated))
  }
}

/// `email.list`.
struct EmailQueries {
  let queries: Queries
  let caller: Requester

  /// E-mails belong to the whole company: a role of some numbers sees none.
  func list(_ params: EmailList) throws -> Page<EmailView> {
    guard caller.isUnrestricted else { return Page(items: []) }
    let table = EmailTable(queries.database)
    let now = queries.clock()
    if params.due == true, params.since != nil { throw APIError.invalid("since", "not with due") }
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        guard params.due == true else {
          return try ChangeWalk.rows(of: "email", since: params.since, after, count, queries)
        }
        return try queries.all(
          """
          SELECT due, id FROM email WHERE state = 0 AND due <= ?4 AND due >= ?1 AND (due > ?1 OR id > ?2)
          ORDER BY due, id LIMIT ?3
          """,
          [.int(after?.first ?? .min), .int(after?.second ?? .min), .int(Int64(count)), .int(now)]
        ) { WalkKey(place: PageCursor($0.int(0), $0.int(1))) }
      },
      item: { place in
        guard let row = try table.email(place.second), params.state.map({ $0 == row.state }) ?? true,
          // What is too old is about to expire, and not to be sent.
          params.due != true || row.expires > now
        else { return nil }
        return EmailView(row, from: queries.settings.email?.from, showsWords: caller.seesText)
      })
  }
}

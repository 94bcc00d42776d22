import Contract
import Store

extension KeywordView {
  /// - Parameter number: the number that the row names.
  init(_ row: KeywordTable.KeywordRow, _ number: PhoneNumber?) {
    self.init(
      keywordID: KeywordID(row.id), keyword: row.word.uppercased(), number: number,
      consentText: row.consentText, tag: row.tag, answer: row.answer,
      createdAt: Timestamp(milliseconds: row.created), updatedAt: Timestamp(milliseconds: row.updated))
  }
}

/// `keyword.list`.
struct KeywordQueries {
  let queries: Queries
  let scope: AccessScope

  func list(_ params: KeywordList) throws -> Page<KeywordView> {
    let table = KeywordTable(queries.database)
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try ChangeWalk.rows(of: "opt_in_keyword", since: params.since, after, count, queries)
      },
      item: { place in
        guard let row = try table.keyword(place.second), try table.isSeen(row, by: scope) else { return nil }
        let number = try row.number.flatMap { number in
          try queries.database.int("SELECT address FROM number WHERE id = ?1", .int(number))
            .flatMap { PhoneNumber(packed: $0) }
        }
        guard params.number.map({ $0 == number }) ?? true else { return nil }
        return KeywordView(row, number)
      })
  }
}

import Contract
import Store

/// A page that was asked for.
struct PageRequest {
  static let standard = 50
  static let largest = 200

  let limit: Int
  let cursor: PageCursor?

  init(_ limit: Int?, _ cursor: PageCursor?) throws {
    self.limit = limit ?? Self.standard
    guard (1...Self.largest).contains(self.limit) else {
      throw APIError.invalid("limit", "1 to \(Self.largest)")
    }
    self.cursor = cursor
  }
}

/// One row of a walk: its place, and whether the filter takes it.
struct WalkKey {
  var place: PageCursor
  var fits = true
}

/// The walk of a list over what changed since a time.
enum ChangeWalk {
  /// The place behind which a list of what changed since a time starts: by `updated_at`, then by id.
  static func start(since: Timestamp?, _ after: PageCursor?) -> PageCursor {
    after ?? PageCursor(since?.milliseconds ?? .min, .min)
  }

  /// Rows of a table that changed at a place or behind it (?1 the time, ?2 the id), ?3 of them, in the order of their changes.
  /// What changes meanwhile goes to the end: it is listed again, and nothing is passed over.
  static func changed(_ table: String, _ columns: String = "") -> String {
    """
    SELECT updated, id\(columns.isEmpty ? "" : ", ")\(columns) FROM \(table)
    WHERE updated >= ?1 AND (updated > ?1 OR id > ?2) ORDER BY updated, id LIMIT ?3
    """
  }

  /// The next rows of a table by id, or with `since` those that changed, in the order of their changes.
  static func rows(
    of table: String, since: Timestamp?, _ after: PageCursor?, _ count: Int, _ queries: Queries
  ) throws -> [WalkKey] {
    guard let since else {
      return try queries.all(
        "SELECT id FROM \(table) WHERE id > ?1 ORDER BY id LIMIT ?2",
        [.int(after?.first ?? 0), .int(Int64(count))]
      ) { WalkKey(place: PageCursor($0.int(0), $0.int(0))) }
    }
    return try places(changed(table), start(since: since, after), count, queries)
  }

  /// The next rows of a table of records, of one thread or of all, in the order of their recording.
  static func records(
    of table: String, in conversation: ConversationID?, since: Timestamp?, _ after: PageCursor?, _ count: Int,
    _ queries: Queries
  ) throws -> [WalkKey] {
    let narrow = conversation.map { "conversation_id = \($0.value) AND " } ?? ""
    return try places(
      "SELECT at, id FROM \(table) WHERE \(narrow)at >= ?1 AND (at > ?1 OR id > ?2) ORDER BY at, id LIMIT ?3",
      start(since: since, after), count, queries)
  }

  private static func places(_ sql: String, _ start: PageCursor, _ count: Int, _ queries: Queries) throws
    -> [WalkKey]
  {
    try queries.all(sql, [.int(start.first), .int(start.second), .int(Int64(count))]) {
      WalkKey(place: PageCursor($0.int(0), $0.int(1)))
    }
  }
}

extension Queries {
  enum WalkLimit {
    /// Rows a walk reads at a time.
    static let window = 256
    /// Octets of the items of one page, as JSON: with one item more than a line holds they still fit.
    static let octets = 200_000
    /// The share of a query's time after which a page ends where its walk has come to. So a filter that few of very many rows pass
    /// gives a short page with a `next`, rather than no answer.
    static let timeShare = 0.6
  }

  /// A page of a list: `window` gives the next rows behind a place, all of them when they are fewer than asked for;
  /// `item` makes what is shown of one, or nil where that does not belong into the list.
  func page<Item>(
    _ page: PageRequest, octets limit: Int = WalkLimit.octets,
    window: (_ after: PageCursor?, _ count: Int) throws -> [WalkKey],
    item: (PageCursor) throws -> Item?
  ) throws -> Page<Item> {
    var items: [Item] = []
    var octets = 0
    var after = page.cursor
    while true {
      let keys = try window(after, WalkLimit.window)
      for key in keys {
        if items.count == page.limit || searchUntil.map({ ContinuousClock.now >= $0 }) ?? false {
          return Page(items: items, next: after)
        }
        if key.fits, let item = try item(key.place) {
          octets += try ContractJSON.encode(item).count + 1
          // One item fits always: its parts are bounded when they are stored.
          if octets > limit, !items.isEmpty { return Page(items: items, next: after) }
          items.append(item)
        }
        after = key.place
      }
      if keys.count < WalkLimit.window { return Page(items: items) }
    }
  }

  /// Every row of a query whose text and parameters are made up at run time.
  func all<R>(_ sql: String, _ values: [Value], read: (Row) throws(StoreError) -> R) throws(StoreError) -> [R]
  {
    onWalk?(sql)
    let statement = try database.prepare(sql)
    for (index, value) in values.enumerated() { statement.bind(Int32(clamping: index + 1), value: value) }
    var found: [R] = []
    try statement.forEachRow { (row: Row) throws(StoreError) in found.append(try read(row)) }
    return found
  }

  func count(_ sql: String) throws -> Int { Int(try database.int(sql) ?? 0) }
}

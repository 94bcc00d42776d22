import Contract
import Store

/// The table `calendar`: the working hours of reps.
struct CalendarTable {
  struct CalendarRow: Equatable {
    var rep: Int64
    /// The time zone's IANA name.
    var zone: String
    var hours: [CalendarHours]
    var holidays: [CalendarHoliday]
    /// Who answers outside of the hours, or whose members; with neither those of the number's queue.
    var delegateRep: Int64?
    var delegateQueue: Int64?
    var reply: String?
    /// The rep came back before the end of an absence: until then the calendar makes none. Milliseconds since 1970 UTC.
    var notBefore: Int64?
    /// Milliseconds since 1970 UTC.
    var created: Int64
    var updated: Int64
  }

  private static let columns =
    "id, zone, hours, holidays, delegate_rep, delegate_queue, reply, not_before, created, updated"

  private let database: Database

  init(_ database: Database) { self.database = database }

  func calendar(of rep: Int64) throws(StoreError) -> CalendarRow? {
    try database.map("SELECT \(Self.columns) FROM calendar WHERE id = ?1", .int(rep), read: Self.read).first
  }

  /// The next reps behind one who have a calendar.
  func reps(after rep: Int64, limit: Int64) throws(StoreError) -> [Int64] {
    try database.map(
      "SELECT id FROM calendar WHERE id > ?1 ORDER BY id LIMIT ?2", .int(rep), .int(limit)
    ) { $0.int(0) }
  }

  func put(_ row: CalendarRow) throws(StoreError) {
    let put = try database.cached(
      """
      INSERT INTO calendar (id, zone, hours, holidays, delegate_rep, delegate_queue, reply, not_before, created, updated)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      ON CONFLICT (id) DO UPDATE SET zone = excluded.zone, hours = excluded.hours, holidays = excluded.holidays,
        delegate_rep = excluded.delegate_rep, delegate_queue = excluded.delegate_queue, reply = excluded.reply,
        not_before = excluded.not_before, updated = excluded.updated
      """)
    try put.bind(1, row.rep).bind(2, row.zone).bind(3, try Self.stored(row.hours))
      .bind(4, try Self.stored(row.holidays)).bind(5, row.delegateRep).bind(6, row.delegateQueue)
      .bind(7, row.reply).bind(8, row.notBefore).bind(9, row.created).bind(10, row.updated).run()
  }

  func setNotBefore(_ time: Int64?, of rep: Int64) throws(StoreError) {
    try database.cached("UPDATE calendar SET not_before = ?2 WHERE id = ?1").with(rep, time).run()
  }

  func remove(_ rep: Int64) throws(StoreError) {
    try database.run("DELETE FROM calendar WHERE id = ?1", .int(rep))
  }

  private static func stored(_ value: some Encodable) throws(StoreError) -> String {
    // Types of our own, which can be encoded.
    guard let json = try? ContractJSON.encode(value) else {
      throw .misuse("calendar", "hours that are no JSON")
    }
    return String(decoding: json, as: UTF8.self)
  }

  private static func read(_ row: Row) throws(StoreError) -> CalendarRow {
    guard let hours = try? ContractJSON.decode([CalendarHours].self, from: Array(row.text(2).utf8)),
      let holidays = try? ContractJSON.decode([CalendarHoliday].self, from: Array(row.text(3).utf8))
    else { throw .damaged("calendar", row: row.int(0)) }
    return CalendarRow(
      rep: row.int(0), zone: row.text(1), hours: hours, holidays: holidays, delegateRep: row.intOrNil(4),
      delegateQueue: row.intOrNil(5), reply: row.textOrNil(6), notBefore: row.intOrNil(7),
      created: row.int(8), updated: row.int(9))
  }
}

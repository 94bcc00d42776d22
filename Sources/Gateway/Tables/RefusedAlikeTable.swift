import Store

/// The table `refused_alike`: of each number, the phones in a row whose texts failed with one error, for as long as that goes on.
/// A number whose texts arrive has no rows, so all that goes well writes nothing.
struct RefusedAlikeTable {
  private let insert: Statement
  private let delete: Statement
  private let select: Statement

  init(_ database: Database) throws(StoreError) {
    insert = try database.prepare("INSERT INTO refused_alike (number_id, phone, error) VALUES (?1, ?2, ?3)")
    delete = try database.prepare("DELETE FROM refused_alike WHERE number_id = ?1")
    select = try database.prepare("SELECT number_id, phone, error FROM refused_alike")
  }

  func add(_ phone: Int64, of number: NumberID, error: String) throws(StoreError) {
    try insert.with(number, phone, error).run()
  }

  /// The row of failures is over.
  func forget(_ number: NumberID) throws(StoreError) { try delete.with(number).run() }

  func all() throws(StoreError) -> [(number: NumberID, phone: Int64, error: String)] {
    defer { select.reset() }
    var found: [(number: NumberID, phone: Int64, error: String)] = []
    while try select.step() { found.append((select.int(0), select.int(1), select.text(2))) }
    return found
  }
}

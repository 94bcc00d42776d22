import Contract
import Store

/// The tables of our numbers, their routes, our reps, and who holds which number since when.
struct DirectoryTable {
  struct NumberRow {
    var id: NumberID
    var address: PhoneNumber
    var kind: NumberKind
    var state: NumberState
    /// Segments per second.
    var rate: Int
    var reason: String?
    var queue: Int64?
    /// Milliseconds since 1970 UTC.
    var created: Int64
  }

  struct RouteRow {
    var number: NumberID
    var carrier: CarrierKey
    /// Segments per second; nil: the number's.
    var rate: Int?
  }

  struct RepRow {
    var id: Int64
    var name: String
    var external: String?
    var isActive: Bool
    var mobile: Int64?
    var email: EmailAddress?
    var alertBy: AlertBy
    /// Milliseconds since 1970 UTC.
    var created: Int64
  }

  struct AssignmentRow {
    var number: NumberID
    var rep: Int64
    var isHome: Bool
  }

  let database: Database

  init(_ database: Database) { self.database = database }

  // MARK: Carriers

  /// The names of the configuration, each with a row of its own.
  func register(_ names: [String]) throws(StoreError) {
    for name in names {
      try database.run("INSERT INTO carrier (name) VALUES (?1) ON CONFLICT DO NOTHING", .text(name))
    }
  }

  func carriers() throws(StoreError) -> [CarrierKey: String] {
    var found: [CarrierKey: String] = [:]
    try database.rows("SELECT id, name FROM carrier") { found[$0.int(0)] = $0.text(1) }
    return found
  }

  // MARK: Numbers

  func numbers() throws(StoreError) -> [NumberRow] {
    try database.map(
      "SELECT id, address, kind, state, rate, reason, created, queue_id FROM number ORDER BY id"
    ) {
      (row: Row) throws(StoreError) in
      guard let address = PhoneNumber(packed: row.int(1)), let kind = NumberKind(rawValue: row.text(2)),
        let state = NumberState(rawValue: row.text(3))
      else { throw .damaged("number", row: row.int(0)) }
      return NumberRow(
        id: row.int(0), address: address, kind: kind, state: state, rate: Int(row.int(4)),
        reason: row.textOrNil(5), queue: row.intOrNil(7), created: row.int(6))
    }
  }

  func add(_ address: PhoneNumber, _ kind: NumberKind, rate: Int, at: Int64) throws(StoreError) -> NumberID {
    let insert = try database.cached(
      "INSERT INTO number (address, kind, rate, created, updated) VALUES (?1, ?2, ?3, ?4, ?4)")
    try insert.with(address.packed, kind.rawValue, Int64(rate), at).run()
    return database.lastInsertRowID
  }

  /// The number has changed.
  func touch(_ id: NumberID, at: Int64) throws(StoreError) {
    try database.run("UPDATE number SET updated = ?2 WHERE id = ?1", .int(id), .int(at))
  }

  func setRate(_ rate: Int, of id: NumberID) throws(StoreError) {
    try database.run("UPDATE number SET rate = ?2 WHERE id = ?1", .int(id), .int(Int64(rate)))
  }

  func setQueue(_ queue: Int64?, of id: NumberID) throws(StoreError) {
    try database.run("UPDATE number SET queue_id = ?2 WHERE id = ?1", .int(id), .init(queue))
  }

  func setState(_ state: NumberState, reason: String?, of id: NumberID) throws(StoreError) {
    try database.run(
      "UPDATE number SET state = ?2, reason = ?3 WHERE id = ?1", .int(id), .text(state.rawValue),
      .init(reason))
  }

  /// Since when a number has had the routes it has, in milliseconds since 1970 UTC.
  func routesSince(of id: NumberID, _ formerRoutes: HoldCause) throws(StoreError) -> Int64? {
    try database.int(
      "SELECT ifnull((SELECT max(until) FROM hold WHERE cause = ?2 AND subject = ?1), created) FROM number WHERE id = ?1",
      .int(id), .int(formerRoutes.rawValue))
  }

  // MARK: Routes

  enum Direction: String { case send, receive }

  /// The routes that numbers send by, the first to try first.
  func sendRoutes() throws(StoreError) -> [RouteRow] {
    try database.map(
      "SELECT number_id, carrier_id, rate FROM route WHERE direction = 'send' ORDER BY number_id, priority"
    ) { RouteRow(number: $0.int(0), carrier: $0.int(1), rate: $0.intOrNil(2).map { Int($0) }) }
  }

  /// All routes of a number by priority, as the socket shows them: both directions of one carrier are one route.
  func routes(of id: NumberID) throws(StoreError) -> [NumberRoute] {
    let select = try database.cached(
      """
      SELECT c.name, r.direction, r.rate, r.priority FROM route r JOIN carrier c ON c.id = r.carrier_id
      WHERE r.number_id = ?1 ORDER BY r.priority, r.direction DESC
      """)
    var rows: [NumberRoute] = []
    try select.with(id).forEachRow { row in
      rows.append(
        NumberRoute(
          carrier: row.text(0), direction: row.text(1) == "send" ? .send : .receive,
          rate: row.intOrNil(2).map { Int($0) },
          priority: Int(row.int(3))))
    }
    var merged: [NumberRoute] = []
    for route in rows {
      if let index = merged.firstIndex(where: {
        $0.carrier == route.carrier && $0.priority == route.priority && $0.direction != route.direction
      }) {
        merged[index].direction = .both
        merged[index].rate = merged[index].rate ?? route.rate
      } else {
        merged.append(route)
      }
    }
    return merged
  }

  /// The routes that numbers receive by.
  func receiveRoutes() throws(StoreError) -> [RouteRow] {
    try database.map(
      "SELECT number_id, carrier_id, rate FROM route WHERE direction = 'receive' ORDER BY number_id, priority"
    ) { RouteRow(number: $0.int(0), carrier: $0.int(1), rate: $0.intOrNil(2).map { Int($0) }) }
  }

  func addRoute(
    of id: NumberID, _ direction: Direction, priority: Int, carrier: CarrierKey, rate: Int?
  ) throws(StoreError) {
    let insert = try database.cached(
      "INSERT INTO route (number_id, direction, priority, carrier_id, rate) VALUES (?1, ?2, ?3, ?4, ?5)")
    try insert.with(id, direction.rawValue, Int64(priority), carrier, rate.map { Int64($0) }).run()
  }

  func removeRoutes(of id: NumberID) throws(StoreError) {
    try database.run("DELETE FROM route WHERE number_id = ?1", .int(id))
  }

  // MARK: Reps

  func reps() throws(StoreError) -> [RepRow] {
    try database.map(
      "SELECT id, name, external, state, mobile, alert_by, created, email FROM rep ORDER BY id"
    ) {
      (row: Row) throws(StoreError) in
      let email = row.textOrNil(7)
      guard let alertBy = AlertBy(rawValue: row.text(5)),
        email == nil || email.flatMap({ EmailAddress($0) }) != nil
      else { throw .damaged("rep", row: row.int(0)) }
      return RepRow(
        id: row.int(0), name: row.text(1), external: row.textOrNil(2), isActive: row.text(3) == "active",
        mobile: row.intOrNil(4), email: email.flatMap { EmailAddress($0) }, alertBy: alertBy,
        created: row.int(6))
    }
  }

  /// - Returns: its id.
  func add(_ rep: RepRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      "INSERT INTO rep (name, mobile, email, alert_by, created, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?5)")
    try insert.with(rep.name, rep.mobile, rep.email?.text, rep.alertBy.rawValue).bind(5, rep.created).run()
    return database.lastInsertRowID
  }

  func update(_ rep: RepRow, at: Int64) throws(StoreError) {
    try database.run(
      "UPDATE rep SET name = ?2, mobile = ?3, alert_by = ?4, state = ?5, updated = ?6, email = ?7 WHERE id = ?1",
      .int(rep.id), .text(rep.name), .init(rep.mobile), .text(rep.alertBy.rawValue),
      .text(rep.isActive ? "active" : "inactive"), .int(at), .init(rep.email?.text))
  }

  /// The numbers that a rep holds have changed.
  func touch(rep id: Int64, at: Int64) throws(StoreError) {
    try database.run("UPDATE rep SET updated = ?2 WHERE id = ?1", .int(id), .int(at))
  }

  // MARK: Assignments

  /// Who holds which number now.
  func assignments() throws(StoreError) -> [AssignmentRow] {
    try database.map("SELECT number_id, rep_id, kind FROM assignment WHERE until IS NULL") { row in
      AssignmentRow(number: row.int(0), rep: row.int(1), isHome: row.text(2) == "home")
    }
  }

  /// The numbers that a rep holds now.
  func addresses(of rep: Int64) throws(StoreError) -> [Int64] {
    let sql = """
      SELECT n.address FROM assignment a JOIN number n ON n.id = a.number_id
      WHERE a.rep_id = ?1 AND a.until IS NULL
      """
    return try database.map(sql, .int(rep)) { $0.int(0) }
  }

  /// The assignment of a number ends, and stays on record.
  func endAssignment(of id: NumberID, at: Int64) throws(StoreError) {
    try database.run(
      "UPDATE assignment SET until = ?2 WHERE number_id = ?1 AND until IS NULL", .int(id), .int(at))
  }

  /// A rep's home is a number held like others from now on.
  func demoteHome(of rep: Int64) throws(StoreError) {
    try database.run(
      "UPDATE assignment SET kind = 'held' WHERE rep_id = ?1 AND until IS NULL AND kind = 'home'", .int(rep))
  }

  func assign(_ row: AssignmentRow, at: Int64) throws(StoreError) {
    let insert = try database.cached(
      "INSERT INTO assignment (number_id, rep_id, kind, since) VALUES (?1, ?2, ?3, ?4)")
    try insert.with(row.number, row.rep, row.isHome ? "home" : "held", at).run()
  }

  // MARK: Phones that are texted before the gateway is live

  func testPhones() throws(StoreError) -> [Int64] {
    try database.map("SELECT phone FROM test_phone ORDER BY phone") { $0.int(0) }
  }

  func addTestPhone(_ phone: Int64) throws(StoreError) {
    try database.run("INSERT INTO test_phone (phone) VALUES (?1)", .int(phone))
  }

  func removeTestPhone(_ phone: Int64) throws(StoreError) {
    try database.run("DELETE FROM test_phone WHERE phone = ?1", .int(phone))
  }
}

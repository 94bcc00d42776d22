import Carriers
import Contract
import SMPP
import Store

/// A sender address we own.
final class Number {
  let id: NumberID
  /// As contacts see it.
  let address: PhoneNumber
  let kind: NumberKind
  var state: NumberState
  /// Segments per second.
  var rate: Int
  var reason: String?
  /// The carriers it sends by, the first to try first.
  var sendRoutes: [Route] = []
  /// The rep who holds it now.
  var rep: Int64?
  /// It is that rep's home: where new conversations start.
  var isHome = false

  init(id: NumberID, address: PhoneNumber, kind: NumberKind, state: NumberState, rate: Int, reason: String?) {
    self.id = id
    self.address = address
    self.kind = kind
    self.state = state
    self.rate = rate
    self.reason = reason
  }

  /// It as `source_addr` with a carrier, made once.
  func source(for carrier: CarrierKey, _ normaliser: AddressNormaliser) -> Address? {
    if let known = sources[carrier] { return known }
    let party: Party = address.isShortCode ? .shortCode(address.description) : .number(address.description)
    guard let made = normaliser.source(party) else { return nil }
    sources[carrier] = made
    return made
  }

  private var sources: [CarrierKey: Address] = [:]

  struct Route: Equatable {
    var carrier: CarrierKey
    /// Segments per second; nil: the number's.
    var rate: Int?
  }
}

/// A person who sells.
final class Rep {
  let id: Int64
  var name: String
  var external: String?
  var active: Bool
  /// The private mobile: an address that no contact and no app for contacts ever sees.
  var mobile: Int64?
  var alerts: Bool
  var home: NumberID?

  init(id: Int64, name: String, external: String?, active: Bool, mobile: Int64?, alerts: Bool) {
    self.id = id
    self.name = name
    self.external = external
    self.active = active
    self.mobile = mobile
    self.alerts = alerts
  }
}

/// Our numbers and reps, whole in memory (at most `maximumNumbers`), and the questions asked of contacts.
final class Directory {
  /// Numbers, and reps, that one gateway holds: a lane each, so that every structure over them is bounded.
  static let maximumNumbers = 50_000

  private(set) var numbers: [NumberID: Number] = [:]
  private(set) var reps: [Int64: Rep] = [:]
  private var byAddress: [PhoneNumber: NumberID] = [:]
  private var byMobile: [Int64: Int64] = [:]
  private(set) var carriers: [CarrierKey: String] = [:]
  private(set) var pausedAll = false
  /// Texts leave to every phone; a new store is not live.
  private(set) var isLive = false
  /// Where they leave to before that; at most `maximumTestPhones`.
  private(set) var testPhones: Set<Int64> = []
  static let maximumTestPhones = 1_000

  private let database: Database
  private let selectContacts: Statement

  init(_ database: Database) throws {
    self.database = database
    selectContacts = try database.prepare(
      """
      SELECT p.contact_id, c.owner_rep, c.first_name, c.last_name FROM contact_phone p
      JOIN contact c ON c.id = p.contact_id WHERE p.phone = ?1 ORDER BY p.contact_id LIMIT 16
      """)
    try reload()
  }

  func reload() throws {
    numbers = [:]
    reps = [:]
    byAddress = [:]
    byMobile = [:]
    carriers = [:]
    try database.rows("SELECT id, name FROM carrier") { carriers[$0.int(0)] = $0.text(1) }
    try database.rows("SELECT id, address, kind, state, rate, reason FROM number") { row in
      guard let address = PhoneNumber(packed: row.int(1)) else { return }
      let number = Number(
        id: row.int(0), address: address, kind: NumberKind(rawValue: row.text(2)) ?? .longCode,
        state: NumberState(rawValue: row.text(3)) ?? .paused, rate: Int(row.int(4)), reason: row.textOrNil(5))
      numbers[number.id] = number
      byAddress[number.address] = number.id
    }
    try database.rows(
      """
      SELECT number_id, carrier_id, rate FROM route WHERE direction = 'send' ORDER BY number_id, priority
      """
    ) { row in
      numbers[row.int(0)]?.sendRoutes.append(
        .init(carrier: row.int(1), rate: row.intOrNil(2).map { Int($0) }))
    }
    try database.rows("SELECT id, name, external, state, mobile, alerts FROM rep") { row in
      let rep = Rep(
        id: row.int(0), name: row.text(1), external: row.textOrNil(2), active: row.text(3) == "active",
        mobile: row.intOrNil(4), alerts: row.int(5) == 1)
      reps[rep.id] = rep
      if let mobile = rep.mobile { byMobile[mobile] = rep.id }
    }
    try database.rows("SELECT number_id, rep_id, kind FROM assignment WHERE until IS NULL") { row in
      let number = numbers[row.int(0)]
      number?.rep = row.int(1)
      number?.isHome = row.text(2) == "home"
      if row.text(2) == "home" { reps[row.int(1)]?.home = row.int(0) }
    }
    pausedAll = try database.text("SELECT value FROM setting WHERE key = 'paused'") == "all"
    isLive = try database.text("SELECT value FROM setting WHERE key = 'live'") == "yes"
    testPhones = []
    try database.rows("SELECT phone FROM test_phone") { testPhones.insert($0.int(0)) }
  }

  func setPausedAll(_ paused: Bool, reason: String? = nil) throws {
    let statement =
      "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    try database.run(statement, .text("paused"), .text(paused ? "all" : "none"))
    try database.run(statement, .text("pause_reason"), .text(reason ?? ""))
    pausedAll = paused
  }

  func setLive(_ live: Bool) throws {
    try database.run(
      "INSERT INTO setting (key, value) VALUES ('live', ?1) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      .text(live ? "yes" : "no"))
    isLive = live
  }

  func setTestPhone(_ phone: Int64, _ listed: Bool) throws {
    if listed {
      try database.run("INSERT INTO test_phone (phone) VALUES (?1) ON CONFLICT DO NOTHING", .int(phone))
      testPhones.insert(phone)
    } else {
      try database.run("DELETE FROM test_phone WHERE phone = ?1", .int(phone))
      testPhones.remove(phone)
    }
  }

  /// Whether anything at all may leave to a phone.
  func isReachable(_ phone: Int64) -> Bool { isLive || testPhones.contains(phone) }

  func number(at address: PhoneNumber) -> Number? { byAddress[address].flatMap { numbers[$0] } }

  /// The rep whose private mobile this is.
  func rep(withMobile phone: Int64) -> Rep? { byMobile[phone].flatMap { reps[$0] } }

  /// The contacts that have this phone, in order of their ids.
  struct PhoneContact {
    var id: Int64
    var ownerRep: Int64?
    var name: String
  }

  func contacts(of phone: Int64) throws -> [PhoneContact] {
    selectContacts.bind(1, phone)
    defer { selectContacts.reset() }
    var found: [PhoneContact] = []
    while try selectContacts.step() {
      found.append(
        PhoneContact(
          id: selectContacts.int(0), ownerRep: selectContacts.intOrNil(1),
          name: Directory.shortName(first: selectContacts.text(2), last: selectContacts.text(3))))
    }
    return found
  }

  /// "Ana G.": enough for a rep to know who it is, not enough for a stranger who sees the rep's phone.
  static func shortName(first: String, last: String) -> String {
    guard let initial = last.first else { return first }
    return first.isEmpty ? last : "\(first) \(initial)."
  }
}

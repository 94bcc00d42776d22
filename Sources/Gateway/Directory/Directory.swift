import Carriers
import Contract
import SMPP
import Settings
import Store

/// A sender address we own.
final class Number {
  let id: NumberID
  /// As contacts see it.
  let address: PhoneNumber
  let kind: NumberKind
  fileprivate(set) var state: NumberState
  /// Segments per second.
  fileprivate(set) var rate: Int
  fileprivate(set) var reason: String?
  /// The carriers it sends by, the first to try first.
  fileprivate(set) var sendRoutes: [Route] = []
  /// The carriers it receives by: at most `CommandLimits.routes`. What another carrier brings for it is set aside.
  fileprivate(set) var receivers: [CarrierKey] = []
  /// The rep who holds it now.
  fileprivate(set) var rep: Int64?
  /// It is that rep's home: where new conversations start.
  fileprivate(set) var isHome = false
  /// Whose members answer its threads that no rep owns; nil: the default queue's.
  fileprivate(set) var queue: Int64?
  /// Milliseconds since 1970 UTC.
  let created: Int64

  fileprivate init(_ row: DirectoryTable.NumberRow) {
    id = row.id
    address = row.address
    kind = row.kind
    state = row.state
    rate = row.rate
    reason = row.reason
    queue = row.queue
    created = row.created
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
  fileprivate(set) var row: DirectoryTable.RepRow
  fileprivate(set) var home: NumberID?
  /// Every number the rep holds.
  fileprivate(set) var held: Set<NumberID> = []

  fileprivate init(_ row: DirectoryTable.RepRow) { self.row = row }

  var id: Int64 { row.id }
  var name: String { row.name }
  var isActive: Bool { row.isActive }
  /// The private mobile: an address that no contact and no app for contacts ever sees.
  var mobile: Int64? { row.mobile }
  /// The address for alerts, as private as the mobile.
  var email: EmailAddress? { row.email }
  var alertBy: AlertBy { row.alertBy }
  /// Whether the mobile gets texts.
  var isTexted: Bool { alertBy.texts && mobile != nil }
}

/// Our numbers and reps, whole in memory (at most `maximumNumbers`), and whether texts leave at all.
///
/// Each change is written and then made in memory, so that adding one costs the same with many as with few.
final class Directory {
  /// Numbers, and reps, that one gateway holds: a lane each, so that every structure over them is bounded.
  static let maximumNumbers = 50_000
  static let maximumTestPhones = 1_000

  private(set) var numbers: [NumberID: Number] = [:]
  private(set) var reps: [Int64: Rep] = [:]
  private var byAddress: [PhoneNumber: NumberID] = [:]
  private var byMobile: [Int64: Int64] = [:]
  /// By names in lower case; more than one rep may have a name.
  private var byName: [String: Set<Int64>] = [:]
  private(set) var carriers: [CarrierKey: String] = [:]
  private(set) var pausedAll = false
  /// Texts leave to every phone; a new store is not live.
  private(set) var isLive = false
  /// Where they leave to before that; at most `maximumTestPhones`.
  private(set) var testPhones: Set<Int64> = []

  private let table: DirectoryTable
  private let settings: SettingTable

  init(_ table: DirectoryTable, _ settings: SettingTable) throws(StoreError) {
    self.table = table
    self.settings = settings
    try reload()
  }

  /// Reads everything from the store: at the start, and after a batch that was lost.
  func reload() throws(StoreError) {
    numbers = [:]
    reps = [:]
    byAddress = [:]
    byMobile = [:]
    byName = [:]
    carriers = try table.carriers()
    for row in try table.numbers() { insert(Number(row)) }
    for row in try table.sendRoutes() {
      numbers[row.number]?.sendRoutes.append(.init(carrier: row.carrier, rate: row.rate))
    }
    for row in try table.receiveRoutes() { numbers[row.number]?.receivers.append(row.carrier) }
    for row in try table.reps() { insert(Rep(row)) }
    for row in try table.assignments() { hold(row) }
    pausedAll = try settings[.paused] == "all"
    isLive = try settings[.live] == "yes"
    testPhones = Set(try table.testPhones())
  }

  /// What it holds, in lines that are the same after a fresh start.
  var memory: [String] {
    let numbers = numbersInOrder.map {
      "number \($0.id) \($0.address) \($0.state) \($0.rate) \($0.reason ?? "") \($0.sendRoutes) \($0.receivers) \($0.rep ?? 0) \($0.isHome) \($0.queue ?? 0)"
    }
    let reps = reps.values.sorted(by: \.id).map { "rep \($0.row) \($0.home ?? 0) \($0.held.sorted())" }
    return numbers + reps + byAddress.map { "address \($0) \($1)" }.sorted()
      + byName.map { "reps \($0): \($1.sorted())" }.sorted()
      + byMobile.map { "mobile of \($1) \($0)" }.sorted() + carriers.map { "carrier \($0) \($1)" }.sorted()
      + ["paused \(pausedAll), live \(isLive)"] + testPhones.sorted().map { "test phone \($0)" }
  }

  private func insert(_ number: Number) {
    numbers[number.id] = number
    byAddress[number.address] = number.id
  }

  private func insert(_ rep: Rep) {
    reps[rep.id] = rep
    if let mobile = rep.mobile { byMobile[mobile] = rep.id }
    byName[rep.name.lowercased(), default: []].insert(rep.id)
  }

  private func hold(_ row: DirectoryTable.AssignmentRow) {
    numbers[row.number]?.rep = row.rep
    numbers[row.number]?.isHome = row.isHome
    reps[row.rep]?.held.insert(row.number)
    if row.isHome { reps[row.rep]?.home = row.number }
  }

  // MARK: Questions

  func number(at address: PhoneNumber) -> Number? { byAddress[address].flatMap { numbers[$0] } }

  /// Whether a phone, as the store keeps it, is a number of ours.
  func isOurs(_ phone: Int64) -> Bool { PhoneNumber(packed: phone).map { byAddress[$0] != nil } ?? false }

  /// All numbers in the order of their ids.
  var numbersInOrder: [Number] { numbers.values.sorted(by: \.id) }

  /// The numbers a rep holds, in the order of their ids.
  func numbers(heldBy rep: Int64) -> [NumberID] { reps[rep]?.held.sorted() ?? [] }

  /// The reps of a name, its case ignored.
  func reps(named name: String) -> [Rep] {
    (byName[name.lowercased()] ?? []).sorted().compactMap { reps[$0] }
  }

  /// The rep whose private mobile this is.
  func rep(withMobile phone: Int64) -> Rep? { byMobile[phone].flatMap { reps[$0] } }

  /// The row of a carrier of the configuration.
  func carrier(named name: String) -> CarrierKey? { carriers.first { $0.value == name }?.key }

  /// Whether anything at all may leave to a phone.
  func isReachable(_ phone: Int64) -> Bool { isLive || testPhones.contains(phone) }

  // MARK: Changes

  func setPausedAll(_ paused: Bool, reason: String? = nil) throws(StoreError) {
    try settings.set(.paused, paused ? "all" : "none")
    try settings.set(.pauseReason, reason ?? "")
    pausedAll = paused
  }

  func setLive(_ live: Bool) throws(StoreError) {
    try settings.set(.live, live ? "yes" : "no")
    isLive = live
  }

  func addTestPhone(_ phone: Int64) throws(StoreError) {
    try table.addTestPhone(phone)
    testPhones.insert(phone)
  }

  func removeTestPhone(_ phone: Int64) throws(StoreError) {
    try table.removeTestPhone(phone)
    testPhones.remove(phone)
  }

  func addNumber(_ address: PhoneNumber, _ kind: NumberKind, rate: Int, at: Int64) throws(StoreError)
    -> Number
  {
    let id = try table.add(address, kind, rate: rate, at: at)
    let number = Number(.init(id: id, address: address, kind: kind, state: .active, rate: rate, created: at))
    insert(number)
    return number
  }

  /// A route as a command gives it, its carrier known.
  struct NewRoute {
    var carrier: CarrierKey
    var directions: [DirectoryTable.Direction]
    var priority: Int
    var rate: Int?
  }

  func setRoutes(_ routes: [NewRoute], of number: Number) throws(StoreError) {
    try table.removeRoutes(of: number.id)
    try addRoutes(routes, to: number)
  }

  /// The first routes of a number.
  func addRoutes(_ routes: [NewRoute], to number: Number) throws(StoreError) {
    for route in routes {
      for direction in route.directions {
        try table.addRoute(
          of: number.id, direction, priority: route.priority, carrier: route.carrier, rate: route.rate)
      }
    }
    number.sendRoutes = routes.filter { $0.directions.contains(.send) }.sorted { $0.priority < $1.priority }
      .map { Number.Route(carrier: $0.carrier, rate: $0.rate) }
    number.receivers = routes.filter { $0.directions.contains(.receive) }
      .sorted { $0.priority < $1.priority }.map(\.carrier)
  }

  /// When a number last changed is kept, for whoever lists what is new.
  func touch(_ number: Number, at: Int64) throws(StoreError) { try table.touch(number.id, at: at) }

  func setQueue(_ queue: Int64?, of number: Number) throws(StoreError) {
    try table.setQueue(queue, of: number.id)
    number.queue = queue
  }

  func setRate(_ rate: Int, of number: Number) throws(StoreError) {
    try table.setRate(rate, of: number.id)
    number.rate = rate
  }

  func setState(_ state: NumberState, reason: String?, of number: Number) throws(StoreError) {
    try table.setState(state, reason: reason, of: number.id)
    number.state = state
    number.reason = reason
  }

  func add(_ new: DirectoryTable.RepRow) throws(StoreError) -> Rep {
    var row = new
    row.id = try table.add(row)
    let rep = Rep(row)
    insert(rep)
    return rep
  }

  func update(_ rep: Rep, _ row: DirectoryTable.RepRow, at: Int64) throws(StoreError) {
    assert(row.id == rep.id)
    try table.update(row, at: at)
    if let mobile = rep.mobile { byMobile[mobile] = nil }
    let (before, after) = (rep.name.lowercased(), row.name.lowercased())
    if before != after {
      byName[before]?.remove(rep.id)
      if byName[before]?.isEmpty == true { byName[before] = nil }
      byName[after, default: []].insert(rep.id)
    }
    rep.row = row
    if let mobile = row.mobile { byMobile[mobile] = rep.id }
  }

  /// When a rep last changed is kept, for whoever lists what is new.
  func touch(rep id: Int64, at: Int64) throws(StoreError) { try table.touch(rep: id, at: at) }

  /// Whether the rep is alerted by texts; by e-mail as before.
  func setTexts(_ texts: Bool, of rep: Rep, at: Int64) throws(StoreError) {
    var row = rep.row
    row.alertBy = AlertBy(texts: texts, emails: rep.alertBy.emails)
    try update(rep, row, at: at)
  }

  /// Gives a number to a rep from now on, or to nobody; the assignment before it ends and stays on record. A rep has one home:
  /// the one before is held from now on.
  func assign(_ number: Number, to rep: Rep?, isHome: Bool, at: Int64) throws(StoreError) {
    if number.rep != rep?.id || number.isHome != (rep != nil && isHome) {
      for changed in Set([number.rep, rep?.id].compactMap(\.self)) { try table.touch(rep: changed, at: at) }
    }
    if let before = number.rep.flatMap({ reps[$0] }) {
      try table.endAssignment(of: number.id, at: at)
      before.held.remove(number.id)
      if before.home == number.id { before.home = nil }
    }
    number.rep = nil
    number.isHome = false
    guard let rep else { return }
    if isHome, let home = rep.home {
      try table.demoteHome(of: rep.id)
      numbers[home]?.isHome = false
      rep.home = nil
    }
    let row = DirectoryTable.AssignmentRow(number: number.id, rep: rep.id, isHome: isHome)
    try table.assign(row, at: at)
    hold(row)
  }

  /// All routes of a number by priority, those it only receives by too.
  func routes(of number: Number) throws(StoreError) -> [NumberRoute] { try table.routes(of: number.id) }

  /// Since when a number has had the routes it has, in milliseconds since 1970 UTC.
  func routesSince(of number: Number) throws(StoreError) -> Int64? {
    try table.routesSince(of: number.id, .formerRoutes)
  }
}

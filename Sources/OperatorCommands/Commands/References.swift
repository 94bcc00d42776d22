import CommandFrame
import Contract

/// Names and numbers as people type them, to what the API takes.
struct References {
  let daemon: DaemonConnection
  /// Reps by name, read once when a name is first used.
  private var reps: [RepView]?
  private var queues: [QueueView]?
  /// For lists; empty where this user's role may not read them.
  private var repNames: [RepID: String]?
  private var queueNames: [QueueID: String]?

  init(_ daemon: DaemonConnection) { self.daemon = daemon }

  /// `rep_3`, or a rep's name in any case.
  mutating func rep(_ text: String) throws -> RepID {
    if let id = RepID(text) { return id }
    if reps == nil, (1...200).contains(text.unicodeScalars.count) {
      // One question, however many reps there are; names whose letters are not of A to Z need them all.
      let found = try daemon.call(RepList(name: text, limit: 2)).items
      if found.count == 1 { return found[0].repID }
    }
    let matching = try allReps().filter { $0.name.lowercased() == text.lowercased() }
    guard let first = matching.first else {
      throw Failure(.data, "no rep is called \"\(text)\"", hint: "see: tollgate rep list")
    }
    guard matching.count == 1 else {
      let ids = matching.map(\.repID.description).joined(separator: ", ")
      throw Failure(.data, "\(matching.count) reps are called \"\(text)\"; use an id: \(ids)")
    }
    return first.repID
  }

  /// A rep's name for lists; its id where it is not known, or not for this user to know.
  mutating func name(of id: RepID?) throws -> String {
    guard let id else { return "-" }
    let names = try repNames ?? readable { try allReps().reduce(into: [:]) { $0[$1.repID] = $1.name } }
    repNames = names
    return names[id] ?? id.description
  }

  /// Empty where this user's role may not read it.
  private func readable<Key>(_ read: () throws -> [Key: String]) throws -> [Key: String] {
    do {
      return try read()
    } catch let failure as Failure where failure.status == .permission {
      return [:]
    }
  }

  private mutating func allReps() throws -> [RepView] {
    let all = try reps ?? Pages.all(RepList(), daemon)
    reps = all
    return all
  }

  /// `q_2`, or a queue's name in any case.
  mutating func queue(_ text: String) throws -> QueueID {
    if let id = QueueID(text) { return id }
    guard let found = try allQueues().first(where: { $0.name.lowercased() == text.lowercased() }) else {
      throw Failure(.data, "no queue is called \"\(text)\"", hint: "see: tollgate queue list")
    }
    return found.queueID
  }

  /// A queue's name for lists; its id where it is not known, or not for this user to know.
  mutating func queueName(of id: QueueID) throws -> String {
    let names = try queueNames ?? readable { try allQueues().reduce(into: [:]) { $0[$1.queueID] = $1.name } }
    queueNames = names
    return names[id] ?? id.description
  }

  private mutating func allQueues() throws -> [QueueView] {
    let all = try queues ?? Pages.all(QueueList(), daemon)
    queues = all
    return all
  }

  /// A number of ours, a rep's id or a rep's name.
  mutating func sender(_ text: String) throws -> Sender {
    if let number = try? References.number(text) { return .number(number) }
    return .rep(try rep(text))
  }

  /// `con_12`, or a phone.
  static func recipient(_ text: String) throws -> Recipient {
    if let id = ContactID(text) { return .contact(id) }
    return .phone(try phone(text))
  }

  static func number(_ text: String) throws -> PhoneNumber {
    guard let number = PhoneNumber(stripped(text)) else {
      throw Failure(.usage, "expected a number such as +18885550101 or a short code, found \"\(text)\"")
    }
    return number
  }

  /// A phone as it was typed: the daemon reads it, by the country of its brand.
  static func phone(_ text: String) throws -> TypedPhone {
    guard let phone = TypedPhone(text) else {
      throw Failure(.usage, "expected a phone such as +12025550143, found \"\(text)\"")
    }
    return phone
  }

  static func contact(_ text: String) throws -> ContactID { try id(text, "a contact such as con_12") }
  static func campaign(_ text: String) throws -> CampaignID { try id(text, "a campaign such as camp_7") }
  static func conversation(_ text: String) throws -> ConversationID {
    try id(text, "a conversation such as conv_42")
  }
  static func keyword(_ text: String) throws -> KeywordID { try id(text, "a keyword such as kw_2") }
  static func email(_ text: String) throws -> EmailAddress {
    guard let address = EmailAddress(text) else {
      throw Failure(.usage, "expected an e-mail address in ASCII, such as rosa@acme.example")
    }
    return address
  }

  /// `--alerts`
  static func alertBy(_ invocation: Invocation) throws -> AlertBy? {
    guard let word = invocation.value("alerts") else { return nil }
    guard let alertBy = AlertBy(rawValue: word) else {
      throw Failure(
        .usage, "--alerts: expected one of " + AlertBy.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return alertBy
  }

  static func absence(_ text: String) throws -> AbsenceID { try id(text, "an absence such as abs_5") }
  static func episode(_ text: String) throws -> EpisodeID { try id(text, "an episode such as ep_3") }
  static func session(_ text: String) throws -> SessionID { try id(text, "a session such as ses_9") }
  static func message(_ text: String) throws -> MessageID { try id(text, "a message such as msg_6789") }

  static func lead(_ text: String) throws -> LeadID { try id(text, "a lead such as lead_4") }

  static func group(_ text: String) throws -> GroupRef {
    guard let group = GroupRef(text) else { throw Failure(.usage, "expected a group's id or name") }
    return group
  }

  static func time(_ text: String) throws -> Timestamp {
    guard let time = Timestamp(text) else {
      throw Failure(.usage, "expected a time such as 2026-11-22T17:00:00Z, found \"\(text)\"")
    }
    return time
  }

  private static func id<Kind>(_ text: String, _ expected: String) throws -> ID<Kind> {
    guard let id = ID<Kind>(text) else { throw Failure(.usage, "expected \(expected), found \"\(text)\"") }
    return id
  }

  /// Without what people put between digits: `+1 (888) 555-0101` is `+18885550101`.
  static func stripped(_ text: String) -> String {
    guard text.hasPrefix("+") else { return text }
    return text.filter { !" ().-".contains($0) }
  }

  /// A word of a closed list.
  static func word<Word: CaseIterable & RawRepresentable>(
    _ text: String?, _ option: String, _ type: Word.Type = Word.self
  ) throws -> Word? where Word.RawValue == String {
    guard let text else { return nil }
    guard let word = Word(rawValue: text) else {
      let expected = Word.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "--\(option): expected one of \(expected), found \"\(text)\"")
    }
    return word
  }
}

/// Reads pages until enough items are there.
struct Pages {
  /// The most one call returns.
  static let size = 200

  static let since = Option(
    "since", argument: "TIME", "only what changed at this time or later, such as 2026-11-22T17:00:00Z")
  static let limit = Option("limit", letter: "n", argument: "N", "show at most N (default 50)")

  /// - Returns: the items, and whether there are more.
  static func read<Item>(_ invocation: Invocation, _ daemon: DaemonConnection, _ list: some ListParams<Item>)
    throws
    -> (items: [Item], more: Bool)
  {
    let limit = try invocation.integer("limit", 1...1_000_000) ?? 50
    var items: [Item] = []
    var list = list
    if let since = try invocation.value("since").map(References.time) { list.since = since }
    repeat {
      list.limit = min(size, limit - items.count)
      let page = try daemon.call(list)
      items += page.items
      list.cursor = page.next
    } while list.cursor != nil && items.count < limit
    return (items, list.cursor != nil)
  }

  /// Every item of a list.
  static func all<Item>(_ list: some ListParams<Item>, _ daemon: DaemonConnection) throws -> [Item] {
    var items: [Item] = []
    var list = list
    list.limit = size
    repeat {
      let page = try daemon.call(list)
      items += page.items
      list.cursor = page.next
    } while list.cursor != nil
    return items
  }

  /// Prints a list as the caller wants it: JSON lines, or a table and whether there is more.
  static func print<Item: Encodable>(
    _ invocation: Invocation, _ result: (items: [Item], more: Bool), none: String, table: () throws -> Table
  ) throws {
    if invocation.has("json") {
      for item in result.items { try JSONOutput.line(item) }
      return
    }
    if result.items.isEmpty {
      try Output.line(none)
      return
    }
    try table().print()
    if result.more { try Output.line("(more exist: --limit N)") }
  }
}

extension Invocation {
  /// An option that is on or off; nil where it is not given.
  func onOff(_ option: String) throws -> Bool? {
    switch value(option) {
    case nil: return nil
    case "on": return true
    case "off": return false
    default: throw usage("--\(option): expected on or off")
    }
  }

  /// The names and values of an option that repeats; nil for none.
  func pairs(of option: String, expected: String = "NAME=VALUE") throws -> [String: String]? {
    var pairs: [String: String] = [:]
    for pair in values(of: option) {
      guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
        throw usage("--\(option): expected \(expected), found \"\(pair)\"")
      }
      pairs[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
    }
    return pairs.isEmpty ? nil : pairs
  }
}

import Contract
import Store

/// `search.find`: people by the beginning of a name, or by digits of a phone.
struct SearchQueries {
  static let leastLetters = 2
  static let leastDigits = 3
  private static let longest = 100

  let queries: Queries
  let scope: AccessScope

  private var database: Database { queries.database }

  /// What was found so far.
  private struct Found {
    var hits: [SearchHit] = []
    var contacts: Set<Int64> = []
    var phones: Set<Int64> = []
    var octets = 0
    var isFull = false
  }

  func find(_ params: SearchFind) throws -> SearchFindResult {
    let limit = try PageRequest(params.limit, nil).limit
    let text = params.text.trimmed
    guard text.unicodeScalars.count <= Self.longest else {
      throw APIError.invalid("text", "at most \(Self.longest) characters")
    }
    var found = Found()
    if let digits = Self.digits(of: text) {
      guard digits.count >= Self.leastDigits else {
        throw APIError.invalid("text", "at least \(Self.leastDigits) digits of a phone")
      }
      try findPhones(digits, isInternational: text.hasPrefix("+"), limit, &found)
    } else {
      guard text.unicodeScalars.count >= Self.leastLetters else {
        throw APIError.invalid("text", "at least \(Self.leastLetters) letters of a name")
      }
      try findNames(text, limit, &found)
    }
    return SearchFindResult(hits: found.hits, more: found.isFull)
  }

  /// The digits of what is a phone's, however it is written; nil for anything else.
  private static func digits(of text: String) -> String? {
    guard text.utf8.contains(where: { $0 &- 0x30 < 10 }),
      text.utf8.allSatisfy({ $0 &- 0x30 < 10 || " +-().".utf8.contains($0) })
    else { return nil }
    return text.filter { $0.isASCII && $0.isNumber }
  }

  // MARK: Names

  private func findNames(_ text: String, _ limit: Int, _ found: inout Found) throws {
    try walkNames("first_name", text, "last_name", "", limit, &found)
    try walkNames("last_name", text, "first_name", "", limit, &found)
    guard let blank = text.lastIndex(where: \.isWhitespace) else { return }
    let (first, last) = (String(text[..<blank]).trimmed, String(text[blank...]).trimmed)
    try walkNames("first_name", first, "last_name", last, limit, &found)
    try walkNames("last_name", first, "first_name", last, limit, &found)
  }

  /// Contacts whose one name begins with a text, by that name, and whose other name begins with another. The index has lower(), which
  /// knows A to Z alone.
  private func walkNames(
    _ one: String, _ text: String, _ other: String, _ second: String, _ limit: Int, _ found: inout Found
  ) throws {
    let sql = """
      SELECT lower(\(one)), id, lower(\(other)) >= lower(?4) AND lower(\(other)) < lower(?4) || ?5 FROM contact
      WHERE lower(\(one)) >= lower(?1) AND (lower(\(one)) > lower(?1) OR id > ?2) AND lower(\(one)) < lower(?3) || ?5
      ORDER BY lower(\(one)), id LIMIT ?6
      """
    var place = (name: text, id: Int64.min)
    while !found.isFull {
      let rows = try queries.all(
        sql,
        [
          .text(place.name), .int(place.id), .text(text), .text(second), .text("\u{10FFFF}"),
          .int(Int64(Queries.WalkLimit.window)),
        ]
      ) { (name: $0.text(0), id: $0.int(1), fits: $0.bool(2)) }
      for row in rows {
        if row.fits, !found.isFull { try add(contact: row.id, limit, &found) }
        place = (row.name, row.id)
      }
      if rows.count < Queries.WalkLimit.window { return }
    }
  }

  private func add(contact id: Int64, phone: Int64? = nil, _ limit: Int, _ found: inout Found) throws {
    guard !found.contacts.contains(id), try ContactTable(database).isSeen(contact: id, by: scope),
      let contact = try ContactTable(database).contact(id)
    else { return try checkTime(&found) }
    let name = [contact.firstName, contact.lastName].compactMap(\.self).filter { !$0.isEmpty }
      .joined(separator: " ")
    let shown = phone ?? contact.phones.first
    let hit = SearchHit(
      contactID: ContactID(id), name: name.isEmpty ? nil : name,
      phone: shown.flatMap { PhoneNumber(packed: $0) }, repID: contact.owner.map { RepID($0) },
      conversationIDs: try shown.map { try conversations(with: $0) } ?? [])
    if try add(hit, limit, &found) { found.contacts.insert(id) }
  }

  // MARK: Phones

  private func findPhones(_ digits: String, isInternational: Bool, _ limit: Int, _ found: inout Found) throws
  {
    guard digits.count <= 15, let value = Int64(digits) else { return }
    var leading = [value]
    if !isInternational, queries.settings.isNorthAmerican, digits.count <= 10, !digits.hasPrefix("1") {
      leading.insert(value + power(digits.count), at: 0)
    }
    // As the first digits of a phone that is longer, and of one that has just these.
    for start in leading where start > 0 && !digits.hasPrefix("0") {
      let length = String(start).count
      for more in 0...(15 - min(15, length)) {
        let (from, to) = (start * power(more), (start + 1) * power(more))
        try walkPhones("phone >= \(from) AND phone < \(to)", limit, &found)
      }
    }
    try walkPhones("phone > 0 AND phone % \(power(digits.count)) = \(value)", limit, &found)
  }

  private func power(_ exponent: Int) -> Int64 { (0..<exponent).reduce(1) { power, _ in power * 10 } }

  /// The phones of contacts and conversations that fit, in their order.
  private func walkPhones(_ condition: String, _ limit: Int, _ found: inout Found) throws {
    let sql = """
      SELECT phone FROM (SELECT DISTINCT phone FROM contact_phone WHERE \(condition) AND phone > ?1 ORDER BY phone LIMIT ?2)
      UNION
      SELECT phone FROM (SELECT DISTINCT phone FROM conversation WHERE \(condition) AND phone > ?1 AND role = 0 ORDER BY phone LIMIT ?2)
      ORDER BY 1 LIMIT ?2
      """
    var last = Int64.min
    while !found.isFull {
      let phones = try queries.all(sql, [.int(last), .int(Int64(Queries.WalkLimit.window))]) { $0.int(0) }
      for phone in phones where !found.isFull {
        last = phone
        if found.phones.insert(phone).inserted { try add(phone: phone, limit, &found) }
      }
      if phones.count < Queries.WalkLimit.window { return }
    }
  }

  private func add(phone: Int64, _ limit: Int, _ found: inout Found) throws {
    let before = found.hits.count
    for contact in try ContactTable(database).contacts(of: phone) where !found.isFull {
      try add(contact: contact.id, phone: phone, limit, &found)
    }
    guard found.hits.count == before, !found.isFull else { return }
    let conversations = try conversations(with: phone)
    guard !conversations.isEmpty else { return try checkTime(&found) }
    try add(
      SearchHit(phone: PhoneNumber(packed: phone), conversationIDs: conversations), limit, &found)
  }

  private func conversations(with phone: Int64) throws -> [ConversationID] {
    let ids = try database.map(
      "SELECT id FROM conversation WHERE phone = ?1 AND role = 0 ORDER BY id LIMIT 50", .int(phone)
    ) { $0.int(0) }
    guard !scope.isFull else { return ids.map { ConversationID($0) } }
    return try ids.compactMap { try queries.views.conversation($0) }
      .filter { try scope.sees($0, in: database) }.map(\.conversationID)
  }

  // MARK: Room and time

  /// - Returns: whether there was room for it.
  @discardableResult
  private func add(_ hit: SearchHit, _ limit: Int, _ found: inout Found) throws -> Bool {
    found.octets += try ContractJSON.encode(hit).count + 1
    guard found.hits.count < limit, found.octets <= Queries.WalkLimit.octets else {
      found.isFull = true
      return false
    }
    found.hits.append(hit)
    return true
  }

  private func checkTime(_ found: inout Found) throws {
    if queries.searchUntil.map({ ContinuousClock.now >= $0 }) ?? false { found.isFull = true }
  }
}

import Contract
import SMPP
import Store

extension Gateway {
  /// A revocation, as a barrier: the record, the suppression and the end of everything queued in scope, in this
  /// transaction; then the loop takes out what it holds before it writes the answer.
  /// - Returns: messages that were cancelled.
  func optOut(
    _ phone: PhoneNumber, _ number: Number, word: String, message: Int64?, text: String, confirms: Bool
  ) throws -> Int {
    let scope = scope(ofOptOutTo: number)
    let evidence = ConsentBook.Evidence(
      source: ConsentSource.keyword.rawValue, number: number.id, message: message, word: word, text: text)
    let isNew = try consent.optOut(phone.packed, scope, at: now, evidence)
    // On a toll-free number the network acts on the word STOP itself, and on no other.
    let networkActs = number.kind == .tollFree && word == "stop"
    if networkActs { try consent.optOut(phone.packed, .network(number.id), at: now, evidence) }
    let cancelled = try bar(phone.packed, scope)
    tellConsent(
      phone, .optOut, scope, number, .ours, .keyword, word: word, message: message, cancelled: cancelled)
    if networkActs {
      tellConsent(
        phone, .optOut, .number(number.id), number, .network, .keyword, word: word, message: message,
        cancelled: 0)
    }
    if confirms, isNew, !networkActs {
      let conversation = try conversations.findOrOpen(number.id, phone.packed, at: now)
      try sendOwn(settings.brand.stopConfirmation, .confirmation, in: conversation.id, phone.packed, number)
    }
    return cancelled
  }

  /// What an opt-out sent to a number closes: the one place where that is decided.
  func scope(ofOptOutTo number: Number) -> SuppressionScope {
    switch settings.optOutScope {
    case .brand: .brand
    case .number: .number(number.id)
    }
  }

  /// Cancels what is queued to a phone in scope, and orders the loop to take out what it holds of it.
  func bar(_ phone: Int64, _ scope: SuppressionScope) throws -> Int {
    let cancelled = try cancelQueued(to: phone, scope: scope, roles: [.contact, .privateMobile])
    let numbers: [NumberID]? =
      switch scope {
      case .brand: nil
      case .number(let id), .network(let id): [id]
      }
    released.network.append(.revoke(phone: phone, numbers: numbers))
    return cancelled
  }

  /// Ends every message to a phone that waits in a lane, but the confirmation of an opt-out: that is said once, and a second STOP does
  /// not take it back. What is with the loop is not counted: it comes back as revoked.
  func cancelQueued(to phone: Int64, scope: SuppressionScope, roles: [ConversationRole]) throws -> Int {
    try cancelQueued(to: phone, scope: scope, roles: roles, reason: .optedOut) { $0 != .confirmation }
  }

  private func cancelQueued(
    to phone: Int64, scope: SuppressionScope, roles: [ConversationRole], reason: Refusal,
    where isWanted: (TrafficClass) -> Bool
  ) throws -> Int {
    var cancelled = 0
    let threads = try database.cached("SELECT id, number_id, role FROM conversation WHERE phone = ?1")
    var found: [(id: Int64, number: NumberID)] = []
    threads.bind(1, phone)
    try threads.forEachRow { row in
      guard let role = ConversationRole(rawValue: row.int(2)), roles.contains(role) else { return }
      switch scope {
      case .brand: found.append((row.int(0), row.int(1)))
      case .number(let id), .network(let id): if id == row.int(1) { found.append((row.int(0), id)) }
      }
    }
    for thread in found {
      let lane = lane(thread.number)
      for row in try waiting(in: thread.id, lane) where isWanted(row.traffic) {
        var gone = try cancelPending(row, thread.number, reason: reason)
        if let run = lane.runs.first(where: { $0.first <= row.id && row.id < $0.end }) {
          gone += try cancelInRun(row, run, reason: reason)
        }
        if gone > 0 { cancelled += 1 }
      }
    }
    return cancelled
  }

  /// Messages of a thread that may have segments in its lane: those from the oldest waiting id on.
  private func waiting(in conversation: Int64, _ lane: Lane) throws -> [MessageRow] {
    guard let oldest = lane.oldestWaiting else { return [] }
    let statement = try database.cached(
      "SELECT id FROM message WHERE conversation_id = ?1 AND id >= ?2 AND direction = 1 ORDER BY id")
    statement.bind(1, conversation)
    statement.bind(2, oldest)
    var ids: [Int64] = []
    try statement.forEachRow { ids.append($0.int(0)) }
    return try ids.compactMap { try messages.row($0) }
  }

  /// Ends the segments of one message that its run has not handed over.
  func cancelInRun(_ row: MessageRow, _ run: Run, reason: Refusal) throws -> Int {
    guard row.id >= run.next.message, row.id < run.filled else { return 0 }
    let first = row.id == run.next.message ? run.next.index : 0
    var gone = 0
    for index in first..<max(first, row.segments) {
      let ref = SegmentRef(message: row.id, index: index)
      guard try messages.state(of: ref) == nil else { continue }
      let flight = Flight(
        ref: ref, number: run.number, carrier: 0, conversation: row.conversation, phone: row.phone,
        traffic: row.traffic, campaign: row.campaign, segments: row.segments, attempts: 0)
      try change(flight, from: .queued, to: .cancelled, reason: reason) {
        try messages.record(ref, .cancelled, carrier: 0, at: now, reason: reason)
      }
      gone += 1
    }
    run.forget(row.id)
    if row.id == run.next.message { run.advance(to: SegmentRef(message: row.id + 1, index: 0)) }
    touched.insert(run.number)
    return gone
  }

  /// Consent given again by a word. YES, or START on another number, clears our layer and not the network's.
  func optIn(
    _ phone: PhoneNumber, _ number: Number, _ conversation: Int64, word: String, message: Int64?,
    text: String,
    _ keyword: Keyword
  ) throws {
    let evidence = ConsentBook.Evidence(
      source: ConsentSource.keyword.rawValue, number: number.id, message: message, word: word, text: text)
    let scopes = try consent.scopes(of: phone.packed)
    var cleared = false
    for scope in scopes where scope == .brand || scope == .number(number.id) {
      cleared = try consent.optIn(phone.packed, scope, at: now, evidence) || cleared
      tellConsent(phone, .optIn, scope, number, .ours, .keyword, word: word, message: message, cancelled: 0)
    }
    if scopes.isEmpty {
      try consent.optIn(phone.packed, scope(ofOptOutTo: number), at: now, evidence)
    }
    let networkActs = number.kind == .tollFree && keyword == .optIn
    // START to the very number lifts its block, be it of the toll-free network or of another carrier.
    if keyword == .optIn, scopes.contains(.network(number.id)) {
      try consent.optIn(phone.packed, .network(number.id), at: now, evidence)
      tellConsent(
        phone, .optIn, .number(number.id), number, .network, .keyword, word: word, message: message,
        cancelled: 0)
    }
    // What confirms the opt-out, and has not left, is no longer so.
    if cleared {
      _ = try cancelQueued(to: phone.packed, scope: .brand, roles: [.contact], reason: .notAllowed) {
        $0 == .confirmation
      }
    }
    if cleared, !networkActs, try !consent.isSuppressed(phone.packed, from: number.id) {
      try sendOwn(settings.brand.startConfirmation, .help, in: conversation, phone.packed, number)
    }
  }

  func tellConsent(
    _ phone: PhoneNumber, _ kind: ConsentKind, _ scope: SuppressionScope, _ number: Number?,
    _ layer: ConsentLayer,
    _ source: ConsentSource, word: String?, message: Int64?, cancelled: Int
  ) {
    emit(
      .consentChanged(
        ConsentChanged(
          phone: phone, kind: kind, scope: scope == .brand ? .brand : .number, number: number?.address,
          layer: layer,
          source: source, keyword: word?.uppercased(), messageID: message.map { MessageID($0) },
          cancelled: cancelled, at: Timestamp(milliseconds: now))))
  }
}

import Carriers
import Contract
import SMPP
import Store

/// What the store knows of why messages wait: read for one message at a time, all of it in one snapshot.
struct WhyReader {
  let database: Database
  let now: Int64

  /// An outbound message, as far as its time goes.
  struct Subject {
    var id: Int64
    var conversation: Int64
    var phone: Int64
    var number: NumberID
    var outbound: Bool
    var traffic: TrafficClass
    var campaign: Int64?
    var accepted: Int64
    var segments: Int
    var keyword: Int64
    var flags: MessageFlags
  }

  private static let columns =
    "id, conversation_id, phone, number_id, direction, class, campaign_id, accepted, segments, keyword, flags"

  private static func subject(_ row: Row) -> Subject {
    Subject(
      id: row.int(0), conversation: row.int(1), phone: row.int(2), number: row.int(3),
      outbound: row.int(4) == 1, traffic: TrafficClass(rawValue: row.int(5)) ?? .interactive,
      campaign: row.intOrNil(6), accepted: row.int(7), segments: Int(row.int(8)), keyword: row.int(9),
      flags: MessageFlags(rawValue: row.int(10)))
  }

  func subject(_ id: Int64) throws -> Subject? {
    try database.map("SELECT \(Self.columns) FROM message WHERE id = ?1", .int(id), read: Self.subject).first
  }

  // MARK: Segments

  func facts(_ subject: Subject) throws -> [SegmentFacts] {
    let first = SegmentRef(message: subject.id, index: 0).rawValue
    let end = SegmentRef(message: subject.id + 1, index: 0).rawValue
    var facts = (0..<subject.segments).map { SegmentFacts(index: $0) }
    func index(_ ref: Int64) -> Int? {
      let index = SegmentRef(rawValue: ref).index
      return facts.indices.contains(index) ? index : nil
    }
    try database.rows(
      """
      SELECT ref, state, carrier_id, external, at, final_at, status, error, reason, inferred, flown FROM segment
      WHERE ref >= ?1 AND ref < ?2
      """, .int(first), .int(end)
    ) { row in
      guard let index = index(row.int(0)) else { return }
      facts[index].outcome = StoredOutcome(
        state: SegmentState(rawValue: row.int(1)) ?? .sending, carrier: row.int(2), external: row.blob(3),
        at: row.int(4), finalAt: row.intOrNil(5), status: row.int(6), error: row.textOrNil(7),
        reason: row.textOrNil(8), inferred: row.bool(9), flown: row.intOrNil(10))
    }
    try database.rows(
      """
      SELECT ref, kind, handed, at, carrier_id, status, until, settled, note FROM attempt
      WHERE ref >= ?1 AND ref < ?2 ORDER BY id
      """, .int(first), .int(end)
    ) { row in
      guard let index = index(row.int(0)), let end = AttemptEnd(rawValue: row.int(1)) else { return }
      facts[index].attempts.append(
        StoredAttempt(
          end: end, handed: row.int(2), at: row.int(3), carrier: row.int(4), status: row.int(5),
          until: row.intOrNil(6), settlement: row.intOrNil(7).flatMap { Settlement(rawValue: $0) },
          note: row.textOrNil(8)))
    }
    for (ref, at) in try handed(from: first, to: end) {
      if let index = index(ref) { facts[index].handed = at }
    }
    for index in facts.indices where facts[index].outcome?.state == .sent {
      facts[index].awaits = try awaits(SegmentRef(message: subject.id, index: index), facts[index])
    }
    return facts
  }

  func lives(_ subject: Subject) throws -> [SegmentLife] {
    try facts(subject).map { SegmentLife($0, accepted: subject.accepted, now: now) }
  }

  /// Which of these refs are in flight. A few rows name everything in flight, and also what came back.
  private func handed(from first: Int64, to end: Int64) throws -> [(ref: Int64, at: Int64)] {
    var found: [(Int64, Int64)] = []
    try database.rows("SELECT at, refs FROM handed ORDER BY id") { row in
      for ref in PendingTable.refs(row.blob(1)) where ref.rawValue >= first && ref.rawValue < end {
        found.append((ref.rawValue, row.int(0)))
      }
    }
    guard !found.isEmpty else { return [] }
    let back = Set(
      try database.map(
        """
        SELECT p.ref FROM message m CROSS JOIN pending p ON p.number_id = m.number_id AND p.class IN (0, 1, 2, 3)
          AND p.ref >= ?1 AND p.ref < ?2
        WHERE m.id = ?1 >> 8
        """, .int(first), .int(end)
      ) { $0.int(0) })
    return found.filter { !back.contains($0.0) }
  }

  /// Whether a receipt of an accepted segment is awaited. Under which key depends on the profile at that time.
  private func awaits(_ ref: SegmentRef, _ facts: SegmentFacts) throws -> Bool {
    guard let outcome = facts.outcome else { return false }
    // A receipt that said nothing final gave the id, and the next is awaited under it.
    guard !outcome.external.isEmpty else { return facts.attempts.last?.settlement == .receipt }
    let id = COctetString(octets: outcome.external)
    for style in ReceiptIDStyle.allCases {
      let key = ReceiptID.key(id, from: .response, style: style)
      let found = try database.int(
        "SELECT 1 FROM awaiting WHERE carrier_id = ?1 AND key = ?2 AND ref = ?3", .int(outcome.carrier),
        .int(key), .int(ref.rawValue))
      if found != nil { return true }
    }
    return false
  }

  // MARK: What stood still

  func holds(_ cause: HoldCause, _ subject: Int64, _ within: Span) throws -> [Span] {
    try database.map(
      """
      SELECT since, until, reason FROM hold
      WHERE cause = ?1 AND subject = ?2 AND since < ?3 AND (until IS NULL OR until > ?4) ORDER BY since
      """, .int(cause.rawValue), .int(subject), .int(within.until), .int(within.from)
    ) { row in
      Span(from: row.int(0), until: row.intOrNil(1) ?? .max, detail: row.textOrNil(2))
    }.compactMap { $0.clipped(to: within) }
  }

  /// When none of the carriers a number sent by had a session.
  func unreachable(_ number: NumberID, _ within: Span) throws -> [Span] {
    var periods = try database.map(
      "SELECT since, until, reason FROM hold WHERE cause = ?1 AND subject = ?2 AND until > ?3 ORDER BY since",
      .int(HoldCause.formerRoutes.rawValue), .int(number), .int(within.from)
    ) { row in
      (
        Span(from: row.int(0), until: row.int(1)),
        row.text(2).split(separator: " ").compactMap { CarrierKey($0) }
      )
    }
    let current = try database.map(
      "SELECT carrier_id FROM route WHERE number_id = ?1 AND direction = 'send' ORDER BY priority",
      .int(number)
    ) { $0.int(0) }
    periods.append((Span(from: periods.last?.0.until ?? .min, until: .max), current))
    var found: [Span] = []
    for (period, carriers) in periods {
      guard let period = period.clipped(to: within) else { continue }
      guard let first = carriers.first else {
        found.append(
          Span(from: period.from, until: period.until, detail: "the number had no carrier to send by"))
        continue
      }
      var without = try holds(.noSession, first, period)
      for carrier in carriers.dropFirst() {
        without = Span.common(without, try holds(.noSession, carrier, period))
      }
      let names = try carriers.compactMap { try name(of: $0) }.joined(separator: ", ")
      found += without.map { Span(from: $0.from, until: $0.until, detail: names) }
    }
    return found
  }

  func name(of carrier: CarrierKey) throws -> String? {
    try database.text("SELECT name FROM carrier WHERE id = ?1", .int(carrier))
  }

  // MARK: The thread

  /// Messages of the thread looked at on either side.
  static let neighbours = 64

  /// When other messages of the thread, in the same class of the lane, had the turn. `later`: also those accepted after it, which
  /// go first where its own turn had passed.
  func behind(_ subject: Subject, _ within: Span, later: Bool) throws -> [Span] {
    var others = try database.map(
      """
      SELECT \(Self.columns) FROM message WHERE conversation_id = ?1 AND id < ?2 AND direction = 1
      ORDER BY id DESC LIMIT \(Self.neighbours)
      """, .int(subject.conversation), .int(subject.id), read: Self.subject)
    if later {
      others += try database.map(
        """
        SELECT \(Self.columns) FROM message WHERE conversation_id = ?1 AND id > ?2 AND direction = 1
        ORDER BY id LIMIT \(Self.neighbours)
        """, .int(subject.conversation), .int(subject.id), read: Self.subject)
    }
    var found: [Span] = []
    for other in others where other.traffic.urgency == subject.traffic.urgency {
      let waits = other.id < subject.id && !other.traffic.isBulk
      found += MessageLife.blocking(try lives(other), waits: waits).compactMap { span in
        span.clipped(to: within).map {
          Span(from: $0.from, until: $0.until, detail: "behind \(MessageID(other.id))")
        }
      }
    }
    return found
  }
}

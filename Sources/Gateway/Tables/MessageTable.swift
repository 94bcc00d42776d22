import Contract
import Store

/// The messages and what became of their segments: one insert when accepted, one row a segment when answered.
final class MessageTable {
  private let database: Database
  private let insertRow: Statement
  private let selectRow: Statement
  private let selectState: Statement
  private let selectSent: Statement
  private let selectTimes: Statement
  private let upsertSegment: Statement
  private let finishSegment: Statement
  private let deleteSegment: Statement
  private let selectStates: Statement
  private let identifySegment: Statement
  private let selectAnswered: Statement
  private let newestFirst: Statement
  private let cutRow: Statement

  /// Segments that their carriers accepted lately. A receipt nearly always follows within seconds, and is spared the look-up. Whatever
  /// is written of a segment takes it out.
  private var accepted: [SegmentRef: Flight] = [:]
  /// With more, all are forgotten and looked up.
  static let acceptedKept = 4_096

  /// Ids are given out here, so that a campaign can set a block aside.
  private(set) var nextID: Int64

  init(_ database: Database) throws(StoreError) {
    self.database = database
    insertRow = try database.prepare(
      """
      INSERT INTO message (id, conversation_id, phone, direction, class, campaign_id, accepted, text, encoding,
        segments, reference, not_after, keyword, flags, number_id)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
      """)
    selectRow = try database.prepare(
      """
      SELECT conversation_id, phone, direction, class, campaign_id, accepted, text, encoding, segments, reference,
        not_after, number_id, flags FROM message WHERE id = ?1
      """)
    selectState = try database.prepare("SELECT state, carrier_id, external FROM segment WHERE ref = ?1")
    selectSent = try database.prepare(
      """
      SELECT m.conversation_id, m.phone, m.class, m.campaign_id, m.segments, m.number_id, s.state
      FROM segment s JOIN message m ON m.id = s.ref >> 8 WHERE s.ref = ?1
      """)
    upsertSegment = try database.prepare(
      """
      INSERT INTO segment (ref, state, carrier_id, external, at, final_at, status, error, reason, flown)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      ON CONFLICT (ref) DO UPDATE SET state = excluded.state, carrier_id = excluded.carrier_id,
        external = excluded.external, at = excluded.at, final_at = excluded.final_at,
        status = excluded.status, error = excluded.error, reason = excluded.reason, flown = excluded.flown
      """)
    selectTimes = try database.prepare("SELECT at, final_at, flown FROM segment WHERE ref = ?1")
    finishSegment = try database.prepare(
      "UPDATE segment SET state = ?2, final_at = ?3, error = ?4, inferred = ?5 WHERE ref = ?1")
    deleteSegment = try database.prepare("DELETE FROM segment WHERE ref = ?1")
    selectStates = try database.prepare("SELECT state FROM segment WHERE ref >= ?1 AND ref < ?2")
    identifySegment = try database.prepare(
      "UPDATE segment SET external = ?2, carrier_id = ?3 WHERE ref = ?1")
    selectAnswered = try database.prepare(
      """
      SELECT s.ref, s.external FROM conversation c
      CROSS JOIN message m ON m.conversation_id = c.id AND m.id IN (
        SELECT id FROM message WHERE conversation_id = c.id ORDER BY id DESC LIMIT 64)
      CROSS JOIN segment s ON s.ref >= m.id * 256 AND s.ref < (m.id + 1) * 256
      WHERE c.phone = ?1 AND c.number_id = ?2 AND s.external IS NOT NULL AND s.carrier_id = ?3
      ORDER BY s.ref DESC LIMIT 256
      """)
    newestFirst = try database.prepare(
      """
      SELECT m.id, m.campaign_id FROM message m
      WHERE m.conversation_id = ?1 AND m.id < ?2 ORDER BY m.id DESC LIMIT 50
      """)
    cutRow = try database.prepare(
      "UPDATE message SET segments = ?2, reference = ?3, encoding = ?4 WHERE id = ?1")
    nextID = 1
    try reload()
  }

  /// Takes the next free id from the store: after the start, and after a batch that was rolled back.
  func reload() throws(StoreError) {
    accepted = [:]
    let newest = try database.int(
      "SELECT max(ifnull((SELECT max(id) FROM message), 0), ifnull((SELECT max(end_id) - 1 FROM run), 0))")
    nextID = max(newest ?? 0, try SettingTable(database).int(.messageFloor) ?? 0) + 1
  }

  /// Sets `count` ids in a row aside and returns the first.
  func reserve(_ count: Int64) -> Int64 {
    defer { nextID += count }
    return nextID
  }

  func insert(_ m: MessageRow, keyword: Int64 = 0, flags: Int64 = 0) throws(StoreError) {
    // One by one: this row is written for every text.
    try insertRow.bind(1, m.id).bind(2, m.conversation).bind(3, m.phone).bind(4, m.outbound)
      .bind(5, m.traffic.rawValue).bind(6, m.campaign).bind(7, m.accepted).bind(8, m.text)
      .bind(9, m.encoding).bind(10, Int64(m.segments)).bind(11, m.reference).bind(12, m.notAfter)
      .bind(13, keyword).bind(14, flags).bind(15, m.number).run()
  }

  /// A message of which nothing has left is cut anew.
  func cut(_ id: Int64, into segments: Int, reference: Int64, encoding: Int64) throws(StoreError) {
    try cutRow.with(id, Int64(segments), reference, encoding).run()
  }

  func row(_ id: Int64) throws(StoreError) -> MessageRow? {
    selectRow.with(id)
    defer { selectRow.reset() }
    guard try selectRow.step() else { return nil }
    return MessageRow(
      id: id, conversation: selectRow.int(0), phone: selectRow.int(1), number: selectRow.int(11),
      outbound: selectRow.int(2) == 1,
      traffic: TrafficClass(rawValue: selectRow.int(3)) ?? .interactive,
      campaign: selectRow.intOrNil(4), accepted: selectRow.int(5), text: selectRow.textOrNil(6),
      encoding: selectRow.int(7), segments: Int(selectRow.int(8)), reference: selectRow.int(9),
      notAfter: selectRow.intOrNil(10), flags: selectRow.int(12))
  }

  /// The recorded state of a segment, and what of its message its states are told with: in one look-up, since every receipt asks.
  /// `carrier`: whose word is about to change it.
  func sent(_ ref: SegmentRef, by carrier: CarrierKey = 0) throws(StoreError) -> (
    state: SegmentState, flight: Flight
  )? {
    if var flight = accepted[ref] {
      flight.carrier = carrier
      return (.sent, flight)
    }
    return try lookUp(ref, by: carrier)
  }

  private func lookUp(_ ref: SegmentRef, by carrier: CarrierKey) throws(StoreError) -> (
    state: SegmentState, flight: Flight
  )? {
    selectSent.with(ref.rawValue)
    defer { selectSent.reset() }
    guard try selectSent.step(), let state = SegmentState(rawValue: selectSent.int(6)) else { return nil }
    let flight = Flight(
      ref: ref, number: selectSent.int(5), carrier: carrier, conversation: selectSent.int(0),
      phone: selectSent.int(1), traffic: TrafficClass(rawValue: selectSent.int(2)) ?? .interactive,
      campaign: selectSent.intOrNil(3), segments: Int(selectSent.int(4)), attempts: 0)
    return (state, flight)
  }

  /// What it keeps otherwise than the store has it.
  func faults() throws(StoreError) -> [String] {
    var faults: [String] = []
    for (ref, kept) in accepted {
      guard let (state, flight) = try lookUp(ref, by: 0), state == .sent, "\(flight)" == "\(kept)" else {
        faults.append("segment \(ref.message)/\(ref.index) is not as it is kept")
        continue
      }
    }
    return faults
  }

  /// The recorded state of one segment; nil while it has no outcome.
  func state(of ref: SegmentRef) throws(StoreError) -> SegmentState? {
    selectState.with(ref.rawValue)
    defer { selectState.reset() }
    guard try selectState.step() else { return nil }
    return SegmentState(rawValue: selectState.int(0))
  }

  /// The carrier that a segment's recorded state is of; 0 where that is not known.
  func carrier(of ref: SegmentRef) throws(StoreError) -> CarrierKey {
    return try selectState.with(ref.rawValue).first { $0.int(1) } ?? 0
  }

  /// The recorded state of one segment, its carrier and the carrier's id of it.
  func outcome(of ref: SegmentRef) throws(StoreError) -> (
    state: SegmentState, carrier: CarrierKey, external: [UInt8]
  )? {
    selectState.with(ref.rawValue)
    defer { selectState.reset() }
    guard try selectState.step(), let state = SegmentState(rawValue: selectState.int(0)) else { return nil }
    return (state, selectState.int(1), selectState.blob(2))
  }

  /// When a segment came to what is recorded of it, when to its end, and when it had been handed over.
  func times(of ref: SegmentRef) throws(StoreError) -> (at: Int64, final: Int64?, handed: Int64?)? {
    return try selectTimes.with(ref.rawValue).first { row in
      (row.int(0), row.intOrNil(1), row.intOrNil(2).map { row.int(0) - $0 })
    }
  }

  /// `handed`: when it was handed over; nil where its end came while it waited.
  func record(
    _ ref: SegmentRef, _ state: SegmentState, carrier: CarrierKey, external: [UInt8] = [], at: Int64,
    handed: Int64? = nil, status: UInt32 = 0, error: String? = nil, reason: Refusal? = nil
  ) throws(StoreError) {
    accepted[ref] = nil
    upsertSegment.with(ref.rawValue, state.rawValue, carrier)
    if external.isEmpty { upsertSegment.bindNull(4) } else { upsertSegment.bind(4, blob: external) }
    upsertSegment.bind(5, at)
    upsertSegment.bind(6, state.isFinal ? at : nil)
    upsertSegment.bind(7, Int64(status))
    upsertSegment.bind(8, error)
    upsertSegment.bind(9, reason?.rawValue)
    upsertSegment.bind(10, handed.map { at - $0 })
    try upsertSegment.run()
  }

  /// Records that the carrier accepted a segment.
  func recordSent(_ flight: Flight, external: [UInt8], at: Int64) throws(StoreError) {
    try record(
      flight.ref, .sent, carrier: flight.carrier, external: external, at: at, handed: flight.at)
    if accepted.count >= Self.acceptedKept { accepted.removeAll(keepingCapacity: true) }
    accepted[flight.ref] = Flight(
      ref: flight.ref, number: flight.number, carrier: 0, conversation: flight.conversation,
      phone: flight.phone, traffic: flight.traffic, campaign: flight.campaign, segments: flight.segments,
      attempts: 0)
  }

  /// What the receipt said of a segment the carrier had accepted.
  func finish(_ ref: SegmentRef, _ state: SegmentState, at: Int64, error: String?, inferred: Bool)
    throws(StoreError)
  {
    accepted[ref] = nil
    try finishSegment.with(ref.rawValue, state.rawValue, at).bind(4, error).bind(5, inferred).run()
  }

  /// A segment that was unknown waits again, as if it had not been handed over.
  func forgetOutcome(of ref: SegmentRef) throws(StoreError) {
    accepted[ref] = nil
    try deleteSegment.with(ref.rawValue).run()
  }

  /// The state of a whole message from the outcomes of its segments, and how many of them the phone has.
  func whole(_ id: Int64, segments: Int) throws(StoreError) -> (state: SegmentState, delivered: Int) {
    selectStates.with(
      SegmentRef(message: id, index: 0).rawValue, SegmentRef(message: id + 1, index: 0).rawValue)
    defer { selectStates.reset() }
    var states: [SegmentState] = []
    while try selectStates.step() {
      if let state = SegmentState(rawValue: selectStates.int(0)) { states.append(state) }
    }
    if states.count < segments { states.append(.sending) }
    return (SegmentState.whole(states), states.count { $0 == .delivered })
  }

  /// The carrier's id of a segment, where the answer did not give it; with it the carrier is known.
  func identify(_ ref: SegmentRef, _ external: [UInt8], by carrier: CarrierKey) throws(StoreError) {
    try identifySegment.with(ref.rawValue, external, carrier).run()
  }

  /// The segments a carrier gave ids of, in the newest messages from a number to a phone, the newest first.
  func answered(_ parties: Parties, by carrier: CarrierKey) throws(StoreError) -> [(
    ref: SegmentRef, external: [UInt8]
  )] {
    selectAnswered.with(parties.phone, parties.number, carrier)
    var found: [(SegmentRef, [UInt8])] = []
    try selectAnswered.forEachRow { found.append((SegmentRef(rawValue: $0.int(0)), $0.blob(1))) }
    return found
  }

  /// The campaign a text from the phone answers: the newest campaign message of the thread that had left the lane.
  func campaignAnswered(in conversation: Int64, before id: Int64, handedOver: (Int64, Int64) -> Bool)
    throws(StoreError)
    -> Int64?
  {
    newestFirst.with(conversation, id)
    defer { newestFirst.reset() }
    while try newestFirst.step() {
      if let campaign = newestFirst.intOrNil(1), handedOver(campaign, newestFirst.int(0)) { return campaign }
    }
    return nil
  }

  /// The newest message of a thread; nil where it has none.
  func newest(in conversation: Int64) throws(StoreError) -> Int64? {
    try database.cached("SELECT max(id) FROM message WHERE conversation_id = ?1").bind(1, conversation)
      .firstInt()
  }

  /// The messages to a thread's phone from an id on, in order.
  func outbound(in conversation: Int64, from id: Int64) throws(StoreError) -> [MessageRow] {
    let select = try database.cached(
      "SELECT id FROM message WHERE conversation_id = ?1 AND id >= ?2 AND direction = 1 ORDER BY id")
    select.with(conversation, id)
    var ids: [Int64] = []
    try select.forEachRow { ids.append($0.int(0)) }
    var found: [MessageRow] = []
    for id in ids { if let row = try row(id) { found.append(row) } }
    return found
  }

  /// The messages of a run from a segment on, below an id, that have not been cancelled, in order. The first of them may have parts
  /// before that segment: what became of those says nothing of the others.
  func run(_ from: SegmentRef, _ to: Int64) throws(StoreError) -> [RunMessage] {
    let select = try database.cached(
      """
      SELECT m.id, m.conversation_id, m.phone, m.text, m.segments, m.reference, m.not_after FROM message m
      LEFT JOIN segment s ON s.ref = max(m.id * 256, ?3)
      WHERE m.id >= ?1 AND m.id < ?2 AND (s.state IS NULL OR s.state <> 7) ORDER BY m.id
      """)
    select.with(from.message, to, from.rawValue)
    var page: [RunMessage] = []
    page.reserveCapacity(Int(to - from.message))
    try select.forEachRow { row in
      page.append(
        RunMessage(
          id: row.int(0), conversation: row.int(1), phone: row.int(2), text: row.textOrNil(3),
          segments: Int(row.int(4)), reference: row.int(5), notAfter: row.intOrNil(6)))
    }
    return page
  }
}

import Contract
import Foundation
import Settings
import Store

extension Queries {
  // MARK: The feed

  /// `feed.consumers`. Whether one is connected is for the socket to say.
  func feedConsumers() throws -> FeedConsumersResult {
    let newest = try FeedTable(database).newest()
    let gaps = try FeedTable(database).gaps()
    let waiting = try FeedTable(database).consumers(behind: .max).reduce(into: [:]) { $0[$1.name] = $1.since }
    let items = try database.map(
      "SELECT name, acked, created, updated, role, expires FROM consumer ORDER BY name"
    ) {
      row in
      ConsumerView(
        consumer: row.text(0), role: row.text(4), acked: Cursor(row.int(1)),
        lag: gaps.lag(behind: newest, acked: row.int(1)),
        connected: false, expiresS: row.intOrNil(5).map { Int($0 / 1_000) },
        waitsSince: waiting[row.text(0)].map { Timestamp(milliseconds: $0) },
        createdAt: Timestamp(milliseconds: row.int(2)), ackedAt: Timestamp(milliseconds: row.int(3)))
    }
    return FeedConsumersResult(
      items: items, oldest: Cursor(try FeedTable(database).removed()), newest: Cursor(newest))
  }

  // MARK: Carriers

  func carrierList() throws -> Page<CarrierView> {
    let items = try live.snapshot().sorted { $0.name < $1.name }.map { carrier in
      let numbers = try database.int(
        "SELECT count(DISTINCT r.number_id) FROM route r JOIN carrier c ON c.id = r.carrier_id WHERE c.name = ?1",
        .text(carrier.name))
      return CarrierView(
        carrier: carrier.name, rate: Int(carrier.rate.rounded()), numberCount: Int(numbers ?? 0),
        binds: binds(carrier),
        sent: carrier.sent, received: carrier.received, throttled: carrier.throttled,
        unknownStates: try unknownStates(of: carrier.name))
    }
    return Page<CarrierView>(items: items)
  }

  private func unknownStates(of carrier: String) throws -> [UnknownState] {
    try database.map(
      """
      SELECT s.word, s.count, s.first, s.last FROM unknown_state s JOIN carrier c ON c.id = s.carrier_id
      WHERE c.name = ?1 ORDER BY s.last DESC, s.word
      """, .text(carrier)
    ) {
      UnknownState(
        word: $0.text(0), count: Int($0.int(1)), firstAt: Timestamp(milliseconds: $0.int(2)),
        lastAt: Timestamp(milliseconds: $0.int(3)))
    }
  }

  private func binds(_ carrier: LiveCarrier) -> [BindView] {
    carrier.sessions.enumerated().map { index, session in
      BindView(
        carrier: carrier.name, sessionIndex: index, bindType: session.type, state: session.state,
        systemID: carrier.systemID.isEmpty ? nil : carrier.systemID, inFlight: session.inFlight,
        window: session.window, updatedAt: session.since.map { Timestamp(milliseconds: $0) },
        retryAt: session.retryAt.map { Timestamp(milliseconds: $0) }, lastError: session.lastError)
    }
  }

  // MARK: Status

  /// Counts are of what the caller sees; sessions, segments in flight and the feed are the gateway's.
  func status(_ scope: AccessScope) throws -> StatusResult {
    let carriers = live.snapshot().sorted { $0.name < $1.name }
    let newest = try FeedTable(database).newest()
    let slowest = try database.int("SELECT min(acked) FROM consumer")
    let gaps = try FeedTable(database).gaps()
    let reason = try database.text("SELECT value FROM setting WHERE key = 'pause_reason'") ?? ""
    let readiness = Readiness(carriers)
    let counts = ScopedCounts(database: database, scope: scope)
    return StatusResult(
      version: version, store: try database.text("SELECT value FROM setting WHERE key = 'store_id'") ?? "",
      startedAt: Timestamp(milliseconds: started),
      paused: try database.text("SELECT value FROM setting WHERE key = 'paused'") == "all",
      pauseNote: reason.isEmpty ? nil : reason,
      ready: readiness.isWhole, readiness: readiness.line,
      numberCount: try counts.numbers(), repCount: try counts.reps(), contactCount: try counts.contacts(),
      conversationCount: try counts.conversations(), campaignsRunning: try counts.campaignsRunning(),
      quarantined: try scope.isFull ? count("SELECT count(*) FROM quarantine") : 0,
      lanes: LanesView(
        interactive: try counts.waitingInteractive(), campaign: try counts.waitingCampaign(),
        inFlight: carriers.reduce(0) { $0 + $1.sessions.reduce(0) { $0 + $1.inFlight } },
        unknown: try counts.unknown()),
      feed: FeedView(
        oldest: Cursor(try FeedTable(database).removed()), newest: Cursor(newest),
        consumers: try count("SELECT count(*) FROM consumer"),
        maxLag: slowest.map { gaps.lag(behind: newest, acked: $0) } ?? 0),
      binds: carriers.flatMap(binds), live: try isLive(),
      testPhoneCount: try count("SELECT count(*) FROM test_phone"),
      clockHeld: try ClockHeld(in: SettingTable(database))?.description)
  }

  // MARK: What a person has to look at

  /// Largest `older_s`: a hundred years.
  private static let oldestAsked = 3_155_760_000

  /// `unknown.list`: the oldest first.
  func unknownList(_ params: UnknownList, _ scope: AccessScope) throws -> Page<UnknownView> {
    let carrier = try params.carrier.map { name in
      guard let id = try database.int("SELECT id FROM carrier WHERE name = ?1", .text(name)) else {
        throw APIError.notFound("carrier", name)
      }
      return id
    }
    let number = try params.number.map { try self.number(at: $0, scope) }
    if let age = params.olderS, !(0...Self.oldestAsked).contains(age) {
      throw APIError.invalid("older_s", "0 to \(Self.oldestAsked)")
    }
    let before = params.olderS.map { clock() - Int64($0) * 1_000 } ?? .max
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        let place = ChangeWalk.start(since: params.since, after)
        return try all(
          """
          SELECT at, ref, carrier_id FROM segment INDEXED BY segment_unknown
          WHERE state = 6 AND at >= ?1 AND (at > ?1 OR ref > ?2) AND at <= ?4 ORDER BY at, ref LIMIT ?3
          """, [.int(place.first), .int(place.second), .int(Int64(count)), .int(before)]
        ) { row in
          WalkKey(place: PageCursor(row.int(0), row.int(1)), fits: (carrier ?? row.int(2)) == row.int(2))
        }
      },
      item: { place in
        let view = try unknown(SegmentRef(rawValue: place.second), scope)
        return number == nil || view?.from == params.number ? view : nil
      })
  }

  private func unknown(_ ref: SegmentRef, _ scope: AccessScope) throws -> UnknownView? {
    let found = try database.map(
      """
      SELECT m.segments, m.phone, m.class, m.campaign_id, n.address, s.carrier_id, s.at, k.name, d.submitted,
        (SELECT count(*) FROM attempt WHERE ref = s.ref AND kind = \(AttemptEnd.unanswered.rawValue))
      FROM segment s JOIN message m ON m.id = s.ref >> 8 JOIN conversation c ON c.id = m.conversation_id
      JOIN number n ON n.id = c.number_id LEFT JOIN carrier k ON k.id = s.carrier_id LEFT JOIN unresolved d ON d.ref = s.ref
        AND d.submitted = (SELECT max(submitted) FROM unresolved WHERE ref = s.ref)
      WHERE s.ref = ?1 AND c.role = 0
      """, .int(ref.rawValue)
    ) { row -> UnknownView? in
      guard let from = PhoneNumber(packed: row.int(4)), scope.sees(from),
        let to = PhoneNumber(packed: row.int(1))
      else { return nil }
      let traffic = TrafficClass(rawValue: row.int(2)) ?? .interactive
      return UnknownView(
        messageID: MessageID(ref.message), segment: ref.index + 1, segments: Int(row.int(0)), from: from,
        to: to,
        class: traffic.word, carrier: row.textOrNil(7) ?? "",
        campaignID: row.intOrNil(3).map { CampaignID($0) },
        handedAt: Timestamp(milliseconds: row.intOrNil(8) ?? row.int(6)),
        updatedAt: Timestamp(milliseconds: row.int(6)),
        ageS: Int(max(0, clock() - row.int(6)) / 1_000), attempts: max(1, Int(row.int(9))),
        policy: settings.unknown.policy(of: traffic))
    }
    return found.first ?? nil
  }
}

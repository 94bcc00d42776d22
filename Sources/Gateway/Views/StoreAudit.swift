import Contract
import Store

/// Goes over the store and says whether any message is lost, doubled or stuck, and which; nothing is changed.
///
/// Everything is looked at in place and in bounded pieces: `run` takes the whole store in one snapshot, `slice` a piece of it, for
/// stores that are being written. Every piece is checked within one snapshot, so what moves meanwhile is never taken for a fault.
public final class StoreAudit {
  public typealias Finding = VerifyFinding

  /// Where a slice goes on: the part of the store, and what the walk through it carries.
  public struct Place: Equatable, Sendable {
    var part: Part
    var key: [Int64]
  }

  /// The parts of the store, in the order they are gone over.
  enum Part: Int, CaseIterable {
    case messages, queue, flights, attempts, awaited, unresolved, unmatched, campaigns, conversations,
      suppressions, feed, consumers, owed, octets, parameters, metadata, templates, keywords, words, failures,
      episodes, stretches, serves, wishes, leads, absences, calendars, away, replies, emails, links, waits

    var next: Part? { Part(rawValue: rawValue + 1) }

    /// How many values the key of a walk through this part has, besides none. The keys of campaigns are checked by themselves.
    var keySizes: Set<Int> {
      switch self {
      case .messages, .attempts, .unresolved, .unmatched, .conversations, .owed, .octets, .parameters,
        .metadata, .templates, .keywords, .words, .episodes, .stretches, .serves, .leads, .absences,
        .calendars, .away, .replies, .emails:
        [1]
      case .suppressions, .failures, .links: [2]
      case .queue, .awaited, .feed: [3]
      case .waits: [1, 3]
      case .flights, .consumers, .campaigns, .wishes: []
      }
    }
  }

  /// What one slice came to.
  public struct Slice: Sendable {
    public var findings: [Finding] = []
    /// Campaigns that changed too quickly to be counted.
    public var skipped: [String] = []
    public var counts = VerifyCounts()
    /// nil: the store was gone over.
    public var next: Place?
  }

  public enum Limits {
    /// Rows a walk reads at a time: a few milliseconds.
    public static let rows: Int64 = 1_000
    /// Rows of the feed, which are large.
    public static let feedRows: Int64 = 100
    /// How long a slice goes on to the next rows.
    public static let slice: Duration = .milliseconds(50)
    /// Findings that are reported; more of them would add nothing.
    public static let findings = 10_000
    /// Milliseconds beyond which a wait that nothing explains is a fault.
    public static let stuckAfter: Int64 = 3_600_000
  }

  let database: Database
  /// Milliseconds since 1970 UTC.
  let now: Int64
  /// nil: waits are not looked at, as where a clock is simulated.
  let stuckAfter: Int64?
  var found = Slice()
  /// When a walk gives way, if only it has passed a row; nil: it does not.
  private var end: ContinuousClock.Instant?
  /// What a campaign's messages came to, as far as they are counted; see `AuditCampaigns.swift`.
  var count: CampaignCount?

  /// - Parameter database: any connection; the audit only reads.
  public init(_ database: Database, now: Int64, stuckAfter: Int64? = Limits.stuckAfter) {
    self.database = database
    self.now = now
    self.stuckAfter = stuckAfter
  }

  /// The whole store, in one snapshot.
  public func run() throws -> [Finding] {
    try inSnapshot(atMost: .seconds(86_400)) {
      found = Slice()
      end = nil
      var place: Place? = Place(part: .messages, key: [])
      while let here = place, found.findings.count < Limits.findings { place = try step(here) }
      return found.findings
    }
  }

  /// A piece of the store, in a snapshot of its own: what can be looked at in `time`, and a few rows at least.
  public func slice(from place: Place? = nil, for time: Duration = Limits.slice) throws -> Slice {
    try inSnapshot(atMost: Database.Limits.snapshot) {
      found = Slice()
      count = nil
      let end = ContinuousClock.now.advanced(by: time)
      self.end = end
      var next: Place? = place ?? Place(part: .messages, key: [])
      repeat {
        guard let here = next else { break }
        next = try step(here)
      } while ContinuousClock.now < end && found.findings.count < Limits.findings
      found.next = next
      return found
    }
  }

  private func inSnapshot<R>(atMost limit: Duration, _ body: () throws -> R) throws -> R {
    if database.isInTransaction { return try body() }
    return try database.snapshot(atMost: limit, body)
  }

  /// One piece of a part; where the next begins.
  private func step(_ place: Place) throws -> Place? {
    let next =
      switch place.part {
      case .messages: try checkMessages(place.key)
      case .queue: try checkQueue(place.key)
      case .flights: try checkFlights()
      case .attempts: try checkAttempts(place.key)
      case .awaited: try checkAwaited(place.key)
      case .unresolved: try checkUnresolved(place.key)
      case .unmatched: try checkUnmatched(place.key)
      case .campaigns: try checkCampaigns(place.key)
      case .conversations: try checkConversations(place.key)
      case .suppressions: try checkSuppressions(place.key)
      case .feed: try checkFeed(place.key)
      case .consumers: try checkConsumers()
      case .owed: try checkOwed(place.key)
      case .octets: try checkOctets(place.key)
      case .parameters: try checkParameters(place.key)
      case .metadata: try checkMetadata(place.key)
      case .templates: try checkTemplates(place.key)
      case .keywords: try checkKeywords(place.key)
      case .words: try checkWords(place.key)
      case .failures: try checkFailures(place.key)
      case .episodes: try checkEpisodes(place.key)
      case .stretches: try checkStretches(place.key)
      case .serves: try checkServes(place.key)
      case .wishes:
        try { () throws -> [Int64]? in
          try checkWishes()
          try checkStandstills()
          return nil
        }()
      case .leads: try checkLeads(place.key)
      case .absences: try checkAbsences(place.key)
      case .calendars: try checkCalendars(place.key)
      case .away: try checkAway(place.key)
      case .replies: try checkReplies(place.key)
      case .emails: try checkEmails(place.key)
      case .links: try checkLinks(place.key)
      case .waits: try checkWaits(place.key)
      }
    if let next { return Place(part: place.part, key: next) }
    return place.part.next.map { Place(part: $0, key: []) }
  }

  // MARK: Helpers of every part

  func report(_ kind: VerifyKind, _ subject: String, segment: Int? = nil, _ detail: String) {
    guard found.findings.count < Limits.findings else { return }
    found.findings.append(Finding(kind, subject, segment: segment, detail))
  }

  func report(_ kind: VerifyKind, _ ref: Int64, _ detail: String) {
    let ref = SegmentRef(rawValue: ref)
    report(kind, MessageID(ref.message).description, segment: ref.index + 1, detail)
  }

  /// Reads the rows of a walk, and says where it goes on: behind the last key, while there are as many as were asked for, or
  /// where the slice's time was over. Some rows are dear: a long thread, a lane that has not moved.
  func walk(
    _ sql: StaticString, after key: [Int64], limit: Int64 = Limits.rows, key read: (Row) -> [Int64],
    body: (Row) throws -> Void
  ) throws -> [Int64]? {
    let statement = try database.prepare(sql.description)
    var index: Int32 = 1
    for value in key {
      statement.bind(index, value)
      index += 1
    }
    statement.bind(index, limit)
    defer { statement.reset() }
    var rows: Int64 = 0
    var last: [Int64] = []
    while try statement.step() {
      rows += 1
      try body(statement)
      last = read(statement)
      if let end, ContinuousClock.now >= end { return last }
    }
    return rows == limit ? last : nil
  }

  func exists(_ statement: Statement, _ values: Int64...) throws -> Bool {
    for (index, value) in values.enumerated() { statement.bind(Int32(clamping: index + 1), value) }
    defer { statement.reset() }
    return try statement.step()
  }
}

extension StoreAudit.Place {
  /// As it goes over the socket.
  var cursor: VerifyCursor { VerifyCursor([Int64(part.rawValue)] + key) }

  /// nil: a cursor that no slice gave.
  init?(_ cursor: VerifyCursor) {
    guard let first = cursor.values.first, let part = StoreAudit.Part(rawValue: Int(clamping: first)) else {
      return nil
    }
    self.part = part
    key = Array(cursor.values.dropFirst())
    guard part == .campaigns ? CampaignCount.isKey(key) : key.isEmpty || part.keySizes.contains(key.count)
    else { return nil }
  }
}

extension Queries {
  /// `verify`: the next slice. It is about the whole store, so only who sees all of it may ask.
  func verify(_ params: Verify, _ scope: AccessScope) throws -> VerifyResult {
    guard scope.isFull else { throw APIError(.forbidden, "verify needs a role that sees every number") }
    let place = try params.cursor.map { cursor in
      guard let place = StoreAudit.Place(cursor) else {
        throw APIError.invalid("cursor", "expected `next` of the previous slice")
      }
      return place
    }
    let slice = try StoreAudit(database, now: clock()).slice(from: place)
    return VerifyResult(
      findings: slice.findings, uncounted: slice.skipped, checked: slice.counts, next: slice.next?.cursor)
  }
}

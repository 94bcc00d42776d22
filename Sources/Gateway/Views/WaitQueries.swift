import Contract
import Store

/// `conversation.why`: where the time of a stretch of work went, and what whoever wrote waited for.
struct WaitQueries {
  let queries: Queries
  let scope: AccessScope

  private typealias Episode = EpisodeTable.EpisodeRow
  private typealias Stretch = EpisodeTable.SpanRow

  /// Changes of an episode that are shown, and serves.
  static let longest: Int64 = 200
  /// Places in line that are counted.
  static let longestLine: Int64 = 1_000

  private var database: Database { queries.database }
  private var reader: WhyReader { WhyReader(database: database, now: queries.clock()) }

  func why(_ params: ConversationWhy) throws -> ConversationWhyResult {
    let table = EpisodeTable(database)
    guard let view = try queries.views.conversation(params.conversationID.value),
      try scope.sees(view, in: database)
    else { throw APIError.notFound("conversation", params.conversationID) }
    let asked =
      if let id = params.episodeID { try table.episode(id.value) } else {
        try table.last(in: view.conversationID.value)
      }
    guard let row = asked, row.conversation == view.conversationID.value else {
      throw APIError.notFound("episode", params.episodeID?.description ?? "of \(params.conversationID)")
    }
    let count = try table.spanCount(of: row.id)
    var spans: [EpisodeSpan] = []
    for stretch in try stretches(of: row, table) { spans += try explain(stretch, of: row.id) }
    return ConversationWhyResult(
      episode: EpisodeView(row), waitedMs: spans.filter(\.isWait).reduce(0) { $0 + $1.ms }, waits: spans,
      earlierCount: Int(max(0, count - Self.longest)),
      serves: try ServeTable(database).serves(of: row.id, limit: Self.longest).reversed().map(ServeView.init))
  }

  /// How it was from the first change that is shown until now, without a gap, however the clock was set meanwhile.
  private func stretches(of row: Episode, _ table: EpisodeTable) throws -> [Stretch] {
    var found = Array(try table.spans(of: row.id, limit: Self.longest).reversed())
    if row.completed == nil {
      found.append(
        Stretch(
          started: row.entered, ended: reader.now, state: row.state, queue: row.queue, rep: row.rep,
          member: row.member, since: row.since))
    }
    var reached = found.first?.started ?? row.opened
    return found.compactMap { stretch in
      var stretch = stretch
      stretch.started = reached
      guard stretch.started < stretch.ended else { return nil }
      reached = stretch.ended
      return stretch
    }
  }

  private func explain(_ stretch: Stretch, of episode: Int64) throws -> [EpisodeSpan] {
    let whole = Span(from: stretch.started, until: stretch.ended)
    var layers = WaitLayers<EpisodeCause>()
    var line: Line?
    let rest: EpisodeCause
    switch stretch.state {
    case .answered: rest = .answered
    case .snoozed: rest = .snoozed
    case .completed: throw StoreError.damaged("episode_span", row: episode)
    case .toAnswer: rest = stretch.rep == nil ? .withMember : .withRep
    case .waiting where stretch.member != nil: rest = .setAside
    case .waiting: rest = .notAsked
    }
    if ![.answered, .snoozed].contains(rest) {
      layers.layers.append((.notRunning, try reader.holds(.notRunning, 0, whole)))
    }
    if rest == .notAsked, let queue = stretch.queue {
      let ahead = try ahead(of: stretch, episode, queue, whole)
      layers.layers.append((.nobodyAvailable, try reader.holds(.nobodyAvailable, queue, whole)))
      layers.layers.append((.atCapacity, try reader.holds(.atCapacity, queue, whole)))
      layers.layers.append((.behind, ahead.spans))
      line = ahead
    }
    return layers.explain(whole, rest: rest).reduce(into: []) { merged, part in
      if let last = merged.last, last.cause == part.cause {
        merged[merged.count - 1].endedAt = Timestamp(milliseconds: part.span.until)
        merged[merged.count - 1].ms += Int(part.span.until - part.span.from)
        return
      }
      merged.append(
        EpisodeSpan(
          cause: part.cause, startedAt: Timestamp(milliseconds: part.span.from),
          endedAt: Timestamp(milliseconds: part.span.until), ms: Int(part.span.until - part.span.from),
          queueID: stretch.queue.map { QueueID($0) }, repID: stretch.rep.map { RepID($0) },
          memberID: stretch.member.map { MemberID($0) }, ahead: line?.count(at: part.span.from)))
    }
  }

  /// Others in line before an episode.
  private struct Line {
    /// When each stood there.
    var spans: [Span]
    /// From when on too many have left for all of them to be read.
    var unreadFrom = Int64.max

    func count(at time: Int64) -> Int {
      let most = Int(WaitQueries.longestLine)
      return time >= unreadFrom ? most : min(most, spans.count { $0.from <= time && time < $0.until })
    }
  }

  /// Who stood in line before an episode, and when. Of a long line only a part is read; then as much of the time as that part does not
  /// reach counts as spent behind others.
  private func ahead(of stretch: Stretch, _ episode: Int64, _ queue: Int64, _ within: Span) throws -> Line {
    let left = try database.map(
      """
      SELECT started, ended, since, episode_id FROM episode_span
      WHERE queue_id = ?1 AND state = 0 AND ended > ?2 ORDER BY ended LIMIT ?3
      """, .int(queue), .int(within.from), .int(Self.longestLine)
    ) { (span: Span(from: $0.int(0), until: $0.int(1)), place: ($0.int(2), $0.int(3))) }
    var line = Line(spans: left.filter { $0.place < (stretch.since, episode) }.map(\.span))
    if left.count == Int(Self.longestLine), let last = left.last?.span.until {
      line.unreadFrom = last
      line.spans.append(Span(from: last, until: within.until))
    }
    line.spans += try database.map(
      """
      SELECT entered FROM episode WHERE queue_id = ?1 AND state = 0 AND (since, id) < (?2, ?3)
      ORDER BY since, id LIMIT ?4
      """, .int(queue), .int(stretch.since), .int(episode), .int(Self.longestLine)
    ) { Span(from: $0.int(0), until: .max) }
    line.spans = line.spans.compactMap { $0.clipped(to: within) }
    return line
  }
}

extension EpisodeSpan {
  /// Whether the contact waited for an answer.
  fileprivate var isWait: Bool { ![.answered, .snoozed].contains(cause) }
}

extension ServeView {
  fileprivate init(_ row: ServeTable.ServeRow) {
    self.init(
      at: Timestamp(milliseconds: row.at), memberID: MemberID(row.member), queueID: QueueID(row.queue),
      since: Timestamp(milliseconds: row.since), behindEpisodeID: row.behind.map { EpisodeID($0.episode) },
      behindSince: row.behind.map { Timestamp(milliseconds: $0.since) })
  }
}

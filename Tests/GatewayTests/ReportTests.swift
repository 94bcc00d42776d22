import Contract
import Reports
import TestSupport
import Testing

@testable import Gateway

/// Reports from the feed of a real gateway agree with its own tables, which no report reads.
@Suite(.worlds) struct ReportTests {
  private func report(_ kind: ReportKind, _ feed: [FeedEvent], asOf now: Int64) throws -> Report.Rows {
    var reducer = ReportReducer(ReportRequest(kind: kind), isWhole: true)
    for event in feed { try reducer.add(event) }
    let report = try reducer.report(asOf: Timestamp(milliseconds: now))
    #expect(report.leftOut == 0)
    return report.rows
  }

  @Test(arguments: 1...4) func whateverHappensReportsAndTablesAgree(seed: Int) throws {
    let company = try Company(seed: UInt64(seed))
    let world = company.world
    for _ in 1...400 { try company.step() }
    // What was held back of the campaigns' counts is told within half a second.
    world.now += 1_000
    try world.housekeep()
    let feed = try world.feed(after: 0)
    let plain = PlainReport(feed.map { .init(data: $0.data, at: $0.time.milliseconds) })
    func stored(_ sql: String) throws -> Int { Int(try #require(try world.stored(sql))) }

    guard case .queues(let queues) = try report(.queues, feed, asOf: world.now) else {
      Issue.record("another report")
      return
    }
    for row in queues {
      let id = row.queueID.value
      #expect(row.served.count == (try stored("SELECT count(*) FROM serve WHERE queue_id = \(id)")))
      #expect(
        row.served.totalMs ?? 0
          == (try world.stored("SELECT ifnull(sum(at - since), 0) FROM serve WHERE queue_id = \(id)")))
      for outcome in row.dispositions {
        #expect(
          outcome.all
            == (try stored(
              "SELECT count(*) FROM disposition WHERE queue_id = \(id) AND key = '\(outcome.disposition)'")))
      }
      let found = plain.responses.filter { $0.queue == row.queueID }
      #expect(row.firstResponse.count == found.count(where: \.isFirst))
      #expect(row.nextResponse.count == found.count { !$0.isFirst })
      #expect(row.firstResponse.longestMs == found.filter(\.isFirst).map(\.time).max())
      #expect(
        (row.firstResponse.totalMs ?? 0) + (row.nextResponse.totalMs ?? 0)
          == found.map(\.time).reduce(0, +))
    }
    #expect(queues.map(\.served.count).reduce(0, +) == (try stored("SELECT count(*) FROM serve")))
    #expect(
      queues.flatMap(\.dispositions).map(\.all).reduce(0, +)
        == (try stored("SELECT count(*) FROM disposition WHERE queue_id IS NOT NULL")))
    let snoozed = queues.map { $0.overdue + $0.notDue }.reduce(0, +)
    #expect(
      snoozed
        == plain.snoozes(at: world.now).count { $0.queue != nil && ["overdue", "not_due"].contains($0.end) })

    guard case .members(let members) = try report(.members, feed, asOf: world.now) else {
      Issue.record("another report")
      return
    }
    for row in members {
      guard let member = row.memberID else { continue }
      #expect(row.served == (try stored("SELECT count(*) FROM serve WHERE member_id = \(member.value)")))
      #expect(
        row.dispositions.map(\.all).reduce(0, +)
          == (try stored("SELECT count(*) FROM disposition WHERE member_id = \(member.value)")))
      #expect(
        row.handled.totalMs ?? 0
          == plain.spans.filter { $0.member == member }.map(\.time).reduce(0, +))
    }

    guard case .conversations(let threads) = try report(.conversations, feed, asOf: world.now) else {
      Issue.record("another report")
      return
    }
    #expect(
      threads.map { $0.completed + $0.optedOut }.reduce(0, +)
        == (try stored("SELECT count(*) FROM episode WHERE completed IS NOT NULL")))
    #expect(threads.map(\.opened).reduce(0, +) == (try stored("SELECT count(*) FROM episode")))
    #expect(
      threads.flatMap(\.dispositions).map(\.all).reduce(0, +)
        == (try stored("SELECT count(*) FROM disposition")))

    guard case .campaigns(let campaigns) = try report(.campaigns, feed, asOf: world.now) else {
      Issue.record("another report")
      return
    }
    for row in campaigns {
      let shown: CampaignView = try world.ask(.campaignGet(CampaignGet(campaignID: row.campaignID)))
      #expect(row.delivered == shown.counts.delivered && row.failed == shown.counts.failed)
      #expect(row.cancelled + (row.left ?? 0) == shown.counts.cancelled)
      #expect(row.counts?.sent == shown.counts.sent)
      #expect(row.texts + (row.left ?? 0) <= shown.counts.total && row.expired == shown.counts.expired)
      #expect(row.answers == shown.replyCount && row.optOuts == shown.optOutCount)
      #expect(row.startedAt == shown.committedAt)
    }
  }

  /// Leads in anybody's hands, and the table `lead`.
  @Test func whateverBecomesOfLeadsReportAndTableAgree() throws {
    var sums = (texted: 0, claimed: 0, lost: 0, late: 0, waiting: 0)
    for seed in 201...204 as ClosedRange<UInt64> {
      for row in try leads(seed) {
        sums.texted += row.sinceAssigned.count
        sums.claimed += row.claimed
        sums.lost += row.returned + row.passedOn
        sums.late += row.unclaimed + row.untexted
        sums.waiting += row.waiting
      }
    }
    #expect(
      sums.texted > 0 && sums.claimed > 0 && sums.lost > 0 && sums.late > 0 && sums.waiting > 0,
      "all of it happened: \(sums)")
  }

  private func leads(_ seed: UInt64) throws -> [LeadRow] {
    let company = try Company(seed: seed)
    let world = company.world
    let anna = try world.signIn("anna", [.rep], rep: company.reps[0])
    for _ in 1...250 {
      try company.step()
      if company.roll(2) == 0 { try company.lead() }
      if company.roll(6) == 0,
        let id = company.model.leads.keys.sorted().randomElement(using: &company.random)
      {
        _ = try world.reply(to: .leadClaim(LeadClaim(leadID: id)), as: anna.caller)
      }
    }
    let feed = try world.feed(after: 0)
    let plain = PlainReport(feed.map { .init(data: $0.data, at: $0.time.milliseconds) })
    guard case .leads(let rows) = try report(.leads, feed, asOf: world.now) else { return [] }
    func stored(_ what: String, _ condition: String) throws -> Int64 {
      try #require(try world.stored("SELECT \(what) FROM lead WHERE \(condition)"))
    }
    func count(_ condition: String) throws -> Int { Int(try stored("count(*)", condition)) }
    func sum(_ value: (LeadRow) -> Int) -> Int { rows.map(value).reduce(0, +) }
    #expect(try sum(\.came) == count("1") && sum(\.hot) == count("hot"))
    #expect(try sum(\.texted) == count("contacted IS NOT NULL"))
    #expect(try sum(\.sinceAssigned.count) == count("contacted > assigned"))
    #expect(try sum(\.closedTexted) == count("closed IS NOT NULL AND contacted IS NOT NULL"))
    #expect(
      try rows.compactMap(\.sinceAssigned.totalMs).reduce(0, +)
        == stored("ifnull(sum(contacted - assigned), 0)", "contacted > assigned"))
    #expect(
      try rows.compactMap(\.sinceAssigned.longestMs).max() ?? 0
        == stored("ifnull(max(contacted - assigned), 0)", "contacted > assigned"))
    #expect(
      try rows.compactMap(\.sinceCame.totalMs).reduce(0, +)
        == stored("ifnull(sum(contacted - created), 0)", "contacted IS NOT NULL"))
    let owners = try world.stored("SELECT count(DISTINCT ifnull(rep_id, 0)) FROM lead WHERE state < 2")
    #expect(rows.count { $0.waiting > 0 } == Int(try #require(owners)))
    for row in rows {
      let own = "rep_id IS \(row.repID.map { "\($0.value)" } ?? "NULL")"
      #expect(try row.waiting == count("state = \(row.repID == nil ? 0 : 1) AND \(own)"))
      #expect(try row.closedUntexted == count("closed IS NOT NULL AND contacted IS NULL AND \(own)"))
      // Who had a lead when it was texted is in no table.
      let texts = plain.leadSteps.filter { $0.event.change == .contacted && $0.event.repID == row.repID }
      #expect(row.texted == texts.count)
      guard row.repID != nil else { continue }
      let got = row.assigned - row.assignedTexted + row.claimed
      let atOnce = texts.count { $0.before?.repID != nil && $0.event.assignedAt == $0.event.contactedAt }
      #expect(
        got == row.sinceAssigned.count + atOnce + row.closedUntexted + row.returned + row.passedOn
          + row.waiting)
    }
    return rows
  }

  /// Of a feed that was trimmed, wherever: no number is another than of the whole feed, but those that are said to be left out.
  @Test func aTrimmedFeedGivesTheSameNumbersOrSaysHowManyAreMissing() throws {
    let counts = try (101...108).map { try missing(in: $0) }
    #expect(counts.contains { $0 > 0 }, "some began before")
  }

  private func missing(in seed: UInt64) throws -> Int {
    let company = try Company(seed: seed)
    for _ in 1...300 { try company.step() }
    let feed = try company.world.feed(after: 0)
    func rows(_ kept: ArraySlice<FeedEvent>, from: Timestamp?) throws -> ([QueueRow], leftOut: Int) {
      var reducer = ReportReducer(
        ReportRequest(kind: .queues, from: from), isWhole: kept.count == feed.count)
      for event in kept { try reducer.add(event) }
      let report = try reducer.report(asOf: Timestamp(milliseconds: company.world.now))
      guard case .queues(let rows) = report.rows else { return ([], 0) }
      return (rows, report.leftOut)
    }
    var all = 0
    for place in stride(from: 50, to: feed.count, by: 61) where feed[place].time > feed[place - 1].time {
      let (whole, none) = try rows(feed[...], from: feed[place].time)
      let (cut, leftOut) = try rows(feed[place...], from: nil)
      #expect(none == 0)
      var missing = 0
      // A queue in which nothing else happened but answers to what began before has no row.
      let lacking = whole.filter { row in !cut.contains { $0.queueID == row.queueID } }
      for row in lacking {
        #expect(row.opened + row.served.count + row.taken + row.completed + row.optedOut == 0)
        #expect(row.wentBack + row.released + row.snoozed + row.dispositions.count == 0)
        missing += row.firstResponse.count + row.nextResponse.count
      }
      let both = whole.filter { !lacking.contains($0) }
      #expect(both.map(\.queueID) == cut.map(\.queueID))
      for (whole, cut) in zip(both, cut) {
        #expect(whole.served == cut.served && whole.opened == cut.opened && whole.taken == cut.taken)
        #expect(whole.completed == cut.completed && whole.optedOut == cut.optedOut)
        #expect(whole.wentBack == cut.wentBack && whole.released == cut.released)
        #expect(
          whole.snoozed == cut.snoozed && whole.overdue == cut.overdue && whole.cameBack == cut.cameBack)
        #expect(whole.dispositions.map(\.all) == cut.dispositions.map(\.all))
        missing += whole.firstResponse.count - cut.firstResponse.count
        missing += whole.nextResponse.count - cut.nextResponse.count
        #expect(cut.firstResponse.count <= whole.firstResponse.count)
        #expect(cut.nextResponse.count <= whole.nextResponse.count)
        missing += zip(whole.dispositions, cut.dispositions).map { $0.first - $1.first }.reduce(0, +)
      }
      #expect(missing <= leftOut)
      all += missing
    }
    return all
  }
}

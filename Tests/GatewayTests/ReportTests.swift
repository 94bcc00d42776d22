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

  @Test(arguments: 1...6) func whateverHappensReportsAndTablesAgree(seed: Int) throws {
    let company = try Company(seed: UInt64(seed))
    let world = company.world
    for _ in 1...400 { try company.step() }
    // What was held back of the campaigns' counts is told within half a second.
    world.now += 1_000
    try world.housekeep()
    let feed = try world.feed(after: 0)
    let plain = PlainReport(feed.map { .init(data: $0.data, at: $0.time.milliseconds) })
    func stored(_ sql: String) throws -> Int { Int(try #require(try world.stored(sql))) }

    guard case .queues(let queues) = try report(.queues, feed, asOf: world.now) else { return }
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

    guard case .members(let members) = try report(.members, feed, asOf: world.now) else { return }
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

    guard case .conversations(let threads) = try report(.conversations, feed, asOf: world.now) else { return }
    #expect(
      threads.map { $0.completed + $0.optedOut }.reduce(0, +)
        == (try stored("SELECT count(*) FROM episode WHERE completed IS NOT NULL")))
    #expect(threads.map(\.opened).reduce(0, +) == (try stored("SELECT count(*) FROM episode")))
    #expect(
      threads.flatMap(\.dispositions).map(\.all).reduce(0, +)
        == (try stored("SELECT count(*) FROM disposition")))

    guard case .campaigns(let campaigns) = try report(.campaigns, feed, asOf: world.now) else { return }
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
}

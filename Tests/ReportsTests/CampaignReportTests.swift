import Contract
import TestSupport
import Testing

@testable import Reports

/// What came of campaigns.
struct CampaignReportTests {
  private let campaign = CampaignID(7)

  private func progress(
    _ state: CampaignState?, _ history: inout History, campaign: CampaignID = CampaignID(7), total: Int = 4
  ) {
    history.tell(
      .campaignProgress(
        CampaignProgress(
          campaignID: campaign, name: "Spring", state: state,
          counts: CampaignCounts(
            total: total, queued: 0, sending: 0, sent: 0, delivered: 0, failed: 0, expired: 0, unknown: 0,
            cancelled: 0, receiptMissing: 0), replyCount: 0, optOutCount: 0,
          at: Timestamp(milliseconds: history.now))))
  }

  private func end(
    _ message: Int64, _ state: TextMessageState, final: Bool = true, reason: Refusal? = nil,
    error: String? = nil, _ history: inout History
  ) {
    history.tell(
      .messageStateChanged(
        MessageStateChanged(
          messageID: MessageID(message), conversationID: ConversationID(message), campaignID: campaign,
          from: History.number, to: History.phone, state: state, final: final, segments: 1, reason: reason,
          error: error, inferred: false, at: Timestamp(milliseconds: history.now))))
  }

  private func rows(
    _ history: History, _ periods: ReportPeriods = .all, from: Double? = nil, removed: Int = 0,
    window: Int = ReportRequest.usualWindowS
  ) throws -> [CampaignRow] {
    let request = ReportRequest(
      kind: .campaigns, periods: periods, from: from.map(History.time), windowS: window)
    guard case .campaigns(let rows) = try history.report(request, removed: removed).rows else { return [] }
    return rows
  }

  /// Six texts: two delivered, one failed, two cancelled, one whose receipt never came. Two conversations answer, one says STOP.
  private func story() -> History {
    var history = History()
    progress(.planned, &history, total: 6)
    history.at(100)
    progress(.running, &history, total: 6)
    for thread in 1...6 as ClosedRange<Int64> { history.send(thread, class: .campaign, campaign: campaign) }
    history.at(101)
    end(1, .sent, final: false, &history)
    end(1, .delivered, &history)
    end(2, .receiptMissing, &history)
    end(2, .delivered, &history)
    end(3, .failed, error: "ESME_RINVDSTADR", &history)
    end(4, .cancelled, reason: .optedOut, &history)
    end(5, .cancelled, reason: .optedOut, &history)
    end(6, .receiptMissing, &history)
    history.at(200)
    history.text(1, campaign: campaign)
    history.text(1, campaign: campaign)
    history.at(300)
    history.text(2, campaign: campaign)
    history.text(2, keyword: .optOut, campaign: campaign)
    progress(.completed, &history, total: 6)
    return history
  }

  @Test func aCampaignFromItsPlanToItsOptOuts() throws {
    let row = try #require(try rows(story()).first)
    #expect(row.campaignID == campaign && row.name == "Spring" && row.state == .completed && row.isWhole)
    #expect(row.startedAt == History.time(100) && row.counts?.total == 6)
    #expect(row.texts == 6 && row.delivered == 2 && row.failed == 1 && row.cancelled == 2 && row.expired == 0)
    #expect(
      row.losses == [
        CampaignLoss(state: .cancelled, reason: "opted_out", count: 2),
        CampaignLoss(state: .failed, reason: "ESME_RINVDSTADR", count: 1),
      ])
    #expect(row.answers == 3 && row.answeredConversations == 2)
    #expect(row.optOuts == 1 && row.optOutRate == 1.0 / 3)
  }

  @Test func anAnswerCountsWithinTheWindowAfterTheStart() throws {
    let history = story()
    #expect(try rows(history, window: 200).map(\.answeredConversations) == [2])
    #expect(try rows(history, window: 199).map(\.answeredConversations) == [1])
    #expect(try rows(history, window: 199).map(\.answers) == [3], "all answers")
  }

  @Test func aCampaignBelongsToThePeriodOfItsStartAndAPlanToNone() throws {
    var history = story()
    progress(.planned, &history, campaign: CampaignID(8))
    history.at(2 * 86_400)
    progress(.running, &history, campaign: CampaignID(8))
    progress(.paused, &history, campaign: CampaignID(8))
    history.at(4 * 86_400)
    progress(.running, &history, campaign: CampaignID(8))
    progress(.planned, &history, campaign: CampaignID(9))
    #expect(try rows(history, .day).map(\.period.name) == ["2026-11-22", "2026-11-24"])
    #expect(try rows(history, from: 2 * 86_400).map(\.campaignID) == [CampaignID(8)])
  }

  @Test func oneWhoseBeginningIsNotKeptIsMarkedOrLeftOut() throws {
    let history = story()
    let marked = try rows(history, removed: 3)
    #expect(marked.map(\.isWhole) == [false] && marked[0].texts == 5)
    let asked = try history.report(
      ReportRequest(kind: .campaigns, from: History.time(50)), removed: 3)
    #expect(asked.rows == .campaigns([]) && asked.leftOut == 1)
    #expect(try rows(history, from: 50).count == 1)
  }

  @Test func aRoleThatIsToldNoProgressSeesWhatItsNumbersSent() throws {
    let told = story()
    var history = History()
    for event in told.events {
      if case .campaignProgress = event.data { continue }
      history.at(Double(event.at - History.sunday) / 1_000)
      history.tell(event.data)
    }
    let row = try #require(try rows(history).first)
    #expect(row.state == nil && row.counts == nil && row.name == nil && row.isWhole)
    #expect(row.texts == 6 && row.delivered == 2 && row.startedAt == History.time(100) && row.optOuts == 1)
  }
}

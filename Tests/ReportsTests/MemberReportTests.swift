import Contract
import TestSupport
import Testing

@testable import Reports

/// What people's rows say, and that the conversations' rows add up to them.
struct MemberReportTests {
  @Test func aMembersTimeIsFromBeingGivenAConversationToTheAnswerOrTheNext() throws {
    var history = History()
    history.text(1)
    history.text(2)
    history.at(10)
    history.serve(1, to: History.ana)
    history.at(30)
    // The next one is given: the first span ends, with twenty seconds.
    history.serve(2, to: History.ana)
    history.at(45)
    history.send(2, by: History.ana)
    history.at(50)
    // Its answer comes when the member has been given nothing since.
    history.send(1, by: History.ana)
    history.at(60)
    // A text brings it back to the member, who answers after five seconds.
    history.text(1, to: History.ana)
    history.at(65)
    history.send(1, by: History.ana)
    let row = try #require(try history.members().first)
    #expect(row.memberID == History.ana && row.served == 2 && row.texts == 3)
    #expect(row.handled == Spread([20_000, 15_000, 5_000]))
    #expect(row.responses == Spread([50_000, 45_000, 5_000]))
    let rows = try history.conversations()
    #expect(rows.map(\.handledMs) == [[20_000, 5_000], [15_000]])
    #expect(rows.map(\.responsesMs) == [[50_000, 5_000], [45_000]])
    #expect(rows.map(\.received) == [2, 1] && rows.map(\.texts) == [2, 1])
  }

  @Test(arguments: [
    EpisodeReason.released, .notAnswered, .transferred, .owner, .snoozed, .completed, .optedOut, .answered,
  ]) func aSpanEndsWithWhateverTakesTheConversationOutOfTheMembersHands(reason: EpisodeReason) throws {
    var history = History()
    history.text()
    history.at(10)
    history.take(by: History.ana)
    history.at(17)
    switch reason {
    case .released, .notAnswered: history.back(1, reason)
    case .transferred: history.handOver(to: History.ben)
    case .owner: history.move(to: QueueID(3))
    case .snoozed: history.snooze(until: 100)
    case .completed, .optedOut: history.complete(1, reason)
    default: history.send(by: History.ben)
    }
    history.at(1_000)
    history.text(2)
    history.serve(2, to: History.ana)
    let row = try #require(try history.members().first)
    #expect(row.memberID == History.ana && row.taken == 1 && row.handled == Spread([7_000]))
    #expect(row.released == (reason == .released ? 1 : 0))
    #expect(row.wentBack == (reason == .notAnswered ? 1 : 0))
    #expect(row.transferred == (reason == .transferred ? 1 : 0))
    #expect(row.completed == (reason == .completed ? 1 : 0))
  }

  @Test func aTextIsItsAuthorsThoughAnotherHadTheConversation() throws {
    var history = History()
    history.text()
    history.serve(to: History.ana)
    history.at(5)
    history.send(by: History.ben)
    history.at(6)
    // An app's text: the feed names who has the conversation.
    history.send()
    let rows = try history.members()
    #expect(rows.map(\.memberID) == [History.ana, History.ben])
    #expect(rows.map(\.texts) == [0, 2] && rows.map(\.responses.count) == [0, 1])
  }

  @Test func aRepsOwnConversationsAreTheRepsAndNoQueues() throws {
    var history = History()
    let rosa = RepID(4)
    history.text(rep: rosa)
    history.at(3)
    history.send(rep: rosa)
    history.complete()
    history.at(5)
    // Without work, it is whose number sends.
    history.send(2, rep: rosa)
    let row = try #require(try history.members().first)
    #expect(row.repID == rosa && row.memberID == nil && row.texts == 2 && row.completed == 1)
    #expect(row.responses == Spread([3_000]) && row.handled.count == 0)
    #expect(try history.queues() == [])
  }

  @Test func aFilterLeavesTheRestAsItIs() throws {
    var history = History()
    history.text(1)
    history.text(2, queue: QueueID(3))
    history.at(1)
    history.serve(1, to: History.ana)
    history.serve(2, to: History.ben)
    history.at(2)
    history.send(1, by: History.ana)
    history.send(2, by: History.ben)
    func members(_ change: (inout ReportRequest) -> Void) throws -> [MemberID?] {
      var request = ReportRequest(kind: .members)
      change(&request)
      guard case .members(let rows) = try history.report(request).rows else { return [] }
      let all = try history.members()
      #expect(rows.allSatisfy(all.contains))
      return rows.map(\.memberID)
    }
    #expect(try members { _ in } == [History.ana, History.ben])
    #expect(try members { $0.member = History.ben } == [History.ben])
    #expect(try members { $0.queue = History.sales } == [History.ana])
    #expect(try members { $0.rep = RepID(1) } == [])
  }
}

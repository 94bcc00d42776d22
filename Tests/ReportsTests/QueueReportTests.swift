import Contract
import Testing

@testable import Reports

/// What a queue's row says of histories that one can follow by reading.
struct QueueReportTests {
  @Test func aConversationFromItsFirstTextToItsCompletion() throws {
    var history = History()
    history.at(0)
    history.text()
    history.at(40)
    history.serve(to: History.ana)
    history.at(100)
    history.send(by: History.ana)
    // Two texts before the next answer: the first of them counts.
    history.at(200)
    history.text(to: History.ana)
    history.at(230)
    history.text(to: History.ana)
    history.at(250)
    history.send(by: History.ana)
    // A further text of ours answers nothing.
    history.at(260)
    history.send(by: History.ana)
    history.at(300)
    history.outcome("sold", by: History.ana)
    history.complete()
    let row = try #require(try history.queues().first)
    #expect(try history.queues().count == 1 && row.queueID == History.sales)
    #expect(row.opened == 1 && row.completed == 1 && row.optedOut == 0 && row.taken == 0)
    #expect(row.served == Spread([40_000]))
    #expect(row.firstResponse == Spread([100_000]))
    #expect(row.nextResponse == Spread([50_000]))
    #expect(row.answeredInTime == 2 && row.limitKnown == 2)
    #expect(row.dispositions.map(\.disposition) == ["sold"])
    #expect(row.dispositions[0].first == 1 && row.dispositions[0].last == 1 && row.dispositions[0].all == 1)
  }

  @Test func quantilesAreValuesThatWere() {
    let spread = Spread((1...100).reversed().map { Int64($0) })
    #expect(spread.count == 100 && spread.totalMs == 5_050 && spread.longestMs == 100)
    #expect(spread.medianMs == 50 && spread.p90Ms == 90 && spread.p95Ms == 95)
    let three = Spread([7, 1, 3])
    #expect(three.medianMs == 3 && three.p90Ms == 7 && three.p95Ms == 7 && three.longestMs == 7)
    #expect(Spread([]).medianMs == nil && Spread([]).count == 0)
  }
}

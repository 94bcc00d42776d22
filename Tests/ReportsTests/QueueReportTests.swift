import Contract
import TestSupport
import Testing

@testable import Reports

/// What a queue's row says of histories that one can follow by reading.
struct QueueReportTests {
  private static let day: Double = 86_400

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

  @Test func aPeriodInWhichAQueueHasNothingToShowHasNoRow() throws {
    var history = History()
    history.text()
    history.send(by: History.ana)
    history.at(Self.day)
    // A further text of ours answers nothing.
    history.send(by: History.ana)
    #expect(try history.queues(.day).map(\.period.name) == ["2026-11-22"])
    #expect(try history.members(.day).map(\.texts) == [1, 1])
  }

  @Test func quantilesAreValuesThatWere() {
    let spread = Spread((1...100).reversed().map { Int64($0) })
    #expect(spread.count == 100 && spread.totalMs == 5_050 && spread.longestMs == 100)
    #expect(spread.medianMs == 50 && spread.p90Ms == 90 && spread.p95Ms == 95)
    let three = Spread([7, 1, 3])
    #expect(three.medianMs == 3 && three.p90Ms == 7 && three.p95Ms == 7 && three.longestMs == 7)
    #expect(Spread([]).medianMs == nil && Spread([]).count == 0)
  }

  // MARK: Periods

  @Test func whatHappensAtMidnightBelongsToTheNewDayAndATimeToTheDayItEndsIn() throws {
    var history = History()
    history.at(Self.day - 0.001)
    history.text(1)
    history.at(Self.day)
    history.text(2)
    history.serve(1, to: History.ana)
    history.at(Self.day + 10)
    history.send(1, by: History.ana)
    let rows = try history.queues(.day)
    #expect(rows.map(\.period.name) == ["2026-11-22", "2026-11-23"])
    #expect(rows.map(\.opened) == [1, 1])
    #expect(rows.map(\.served) == [Spread([]), Spread([1])])
    #expect(rows.map(\.firstResponse) == [Spread([]), Spread([10_001])])
    #expect(rows[1].period.from == Timestamp("2026-11-23T00:00:00Z"))
    #expect(rows[1].period.until == Timestamp("2026-11-24T00:00:00Z"))
  }

  @Test(arguments: [
    (ReportPeriods.week, "2026-11-22T23:59:59.999Z", "2026-W47", "2026-11-16", "2026-11-23"),
    (.week, "2026-11-23T00:00:00Z", "2026-W48", "2026-11-23", "2026-11-30"),
    // The first days of a year may be of the last one's last week, and its last days of the next one's first.
    (.week, "2027-01-03T12:00:00Z", "2026-W53", "2026-12-28", "2027-01-04"),
    (.week, "2024-12-30T00:00:00Z", "2025-W01", "2024-12-30", "2025-01-06"),
    (.month, "2028-02-29T23:59:59Z", "2028-02", "2028-02-01", "2028-03-01"),
    (.month, "2026-12-31T00:00:00Z", "2026-12", "2026-12-01", "2027-01-01"),
    (.day, "1969-12-31T23:59:59.999Z", "1969-12-31", "1969-12-31", "1970-01-01"),
  ]) func periodsAreThoseOfTheCalendar(
    periods: ReportPeriods, moment: String, name: String, from: String, until: String
  ) throws {
    let moment = try #require(Timestamp(moment)).milliseconds
    let beginning = periods.beginning(of: moment)
    #expect(periods.name(ofPeriodFrom: beginning) == name)
    #expect(Timestamp(milliseconds: beginning) == Timestamp(from + "T00:00:00Z"))
    #expect(
      Timestamp(milliseconds: periods.end(ofPeriodFrom: beginning)) == Timestamp(until + "T00:00:00Z"))
  }

  @Test func whatWasBeforeIsReadAndNotCountedAndWhatComesAfterIsNeither() throws {
    var history = History()
    history.at(10)
    history.text(1)
    history.at(20)
    history.text(2)
    history.at(100)
    history.send(1)
    history.at(200)
    history.send(2)
    let rows = try history.queues(from: 20, until: 200)
    #expect(rows.count == 1 && rows[0].opened == 1, "the second text alone, which came at the first moment")
    #expect(rows[0].firstResponse == Spread([90_000]), "the first answer alone; the second came at the end")
  }

  @Test func aPeriodIsWholeIfAllOfItWasRead() throws {
    var history = History()
    for day in 0..<3 {
      history.at(Double(day) * Self.day + 100)
      history.text(Int64(day + 1))
    }
    func whole(from: Double?, removed: Int, asOf: Double) throws -> [Bool] {
      try history.queues(.day, from: from, removed: removed, asOf: asOf).map(\.period.isWhole)
    }
    #expect(try whole(from: nil, removed: 0, asOf: 2.5 * Self.day) == [true, true, false])
    #expect(try whole(from: 50, removed: 0, asOf: 3 * Self.day) == [false, true, true])
    #expect(try whole(from: nil, removed: 2, asOf: 3 * Self.day) == [false, true])
    #expect(try history.queues(removed: 2).map(\.period.isWhole) == [false])
    #expect(try history.queues().map(\.period.isWhole) == [true])
  }

  // MARK: What is a response

  @Test func aCompletedConversationThatIsWrittenToAgainHasAnotherFirstResponse() throws {
    var history = History()
    history.text()
    history.at(5)
    history.send()
    history.at(6)
    history.complete()
    history.at(10)
    history.text()
    history.at(17)
    history.send()
    let row = try #require(try history.queues().first)
    #expect(row.opened == 2 && row.completed == 1)
    #expect(row.firstResponse == Spread([5_000, 7_000]) && row.nextResponse == Spread([]))
  }

  @Test func whatIsCompletedUnansweredHasNoResponse() throws {
    var history = History()
    history.text()
    history.at(5)
    history.complete()
    history.at(9)
    history.send()
    history.at(10)
    history.text()
    history.at(12)
    history.send()
    let row = try #require(try history.queues().first)
    #expect(row.firstResponse == Spread([2_000]))
  }

  @Test func keywordsAreNoTextsAndWhatSystemsSendIsNoAnswer() throws {
    var history = History()
    history.text(keyword: .help)
    history.at(1)
    history.send(class: .notice)
    history.text()
    history.at(3)
    history.send(class: .code)
    history.at(4)
    history.send(class: .campaign, campaign: CampaignID(7))
    history.at(6)
    history.send()
    let row = try #require(try history.queues().first)
    #expect(row.firstResponse == Spread([5_000]))
  }

  @Test func anOptOutEndsTheWorkWithoutAResponse() throws {
    var history = History()
    history.text()
    history.at(1)
    history.snooze(until: 100)
    history.at(2)
    history.text(keyword: .optOut)
    history.outcome("opted_out")
    history.complete(1, .optedOut)
    history.at(3)
    history.send()
    let row = try #require(try history.queues().first)
    #expect(row.optedOut == 1 && row.completed == 0 && row.closedSnoozed == 1)
    #expect(row.firstResponse.count == 0)
    #expect(row.dispositions.map(\.disposition) == ["opted_out"])
  }

  @Test func aTextIntoASnoozedConversationAnswersWhatWaitedThere() throws {
    var history = History()
    history.text()
    history.at(1)
    history.snooze(until: 100)
    history.at(8)
    history.send()
    let row = try #require(try history.queues().first)
    #expect(row.firstResponse == Spread([8_000]))
    #expect(try history.members().map(\.memberID) == [nil], "who wrote it is not told")
  }

  @Test func theLimitIsTheQueuesAtTheTimeOfTheAnswer() throws {
    var history = History()
    history.text(1)
    history.at(5)
    history.send(1)
    #expect(try history.queues()[0].limitKnown == 0, "nothing told it")
    history.text(2)
    history.at(10)
    history.serve(2, to: History.ana, limit: 10)
    history.at(15)
    history.send(2, by: History.ana)
    history.tell(
      .queueChanged(
        QueueChanged(
          queueID: History.sales, name: "Sales", answerWithinS: 60, capacity: 5, dispositionRequired: false,
          dispositions: [], memberIDs: [], createdAt: History.time(0), at: History.time(15))))
    history.text(3)
    history.at(76)
    history.send(3)
    let row = try #require(try history.queues().first)
    #expect(
      row.limitKnown == 2 && row.answeredInTime == 1, "ten seconds of ten are in time, 61 of 60 are not")
  }

  // MARK: The line

  @Test func whatGoesBackKeepsItsWaitAndIsCounted() throws {
    var history = History()
    history.text(1)
    history.at(10)
    history.serve(1, to: History.ana)
    history.at(310)
    history.back(1, .notAnswered)
    history.at(320)
    history.serve(1, to: History.ben)
    history.at(330)
    history.back(1, .released)
    history.at(340)
    history.take(1, by: History.ana)
    history.handOver(1, to: History.ben)
    history.at(350)
    history.move(1, to: QueueID(3))
    history.at(360)
    history.serve(1, to: History.ana)
    history.at(370)
    history.send(1, by: History.ana)
    let rows = try history.queues()
    #expect(rows.map(\.queueID) == [History.sales, QueueID(3)])
    #expect(rows[0].served == Spread([10_000, 320_000]) && rows[0].taken == 1)
    #expect(rows[0].wentBack == 1 && rows[0].released == 1 && rows[0].transferred == 1)
    #expect(rows[0].firstResponse.count == 0 && rows[0].opened == 1 && rows[1].opened == 0)
    #expect(rows[1].served == Spread([360_000]) && rows[1].firstResponse == Spread([370_000]))
  }

  @Test func everySnoozeEndsInOneWayAndCountsWhereItBegan() throws {
    var history = History()
    for thread in 1...6 as ClosedRange<Int64> { history.text(thread) }
    history.at(10)
    for thread in 1...6 as ClosedRange<Int64> { history.snooze(thread, until: Self.day + Double(thread)) }
    history.at(20)
    history.snooze(3, until: 400 * Self.day)
    history.complete(2)
    history.at(Self.day + 1)
    history.comeBack(1, .due)
    history.at(Self.day + 5)
    history.text(5)
    history.at(Self.day + 6)
    history.comeBack(6, .woken)
    // 4 was due two seconds before, and did not come back.
    let rows = try history.queues(.day, asOf: Self.day + 6)
    let row = try #require(rows.first)
    #expect(row.period.name == "2026-11-22" && row.snoozed == 7)
    #expect(row.cameBack == 3 && row.closedSnoozed == 1 && row.snoozedAgain == 1)
    #expect(row.overdue == 1 && row.notDue == 1)
    #expect(rows.dropFirst().allSatisfy { $0.snoozed + $0.cameBack + $0.overdue == 0 })
    #expect(try history.queues(asOf: Self.day + 3.999)[0].overdue == 0)
    #expect(try history.queues(until: Self.day + 1, asOf: 900 * Self.day)[0].overdue == 0, "as of the end")
  }

  // MARK: Outcomes

  @Test func theFirstAndTheLastOutcomeOfAStretchOfWorkAreCountedInTheirPeriods() throws {
    var history = History()
    history.text()
    history.at(10)
    history.outcome("callback", by: History.ana)
    history.at(20)
    history.outcome("callback", by: History.ana)
    history.complete()
    // Recorded once more the next day, of work that is completed.
    history.at(Self.day + 10)
    history.outcome("sold", by: History.ben)
    let rows = try history.queues(.day)
    func counts(_ row: QueueRow) -> [[Int]] { row.dispositions.map { [$0.first, $0.last, $0.all] } }
    #expect(rows.map { $0.dispositions.map(\.disposition) } == [["callback"], ["sold"]])
    #expect(rows.map(counts) == [[[1, 0, 2]], [[0, 1, 1]]])
    #expect(rows[1].dispositions[0].label == "SOLD")
    #expect(try history.queues(until: Self.day).map(counts) == [[[1, 1, 2]]])
    let members = try history.members()
    #expect(members.map(\.memberID) == [History.ana, History.ben, nil])
    #expect(members[0].dispositions.map { [$0.first, $0.last, $0.all] } == [[1, 0, 2]])
  }

  // MARK: What the feed does not keep

  @Test func whatBeganBeforeTheFirstEventIsLeftOutAndCountedAsSuch() throws {
    var history = History()
    history.text(1)
    history.text(2)
    history.at(1)
    history.serve(2, to: History.ana)
    history.outcome("later", 2)
    let removed = history.events.count
    history.at(100)
    history.send(1, by: History.ana)
    history.at(110)
    history.back(2, .notAnswered)
    history.at(120)
    history.outcome("sold", 2)
    history.at(130)
    history.text(1)
    history.at(135)
    history.send(1, by: History.ana)
    let report = try history.report(ReportRequest(kind: .queues), removed: removed)
    #expect(report.leftOut == 3, "an answer, who gave a conversation back, and a first outcome")
    #expect(!report.isWhole && report.knownFrom == History.time(100))
    let row = try #require(try history.queues(removed: removed).first)
    #expect(row.opened == 0 && row.wentBack == 1, "what is told in full is counted")
    #expect(row.firstResponse.count == 0 && row.nextResponse == Spread([5_000]))
    #expect(row.dispositions.map { [$0.first, $0.last, $0.all] } == [[0, 0, 1]])
    let whole = try history.report(ReportRequest(kind: .queues))
    #expect(whole.leftOut == 0 && whole.isWhole && whole.knownFrom == nil)
    func leftOut(_ change: (inout ReportRequest) -> Void) throws -> Int {
      var request = ReportRequest(kind: .members)
      change(&request)
      return try history.report(request, removed: removed).leftOut
    }
    #expect(try leftOut { $0.queue = QueueID(3) } == 0 && leftOut { $0.queue = History.sales } == 3)
    #expect(try leftOut { $0.member = History.ana } == 3, "the one who gave it back may be Ana")
    #expect(try leftOut { $0.member = History.ben } == 2)
    let earlier = try history.report(
      ReportRequest(kind: .queues, until: History.time(50)), removed: removed)
    #expect(earlier.rows == .queues([]) && earlier.knownFrom == History.time(100))
  }

  @Test func aServedWaitIsKnownThoughItsBeginningIsNotKept() throws {
    var history = History()
    history.text()
    let removed = history.events.count
    history.at(70)
    history.serve(to: History.ana)
    #expect(try history.queues(removed: removed)[0].served == Spread([70_000]))
  }

  @Test func aTextThatNobodyKnowsToBeTheFirstUnansweredIsNoBeginningOfAResponse() throws {
    var history = History()
    history.text()
    let removed = history.events.count
    history.at(50)
    history.text()
    history.at(60)
    history.send(by: History.ana)
    let report = try history.report(ReportRequest(kind: .queues), removed: removed)
    #expect(report.leftOut == 1)
    guard case .queues(let rows) = report.rows else { return }
    #expect(rows.allSatisfy { $0.firstResponse.count == 0 && $0.nextResponse.count == 0 })
  }

  // MARK: The feed

  @Test func anEventThatComesAgainIsCountedOnce() throws {
    var history = History()
    history.text()
    history.at(5)
    history.serve(to: History.ana)
    history.at(9)
    history.send(by: History.ana)
    let request = ReportRequest(kind: .queues)
    var reducer = ReportReducer(request, isWhole: true)
    for end in history.events.indices {
      // As a consumer gets them that acknowledged nothing: from the first on, again and again.
      for (index, event) in history.events[...end].enumerated() {
        try reducer.add(event.data, sequence: Int64(index + 1), time: Timestamp(milliseconds: event.at))
      }
    }
    #expect(try reducer.report(asOf: History.time(400 * Self.day)) == history.report(request))
  }

  @Test func eventsThatTheReportIsNotMadeOfChangeNothing() throws {
    var history = History()
    history.text()
    let before = try history.report(ReportRequest(kind: .queues)).rows
    history.tell(
      .alertRaised(
        AlertRaised(
          alert: .unrouted, severity: .info, detail: "one", at: Timestamp(milliseconds: history.now))))
    history.tell(
      .bindStateChanged(
        BindStateChanged(
          carrier: "alpha", sessionIndex: 0, state: .bound, at: Timestamp(milliseconds: history.now)))
    )
    history.tell(
      .noteAdded(
        NoteAdded(
          noteID: NoteID(1), conversationID: ConversationID(1), number: History.number, text: "Words",
          at: Timestamp(milliseconds: history.now))))
    #expect(try history.report(ReportRequest(kind: .queues)).rows == before)
  }

  // MARK: Memory

  @Test func aConversationWithoutWorkIsForgottenAfterThirtyDays() throws {
    var history = History()
    history.text(1)
    history.outcome("later", 1)
    history.complete(1)
    history.text(2)
    func kept(_ day: Double) throws -> Int {
      try history.report(ReportRequest(kind: .queues), asOf: day * Self.day).conversationsKept
    }
    #expect(try kept(30) == 2)
    #expect(try kept(31) == 1, "open work is never forgotten")
    history.at(31 * Self.day)
    history.outcome("sold", 1)
    let report = try history.report(ReportRequest(kind: .queues))
    #expect(report.leftOut == 1, "whether it is the last one of its work is not known any more")
    guard case .queues(let rows) = report.rows else { return }
    #expect(rows[0].dispositions.map { [$0.first, $0.last, $0.all] } == [[1, 1, 1], [0, 0, 1]])
    // The next text is known to begin new work all the same.
    history.text(1)
    history.at(31 * Self.day + 4)
    history.send(1)
    #expect(try history.queues()[0].firstResponse == Spread([4_000]))
  }

  private static func small(_ change: (inout ReportLimits) -> Void) -> ReportLimits {
    var limits = ReportLimits()
    change(&limits)
    return limits
  }

  @Test(arguments: [
    (ReportKind.queues, small { $0.rows = 2 }, ReportError.tooMany("rows", 2)),
    (.conversations, small { $0.rows = 11 }, .tooMany("rows", 11)),
    (.members, small { $0.values = 5 }, .tooMany("response times", 5)),
    (.queues, small { $0.conversations = 10 }, .tooMany("conversations at a time", 10)),
    (.campaigns, small { $0.campaigns = 3 }, .tooMany("campaigns", 3)),
    (.campaigns, small { $0.losses = 3 }, .tooMany("reasons for lost texts", 3)),
    (.campaigns, small { $0.answered = 8 }, .tooMany("conversations that answered campaigns", 8)),
  ]) func moreThanIsKeptIsAnErrorAndNoReport(kind: ReportKind, limits: ReportLimits, error: ReportError)
    throws
  {
    // Twelve conversations in four queues that answer four campaigns, and one answer in each.
    var history = History()
    for thread in 1...12 as ClosedRange<Int64> {
      history.at(Double(thread))
      history.send(thread, class: .campaign, campaign: CampaignID(thread % 4 + 1))
      history.tell(
        .messageStateChanged(
          MessageStateChanged(
            messageID: MessageID(thread), conversationID: ConversationID(thread),
            campaignID: CampaignID(thread % 4 + 1), from: History.number, to: History.phone, state: .failed,
            final: true, segments: 1, error: "ESME_RSYSERR", inferred: false, at: History.time(Double(thread))
          )))
      history.text(thread, queue: QueueID(thread % 4 + 1), campaign: CampaignID(thread % 4 + 1))
      history.send(thread, by: History.ana)
    }
    func fold(_ limits: ReportLimits) throws {
      var reducer = ReportReducer(ReportRequest(kind: kind), isWhole: true, limits: limits)
      for (index, event) in history.events.enumerated() {
        try reducer.add(
          event.data, sequence: Int64(index + 1), time: Timestamp(milliseconds: event.at))
      }
      _ = try reducer.report(asOf: History.time(100))
    }
    #expect(throws: error) { try fold(limits) }
    try fold(ReportLimits())
  }

  @Test func whatIsForgottenMakesRoom() throws {
    var history = History()
    for thread in 1...100 as ClosedRange<Int64> {
      history.at(Double(thread) * 10 * Self.day)
      history.text(thread)
      history.complete(thread)
    }
    var reducer = ReportReducer(
      ReportRequest(kind: .queues), isWhole: true, limits: Self.small { $0.conversations = 5 })
    for (index, event) in history.events.enumerated() {
      try reducer.add(event.data, sequence: Int64(index + 1), time: Timestamp(milliseconds: event.at))
    }
    let report = try reducer.report(asOf: History.time(1_000 * Self.day))
    guard case .queues(let rows) = report.rows else { return }
    #expect(rows.map(\.completed) == [100] && report.conversationsKept == 4)
  }
}

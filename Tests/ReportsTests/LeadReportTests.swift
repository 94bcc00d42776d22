import Contract
import TestSupport
import Testing

@testable import Reports

/// What a rep's row says of leads whose histories one can follow by reading.
struct LeadReportTests {
  private static let day: Double = 86_400
  private static let dana = RepID(1)
  private static let eve = RepID(2)

  private func row(_ history: History, of rep: RepID?) throws -> LeadRow {
    try #require(try history.leadRows().first { $0.repID == rep })
  }

  @Test func aLeadFromItsComingToItsFirstText() throws {
    var history = History()
    history.lead(1, .created)
    history.at(10)
    history.lead(1, .assigned, to: Self.dana)
    history.at(70)
    history.lead(1, .contacted)
    history.at(80)
    history.lead(1, .hot)
    history.lead(1, .closed)
    let rows = try history.leadRows()
    #expect(rows.map(\.repID) == [Self.dana, nil])
    #expect(rows[0].assigned == 1 && rows[0].assignedTexted == 0 && rows[0].texted == 1 && rows[0].hot == 1)
    #expect(rows[0].sinceAssigned == Spread([60_000]) && rows[0].sinceCame == Spread([70_000]))
    #expect(rows[0].closedTexted == 1 && rows[0].closedUntexted == 0 && rows[0].waiting == 0)
    #expect(rows[0].came == 0 && rows[1].came == 1 && rows[1].texted == 0 && rows[1].waiting == 0)
  }

  @Test func theSpeedHasItsMedianItsNinetyPerCentAndItsLongest() throws {
    var history = History()
    for id in 1...10 as ClosedRange<Int64> {
      history.at(Double(id) * 10_000)
      history.lead(id, .created)
      history.lead(id, .claimed, to: Self.dana)
      history.at(Double(id) * 10_000 + Double(id * id))
      history.lead(id, .contacted)
    }
    let speed = try row(history, of: Self.dana).sinceAssigned
    #expect(speed.medianMs == 25_000 && speed.p90Ms == 81_000 && speed.longestMs == 100_000)
    #expect(try row(history, of: Self.dana).claimed == 10)
  }

  @Test func nobodyHasALeadUntilItIsTakenAndWhoTextsOneGetsIt() throws {
    var history = History()
    for id in 1...4 as ClosedRange<Int64> { history.lead(id, .created, hot: id == 1) }
    history.at(600)
    history.lead(1, .unclaimed)
    history.lead(2, .closed)
    history.at(700)
    history.lead(3, .contacted, to: Self.dana)
    // A text in a queue's thread.
    history.lead(4, .contacted)
    let nobody = try row(history, of: nil)
    #expect(nobody.came == 4 && nobody.hot == 1 && nobody.unclaimed == 1 && nobody.closedUntexted == 1)
    #expect(nobody.waiting == 1 && nobody.texted == 1 && nobody.sinceCame == Spread([700_000]))
    let dana = try row(history, of: Self.dana)
    #expect(dana.texted == 1 && dana.sinceCame == Spread([700_000]) && dana.sinceAssigned == Spread([]))
    #expect(dana.assigned == 0 && dana.claimed == 0 && dana.waiting == 0)
  }

  @Test func aRepLosesLeadsOnlyBeforeTheFirstText() throws {
    var history = History()
    for id in 1...4 as ClosedRange<Int64> {
      history.lead(id, .created)
      history.lead(id, .assigned, to: Self.dana)
    }
    history.at(100)
    history.lead(1, .untexted)
    history.lead(1, .assigned, to: Self.eve)
    history.lead(2, .returned)
    history.lead(3, .contacted)
    history.at(150)
    history.lead(1, .contacted)
    // The text stays with who had the lead.
    history.lead(3, .assigned, to: Self.eve)
    let dana = try row(history, of: Self.dana)
    #expect(dana.assigned == 4 && dana.untexted == 1 && dana.passedOn == 1 && dana.returned == 1)
    #expect(dana.texted == 1 && dana.sinceAssigned == Spread([100_000]) && dana.waiting == 1)
    let eve = try row(history, of: Self.eve)
    #expect(eve.assigned == 2 && eve.assignedTexted == 1 && eve.texted == 1 && eve.passedOn == 0)
    #expect(eve.sinceAssigned == Spread([50_000]) && eve.sinceCame == Spread([150_000]))
    let nobody = try row(history, of: nil)
    #expect(nobody.waiting == 1 && nobody.returned == 0, "what was given back waits for anybody")
  }

  @Test func whatHappensAtMidnightBelongsToTheNewDayAndATimeToTheDayItEndsIn() throws {
    var history = History()
    history.at(Self.day - 0.001)
    history.lead(1, .created)
    history.lead(1, .assigned, to: Self.dana)
    history.lead(2, .created)
    history.lead(2, .assigned, to: Self.dana)
    history.at(Self.day)
    history.lead(1, .contacted)
    let rows = try history.leadRows(.day).filter { $0.repID == Self.dana }
    #expect(rows.map(\.period.name) == ["2026-11-22", "2026-11-23"])
    #expect(rows.map(\.assigned) == [2, 0] && rows.map(\.sinceAssigned) == [Spread([]), Spread([1])])
    #expect(rows.map(\.waiting) == [1, 0], "one of those of the first day")
    #expect(try history.leadRows(.day, from: Self.day).map(\.texted) == [1])
    // As of midnight, both wait.
    let first = try history.leadRows(until: Self.day).first
    #expect(first?.waiting == 2 && first?.texted == 0)
  }

  @Test func aFilterLeavesOneRepOrOneSource() throws {
    var history = History()
    for id in 1...3 as ClosedRange<Int64> {
      history.lead(id, .created, source: id == 3 ? "ad" : "web form")
      history.lead(id, .assigned, to: id == 1 ? Self.eve : Self.dana)
    }
    #expect(try history.leadRows(rep: Self.dana).map(\.assigned) == [2])
    #expect(try history.leadRows(source: "ad").map(\.repID) == [Self.dana, nil])
    #expect(try history.leadRows(source: "ad").map(\.came) == [0, 1])
    #expect(try history.leadRows(rep: Self.eve, source: "ad") == [])
    #expect(try history.leadRows(source: "AD") == [])
  }

  @Test func ofOneWhoseBeginningIsNotKeptItsTimesAreKnownAndNotWhoLostIt() throws {
    var history = History()
    for id in 1...4 as ClosedRange<Int64> {
      history.lead(id, .created)
      history.lead(id, .assigned, to: Self.dana)
    }
    let removed = history.events.count
    history.at(60)
    history.lead(1, .contacted)
    history.lead(2, .returned)
    history.lead(3, .hot)
    history.at(70)
    history.lead(3, .assigned, to: Self.eve)
    let rows = try history.leadRows(removed: removed)
    #expect(rows.map(\.repID) == [Self.dana, Self.eve, nil])
    #expect(rows[0].texted == 1 && rows[0].sinceAssigned == Spread([60_000]) && rows[0].assigned == 0)
    #expect(rows[0].passedOn == 1, "told by the event before")
    #expect(rows[0].returned == 0 && rows[2].returned == 1 && rows[2].waiting == 1)
    #expect(rows[0].waiting == 0 && rows[1].waiting == 1)
    let request = ReportRequest(kind: .leads)
    #expect(try history.report(request, removed: removed).leftOut == 1)
    #expect(try history.report(ReportRequest(kind: .leads, rep: Self.eve), removed: removed).leftOut == 1)
    #expect(try history.report(request).leftOut == 0)
  }

  @Test func anEventThatComesAgainIsCountedOnce() throws {
    var history = History()
    history.lead(1, .created)
    history.at(5)
    history.lead(1, .assigned, to: Self.dana)
    history.at(9)
    history.lead(1, .contacted)
    let request = ReportRequest(kind: .leads)
    var reducer = ReportReducer(request, isWhole: true)
    for end in history.events.indices {
      for (index, event) in history.events[...end].enumerated() {
        try reducer.add(event.data, sequence: Int64(index + 1), time: Timestamp(milliseconds: event.at))
      }
    }
    #expect(try reducer.report(asOf: History.time(400 * Self.day)) == history.report(request))
  }

  private static func small(_ change: (inout ReportLimits) -> Void) -> ReportLimits {
    var limits = ReportLimits()
    change(&limits)
    return limits
  }

  @Test(arguments: [
    (small { $0.leads = 4 }, ReportError.tooMany("leads at a time", 4)),
    (small { $0.rows = 1 }, .tooMany("rows", 1)), (small { $0.values = 15 }, .tooMany("response times", 15)),
  ]) func moreThanIsKeptIsAnErrorAndNoReport(limits: ReportLimits, error: ReportError) throws {
    var history = History()
    // Twelve leads, of which five at a time are untexted.
    for id in 1...12 as ClosedRange<Int64> {
      history.at(Double(id) * 10)
      history.lead(id, .created)
      history.lead(id, .assigned, to: Self.dana)
      guard id > 4 else { continue }
      history.at(Double(id) * 10 + 5)
      history.lead(id - 4, .contacted)
    }
    func fold(_ limits: ReportLimits) throws {
      var reducer = ReportReducer(ReportRequest(kind: .leads), isWhole: true, limits: limits)
      for (index, event) in history.events.enumerated() {
        try reducer.add(event.data, sequence: Int64(index + 1), time: Timestamp(milliseconds: event.at))
      }
      _ = try reducer.report(asOf: History.time(200))
    }
    #expect(throws: error) { try fold(limits) }
    try fold(Self.small { ($0.leads, $0.rows, $0.values) = (5, 2, 16) })
  }

  @Test func aTextWithoutATimeIsNotWhatTheContractAllows() throws {
    var history = History()
    history.lead(1, .created)
    var event = try #require(history.leads[LeadID(1)])
    (event.change, event.state) = (.contacted, .contacted)
    history.tell(.leadChanged(event))
    #expect(throws: ReportError.malformed("a lead that was texted without a time")) {
      _ = try history.leadRows()
    }
  }
}

import Contract
import TestSupport
import Testing

@testable import Reports

/// Histories of chance: the reducer says what a plain computation from the whole list of events says.
struct RandomReportTests {
  private static func history(_ seed: UInt64, steps: Int = 300) -> History {
    var random = SeededGenerator(seed: seed)
    func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    var history = History()
    var now: Double = 0
    let members = [History.ana, History.ben, MemberID(3)]
    for _ in 0..<steps {
      now += Double(1 + roll(roll(8) == 0 ? 40_000_000 : 60_000)) / 1_000
      history.at(now)
      let thread = Int64(1 + roll(6))
      let member = members[roll(3)]
      let state = history.state(thread)
      switch roll(16) {
      case 0, 1, 2:
        history.text(
          thread, queue: QueueID(Int64(1 + roll(2))), rep: thread == 6 ? RepID(9) : nil,
          to: roll(2) == 0 ? member : nil, limit: Int64(10 + roll(90)))
      case 3, 4: history.send(thread, by: roll(3) == 0 ? nil : member)
      case 5 where thread < 6 && state == .waiting: history.serve(thread, to: member, limit: 60)
      case 6 where thread < 6 && state == .waiting: history.take(thread, by: member, limit: 60)
      case 7 where thread < 6 && state.map({ [.waiting, .toAnswer, .answered].contains($0) }) == true:
        history.handOver(thread, to: member)
      case 8 where thread < 6 && state == .toAnswer:
        history.back(thread, roll(2) == 0 ? .released : .notAnswered)
      case 9 where state.map({ $0 != .completed }) == true && thread < 6:
        history.snooze(thread, until: now + Double(roll(100)))
      case 10 where state == .snoozed: history.comeBack(thread, roll(2) == 0 ? .due : .woken)
      case 11 where state.map({ $0 != .completed }) == true:
        history.complete(thread, roll(5) == 0 ? .optedOut : .completed)
      case 12 where state != nil: history.outcome(["sold", "no", "later"][roll(3)], thread, by: member)
      case 13, 14, 15:
        let (id, rep) = (Int64(1 + roll(20)), RepID(Int64(1 + roll(3))))
        let lead = history.leads[LeadID(id)]
        switch (lead?.state, roll(7)) {
        case (nil, _): history.lead(id, .created, hot: roll(4) == 0, source: "form \(roll(2))")
        case (.open, 0), (.assigned, 0), (.contacted, 0):
          if lead?.repID != rep { history.lead(id, .assigned, to: rep) }
        case (.open, 1): history.lead(id, .claimed, to: rep)
        case (.open, 2): history.lead(id, .unclaimed)
        case (.assigned, 1): history.lead(id, .untexted)
        case (.assigned, 2): history.lead(id, .returned)
        case (.open, 3), (.assigned, 3), (.assigned, 4):
          history.lead(id, .contacted, to: roll(2) == 0 ? rep : nil)
        case (.open, 5), (.assigned, 5), (.contacted, 5): if lead?.hot == false { history.lead(id, .hot) }
        case (.open, 6), (.assigned, 6), (.contacted, 6): history.lead(id, .closed)
        default: break
        }
      default: if thread < 6, state == .answered || state == .waiting { history.move(thread, to: QueueID(1)) }
      }
    }
    return history
  }

  /// Sums of a report's rows, in words: equal texts are equal reports.
  @Test(arguments: UInt64(1)...16) func theReducerSaysWhatAPlainComputationSays(seed: UInt64) throws {
    let history = Self.history(seed)
    let plain = PlainReport(history.events)
    let end = try #require(history.events.last).at
    let asOf = Double(end - History.sunday) / 1_000
    for periods in ReportPeriods.allCases {
      for row in try history.queues(periods, asOf: asOf) {
        let (from, until) = (row.period.from?.milliseconds ?? .min, row.period.until?.milliseconds ?? .max)
        func here(_ at: Int64, _ queue: QueueID?) -> Bool {
          queue == row.queueID && (from..<until).contains(at)
        }
        func count(_ reason: EpisodeReason) -> Int {
          plain.changes(reason).count { here($0.at, $0.event.queueID) }
        }
        #expect(row.opened == plain.opened.count { here($0.at, $0.event.queueID) })
        #expect(
          row.served
            == Spread(
              plain.changes(.served).filter { here($0.at, $0.event.queueID) }
                .map { $0.at - $0.event.since.milliseconds }))
        #expect(row.taken == count(.taken) && row.released == count(.released))
        #expect(row.wentBack == count(.notAnswered) && row.transferred == count(.transferred))
        #expect(row.completed == count(.completed) && row.optedOut == count(.optedOut))
        #expect(row.snoozed == count(.snoozed))
        let responses = plain.responses.filter { here($0.at, $0.queue) }
        #expect(row.firstResponse == Spread(responses.filter(\.isFirst).map(\.time)))
        #expect(row.nextResponse == Spread(responses.filter { !$0.isFirst }.map(\.time)))
        let ends = plain.snoozes(at: end).filter { here($0.at, $0.queue) }.map(\.end)
        #expect(
          row.cameBack == ends.count { $0 == "came_back" } && row.overdue == ends.count { $0 == "overdue" })
        #expect(
          row.closedSnoozed == ends.count { $0 == "closed" } && row.notDue == ends.count { $0 == "not_due" })
        #expect(row.snoozedAgain == ends.count { $0 == "again" })
        let outcomes = plain.outcomes.filter { here($0.at, $0.event.queueID) }
        for key in Set(outcomes.map(\.event.disposition)) {
          let found = outcomes.filter { $0.event.disposition == key }
          let counted = row.dispositions.first { $0.disposition == key }
          #expect(counted?.all == found.count)
          #expect(
            counted?.first == found.count(where: \.isFirst) && counted?.last == found.count(where: \.isLast))
        }
      }
    }
    // No response and no span is in no row.
    let rows = try history.queues(.day, asOf: asOf)
    #expect(
      rows.map { $0.firstResponse.count + $0.nextResponse.count }.reduce(0, +)
        == plain.responses.count { $0.queue != nil })
    let members = try history.members()
    #expect(members.map(\.responses.count).reduce(0, +) == plain.responses.count)
    for row in members {
      let who = row.memberID?.description ?? row.repID?.description ?? "-"
      #expect(row.responses == Spread(plain.responses.filter { $0.who == who }.map(\.time)))
      #expect(row.handled == Spread(plain.spans.filter { $0.member == row.memberID }.map(\.time)))
    }
    let conversations = try history.conversations()
    #expect(conversations.flatMap(\.responsesMs).sorted() == plain.responses.map(\.time).sorted())
    #expect(
      conversations.flatMap(\.handledMs).reduce(0, +) == members.compactMap(\.handled.totalMs).reduce(0, +))
  }

  @Test(arguments: UInt64(1)...16) func aPlainComputationSaysTheSameOfLeads(seed: UInt64) throws {
    let history = Self.history(seed)
    let plain = PlainReport(history.events)
    let steps = plain.leadSteps
    for periods in ReportPeriods.allCases {
      let rows = try history.leadRows(periods)
      for row in rows {
        let (from, until) = (row.period.from?.milliseconds ?? .min, row.period.until?.milliseconds ?? .max)
        let here = steps.filter { (from..<until).contains($0.at) }
        let own = here.filter { $0.event.repID == row.repID }
        func count(_ change: LeadChange, isTexted: Bool? = nil) -> Int {
          own.count { step in
            step.event.change == change
              && (isTexted.map { $0 == (step.before?.contactedAt != nil) } ?? true)
          }
        }
        #expect(row.came == count(.created) && row.claimed == count(.claimed))
        #expect(
          row.assigned == count(.assigned) && row.assignedTexted == count(.assigned, isTexted: true))
        #expect(row.unclaimed == count(.unclaimed) && row.untexted == count(.untexted))
        #expect(row.closedTexted == count(.closed, isTexted: true))
        #expect(row.closedUntexted == count(.closed, isTexted: false))
        #expect(row.hot == own.count { $0.event.hot && $0.before?.hot != true })
        let lost = here.filter { step in
          step.before?.contactedAt == nil && step.before?.repID != nil && step.before?.repID == row.repID
            && step.event.repID != row.repID
        }
        #expect(row.returned == lost.count { $0.event.repID == nil })
        #expect(row.passedOn == lost.count { $0.event.repID != nil })
        let texts = own.filter { $0.event.contactedAt != nil && $0.before?.contactedAt == nil }
        #expect(row.texted == texts.count)
        #expect(row.sinceCame == Spread(texts.map { $0.at - $0.event.createdAt.milliseconds }))
        #expect(
          row.sinceAssigned
            == Spread(
              texts.compactMap { step in
                step.before?.repID == nil ? nil : step.before?.assignedAt.map { step.at - $0.milliseconds }
              }))
        #expect(
          row.waiting
            == plain.leadsWaiting.count { $0.rep == row.repID && (from..<until).contains($0.since) })
      }
      #expect(rows.map(\.came).reduce(0, +) == history.leads.count)
      #expect(rows.map(\.texted).reduce(0, +) == history.leads.values.count { $0.contactedAt != nil })
      #expect(rows.map(\.waiting).reduce(0, +) == plain.leadsWaiting.count)
    }
    // What a rep got is somewhere.
    for row in try history.leadRows() where row.repID != nil {
      let texted = row.sinceAssigned.count
      #expect(
        row.assigned - row.assignedTexted + row.claimed
          == texted + row.closedUntexted + row.returned + row.passedOn + row.waiting)
    }
  }

  /// Of a feed whose beginning was removed: who lost a lead may be missing, and is counted as left out. Times need no other event.
  @Test(arguments: UInt64(1)...40) func ofLeadsOnlyWhoLostOneMayBeMissing(seed: UInt64) throws {
    let history = Self.history(seed)
    let removed = try #require(
      history.events.indices.dropFirst(60 + Int(seed) * 3).first { index in
        history.events[index].at > history.events[index - 1].at
      })
    let from = Double(history.events[removed].at - History.sunday) / 1_000
    for source in [nil, "form 0"] {
      let whole = try history.leadRows(from: from, source: source)
      let cut = try history.leadRows(source: source, removed: removed)
      let request = ReportRequest(kind: .leads, source: source)
      let leftOut = try history.report(request, removed: removed).leftOut
      var missing = 0
      for rep in Set(whole.map(\.repID)).union(cut.map(\.repID)) {
        let (a, b) = (whole.first { $0.repID == rep }, cut.first { $0.repID == rep })
        func isSame(_ value: (LeadRow) -> Int) -> Bool { a.map(value) ?? 0 == b.map(value) ?? 0 }
        #expect(isSame(\.came) && isSame(\.assigned) && isSame(\.assignedTexted) && isSame(\.claimed))
        #expect(isSame(\.texted) && isSame(\.unclaimed) && isSame(\.untexted) && isSame(\.hot))
        #expect(isSame(\.closedTexted) && isSame(\.closedUntexted) && isSame(\.waiting))
        #expect(a?.sinceAssigned ?? Spread([]) == b?.sinceAssigned ?? Spread([]))
        #expect(a?.sinceCame ?? Spread([]) == b?.sinceCame ?? Spread([]))
        let passedOn = (a?.passedOn ?? 0) - (b?.passedOn ?? 0)
        #expect(passedOn >= 0)
        missing += passedOn
        guard rep != nil else { continue }
        let returned = (a?.returned ?? 0) - (b?.returned ?? 0)
        #expect(returned >= 0)
        missing += returned
      }
      #expect(whole.map(\.returned).reduce(0, +) == cut.map(\.returned).reduce(0, +))
      #expect(missing <= leftOut)
    }
  }

  @Test(arguments: UInt64(1)...6) func aFoldThatIsInterruptedSaysTheSame(seed: UInt64) throws {
    let history = Self.history(seed, steps: 50)
    for kind in ReportKind.allCases {
      let request = ReportRequest(kind: kind, periods: .day)
      let whole = try history.report(request)
      for place in history.events.indices {
        #expect(try history.report(request, interrupted: place) == whole)
      }
    }
  }

  @Test(arguments: UInt64(1)...10) func aReportNeedsNoOtherEventsThanItSays(seed: UInt64) throws {
    let history = Self.history(seed)
    for kind in ReportKind.allCases {
      let request = ReportRequest(kind: kind, periods: .week)
      var reducer = ReportReducer(request, isWhole: true)
      for (index, event) in history.events.enumerated() where kind.eventTypes.contains(event.data.type) {
        try reducer.add(event.data, sequence: Int64(index + 1), time: Timestamp(milliseconds: event.at))
      }
      #expect(try reducer.report(asOf: History.time(400 * 86_400)) == history.report(request))
    }
  }

  /// Of a feed whose beginning was removed: nothing is counted that was not, and what is missing is counted as left out.
  @Test(arguments: UInt64(1)...40) func whatIsNotKeptIsLeftOutAndNeverGuessed(seed: UInt64) throws {
    let history = Self.history(seed)
    let removed = try #require(
      history.events.indices.dropFirst(60 + Int(seed) * 3).first { index in
        history.events[index].at > history.events[index - 1].at
      })
    let from = Double(history.events[removed].at - History.sunday) / 1_000
    let whole = try history.queues(from: from)
    let cut = try history.queues(removed: removed)
    let leftOut = try history.report(ReportRequest(kind: .queues), removed: removed).leftOut
    var missing = 0
    #expect(whole.map(\.queueID) == cut.map(\.queueID))
    for (whole, cut) in zip(whole, cut) {
      #expect(whole.served == cut.served && whole.opened == cut.opened && whole.completed == cut.completed)
      #expect(whole.wentBack == cut.wentBack && whole.transferred == cut.transferred)
      #expect(whole.dispositions.map(\.all) == cut.dispositions.map(\.all))
      for (a, b) in zip(whole.dispositions, cut.dispositions) {
        #expect(b.first <= a.first && b.last <= a.last)
        missing += a.first - b.first
      }
      #expect(cut.firstResponse.longestMs ?? 0 <= whole.firstResponse.longestMs ?? 0)
      #expect(cut.nextResponse.longestMs ?? 0 <= whole.nextResponse.longestMs ?? 0)
      missing += whole.firstResponse.count - cut.firstResponse.count
      missing += whole.nextResponse.count - cut.nextResponse.count
    }
    #expect(missing <= leftOut)
  }
}

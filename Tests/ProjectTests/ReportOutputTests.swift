import CommandFrame
import Contract
import Reports
import Testing

@testable import OperatorCommands
@testable import tollgate

/// What `tollgate report` prints, of reports that the reducer makes.
@Suite struct ReportOutputTests {
  /// One conversation of a queue: opened, served, answered and given a malicious outcome.
  private func report(
    _ kind: ReportKind, isWhole: Bool = true, from: String? = nil, label: String = "sold"
  ) throws -> Report {
    let start = try #require(Timestamp("2026-11-22T10:00:00Z"))
    var reducer = ReportReducer(
      ReportRequest(kind: kind, periods: .day, from: from.flatMap { Timestamp($0) }), isWhole: isWhole)
    let number = try #require(PhoneNumber("+18885550101"))
    var work = EpisodeChanged(
      episodeID: EpisodeID(1), conversationID: ConversationID(1), number: number, change: .text,
      state: .waiting,
      queueID: QueueID(2), since: start, createdAt: start, at: start)
    try reducer.add(.episodeChanged(work), sequence: 1, time: start)
    let later = Timestamp(milliseconds: start.milliseconds + 90_000)
    (work.change, work.state, work.memberID, work.at) = (.served, .toAnswer, MemberID(4), later)
    work.dueAt = Timestamp(milliseconds: later.milliseconds + 300_000)
    try reducer.add(.episodeChanged(work), sequence: 2, time: later)
    try reducer.add(
      .dispositionRecorded(
        DispositionRecorded(
          dispositionID: DispositionID(1), conversationID: ConversationID(1), number: number,
          episodeID: EpisodeID(1), queueID: QueueID(2), memberID: MemberID(4), disposition: label,
          label: "Sold", at: later)), sequence: 3, time: later)
    return try reducer.report(asOf: try #require(Timestamp("2026-11-24T00:00:00Z")))
  }

  /// Two leads: one that a rep got, was quick to text and closed, and one that still waits.
  private func leads(isWhole: Bool = true) throws -> Report {
    let start = try #require(Timestamp("2026-11-22T10:00:00Z"))
    var reducer = ReportReducer(ReportRequest(kind: .leads, periods: .day), isWhole: isWhole)
    let phone = try #require(E164("+12025550142"))
    var sequence: Int64 = 0
    for id in 1...2 as ClosedRange<Int64> {
      var lead = LeadChanged(
        leadID: LeadID(id), contactID: ContactID(id), phone: phone, phoneField: .cell, leadSource: "=form",
        change: .created, state: .open, hot: true, createdAt: start, at: start)
      func tell() throws {
        sequence += 1
        try reducer.add(.leadChanged(lead), sequence: sequence, time: lead.at)
      }
      if isWhole { try tell() }
      (lead.change, lead.state, lead.repID, lead.assignedAt) = (.assigned, .assigned, RepID(3), start)
      try tell()
      guard id == 1 else { continue }
      let later = Timestamp(milliseconds: start.milliseconds + 90_000)
      (lead.change, lead.state, lead.contactedAt, lead.at) = (.contacted, .contacted, later, later)
      try tell()
    }
    return try reducer.report(asOf: try #require(Timestamp("2026-11-24T00:00:00Z")))
  }

  private func records(_ text: String) -> [[String]] {
    var reader = CSVReader()
    var records: [CSVReader.Record] = []
    reader.push(Array(text.utf8), into: &records)
    reader.finish(into: &records)
    return records.map { if case .fields(_, let fields) = $0 { fields } else { [] } }
  }

  @Test(arguments: [
    ("=1+2", "'=1+2"), ("+1", "+1"), ("+12025550142", "+12025550142"), ("+1+cmd", "'+1+cmd"), ("-2", "'-2"),
    ("@SUM(A1)", "'@SUM(A1)"), ("  =1", "'  =1"), ("＝1", "'＝1"), ("a,b", "\"a,b\""),
    ("say \"no\"", "\"say \"\"no\"\"\""), ("=\"x\",1", "\"'=\"\"x\"\",1\""), ("", ""), ("plain", "plain"),
    ("two\nlines", "two⏎lines"), ("\t=1", "␉=1"), ("\u{1B}[31m", "␛[31m"),
  ]) func aFieldIsWhatASpreadsheetShowsAndNoFormula(text: String, field: String) {
    #expect(CSVWriter.field(text) == field)
  }

  @Test func aFileHasOneLineForEachRowAndOneColumnForEachNumber() throws {
    for kind in ReportKind.allCases where kind != .campaigns {
      let names = ReportNames(
        queues: [QueueID(2): "=Sales, \"east\""], logins: [MemberID(4): "ana"], reps: [RepID(3): "=Dana"])
      let text = try ReportFile.text(kind == .leads ? leads() : report(kind), names)
      #expect(text.hasSuffix("\r\n") && text.count(where: { $0 == "\r\n" }) >= 2)
      let lines = records(text)
      #expect(lines.count >= 2 && lines.allSatisfy { $0.count == lines[0].count })
      #expect(Set(lines[0]).count == lines[0].count, "no two columns have one name")
      #expect(
        lines[1].starts(with: ["2026-11-22", "2026-11-22T00:00:00.000Z", "2026-11-23T00:00:00.000Z", "true"]))
      func value(_ column: String) -> String? { lines[0].firstIndex(of: column).map { lines[1][$0] } }
      if kind == .queues {
        #expect(value("queue") == "'=Sales, \"east\"" && value("served_median_ms") == "90000")
        #expect(value("first_response_median_ms") == "" && value("outcome_sold_last") == "1")
      }
      if kind == .members { #expect(value("name") == "ana" && value("served") == "1") }
      if kind == .leads {
        #expect(value("rep_id") == "rep_3" && value("name") == "'=Dana" && value("assigned") == "2")
        #expect(value("texted") == "1" && value("waiting") == "1" && value("came") == "0")
        #expect(value("since_assigned_median_ms") == "90000" && lines[2].starts(with: lines[1].prefix(4)))
      }
    }
  }

  @Test func anOutcomesKeyIsNoFormulaInTheHeaderEither() throws {
    let names = ReportNames(queues: [:], logins: [:])
    let text = try ReportFile.text(report(.queues, label: "=1,2"), names)
    #expect(records(text)[0].contains("outcome_=1,2_all"))
  }

  @Test func aTableNamesQueuesAndPeople() throws {
    let names = ReportNames(queues: [QueueID(2): "sales"], logins: [MemberID(4): "ana"])
    let terminal = Terminal(isTerminal: false, colour: false, width: nil)
    let queues = try ReportTable.table(report(.queues), names).lines(on: terminal)
    #expect(queues.count == 2)
    #expect(queues[1].split(separator: " ").prefix(5) == ["2026-11-22", "sales", "1", "1", "1"])
    #expect(queues[1].hasSuffix("sold 1"))
    #expect(try ReportTable.table(report(.members), names).lines(on: terminal)[1].contains("ana"))
    let part = try ReportTable.table(report(.queues, isWhole: false), names).lines(on: terminal)
    #expect(part[1].hasPrefix("2026-11-22 (part)"))
    #expect(ReportTable.percent(0.0166) == "1.7 %" && ReportTable.percent(1) == "100.0 %")
  }

  @Test func leadsAreReportedByRepAndWithWhatMayBeMissing() throws {
    let names = ReportNames(queues: [:], logins: [:], reps: [RepID(3): "Dana"])
    let terminal = Terminal(isTerminal: false, colour: false, width: nil)
    let lines = try ReportTable.table(leads(), names).lines(on: terminal)
    #expect(lines.count == 3)
    #expect(lines[1].split(separator: " ").prefix(5) == ["2026-11-22", "Dana", "0", "2", "1"])
    #expect(lines[1].hasSuffix(" 1"), "one waits")
    #expect(lines[2].split(separator: " ").prefix(4) == ["2026-11-22", "-", "2", "0"])
    let notes = try ReportNotes.lines(leads(isWhole: false))
    #expect(
      notes.last
        == "the numbers may lack 2 leads returned or passed on: their beginning is no longer known")
    let json = try tree(leads())
    guard json["report"]?.string == "leads", case .array(let rows)? = json["rows"], let row = rows.first
    else {
      Issue.record("no rows")
      return
    }
    #expect(row["rep_id"]?.string == "rep_3" && row["since_came"]?["longest_ms"] == .integer(90_000))
    #expect(row["waiting"] == .integer(1) && json["conversations_kept"] == nil)
  }

  @Test func whoAsksForMoreThanTheFeedKeepsIsToldSinceWhenItKnows() throws {
    #expect(ReportNotes.lines(try report(.queues)) == [])
    let begins = "the feed begins at 2026-11-22T10:00:00.000Z: what happened before is in no number"
    #expect(try ReportNotes.lines(report(.queues, isWhole: false)) == [begins])
    #expect(try ReportNotes.lines(report(.queues, isWhole: false, from: "2026-11-01T00:00:00Z")) == [begins])
    #expect(try ReportNotes.lines(report(.queues, isWhole: false, from: "2026-11-22T10:01:00Z")) == [])
    let json = try tree(report(.queues, isWhole: false))
    #expect(json["known_from"]?.string == "2026-11-22T10:00:00.000Z" && json["is_whole"] == .bool(false))
    #expect(try tree(report(.queues))["known_from"] == nil)
  }

  @Test func theJSONHasTheRowsWithTheirUnits() throws {
    let json = try tree(report(.queues))
    #expect(json["report"]?.string == "queues" && json["by"]?.string == "day")
    guard case .array(let rows)? = json["rows"], let row = rows.first else {
      Issue.record("no rows")
      return
    }
    #expect(row["queue_id"]?.string == "q_2" && row["served"]?["median_ms"] == .integer(90_000))
    #expect(row["period"]?["name"]?.string == "2026-11-22" && row["period"]?["is_whole"] == .bool(true))
  }

  private func tree(_ report: Report) throws -> JSONValue {
    try ContractJSON.decode(JSONValue.self, from: ContractJSON.encode(report))
  }

  @Test(arguments: [
    ("report queues --by year", "--by: expected one of day, week, month, all, found \"year\""),
    ("report queues --json --csv", "report queues: expected --json or --csv, not both"),
    ("report queues --from yesterday", "expected a time such as 2026-11-22T17:00:00Z, found \"yesterday\""),
    (
      "report members --from 2026-11-22 --until 2026-11-22",
      "report members: --until: expected a time after --from"
    ),
    ("report campaigns --window 0", "report campaigns: --window: expected a whole number from 1 to 8784"),
    ("report leads --queue sales", "report leads: unknown option --queue"),
    ("report campaigns --queue sales", "report campaigns: unknown option --queue"),
  ]) func aWrongReportIsRefusedBeforeTheDaemonIsAsked(line: String, message: String) throws {
    let failure = #expect(throws: Failure.self) {
      guard
        case .run(let command, let invocation) = try CommandTree.tollgate.resolve(
          line.split(separator: " ").map(String.init))
      else { return }
      _ = try command.run?(invocation)
    }
    #expect(failure?.status == .usage && failure?.message == message)
  }
}

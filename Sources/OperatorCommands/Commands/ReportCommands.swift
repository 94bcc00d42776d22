import CommandFrame
import Contract
import Glibc
import Reports

/// `tollgate report`: what the feed says about work, campaigns and leads, counted.
package enum ReportCommands {
  package static let command = Command(
    name: "report", summary: "count what the feed tells: queues, members, campaigns, conversations, leads",
    details: """
      A report is made of the events that the feed still has, and of nothing else: it shows what your role may see. The feed keeps
      events for 72 hours unless limits.feed_keep_hours says otherwise. If the time asked for begins earlier, the report
      says since when it knows. Work that began before that is not guessed: it is left out, and the report says how often.
      """,
    examples: [
      Example("tollgate report queues --by day", "waits, responses and outcomes of each queue, day by day"),
      Example("tollgate report members --from 2026-11-01 --csv", "what each person did, for a spreadsheet"),
    ],
    subcommands: [queues, members, campaigns, conversations, leads])

  private static let times = [
    Option("from", argument: "TIME", "count from this time on, such as 2026-11-22 or 2026-11-22T17:00:00Z"),
    Option("until", argument: "TIME", "count what happened before this time"),
    Option(
      "by", argument: "PERIOD", "day, week (from Monday), month, or all (default); days begin at midnight UTC"
    ),
    Option("csv", "print a CSV file with all numbers"),
  ]
  private static let ofQueue = Option("queue", argument: "QUEUE", "only this queue")
  private static let ofMember = Option("member", argument: "MEMBER", "only what this member did")
  private static let ofRep = Option(
    "rep", argument: "REP", "only what this rep did, in the rep's own conversations")

  static let queues = Command(
    name: "queues", summary: "waits, responses and outcomes of each queue",
    details: """
      FIRST is the time from a conversation's first text to a person's first text, NEXT the time from each further text
      that nobody had answered to its answer. A time belongs to the period in which it ended. IN TIME says how many of
      these responses kept the queue's limit (--within of tollgate queue). BACK: not answered in time, so the
      conversation went back to the line. OVERDUE: put off until a time that has passed, and not back. OUTCOMES counts
      all records; --json and --csv also have the first and the last outcome of each stretch of work, and all other
      numbers. A conversation that a rep owns is in no queue: see tollgate report members.
      """,
    options: [ofQueue] + times,
    examples: [
      Example("tollgate report queues --by week", "one line for each queue and week"),
      Example("tollgate report queues --queue sales --by day --csv", "one queue, for a spreadsheet"),
    ]
  ) { invocation in
    try run(.queues, invocation)
  }

  static let members = Command(
    name: "members", summary: "what each person did: conversations, texts, response times, time spent",
    details: """
      A member's line is the work in conversations of queues. A rep's line is the work in the rep's own conversations.
      WORKED is the time in which a member had something to answer: from being given a conversation to the answer, or
      until it was given back, handed over, put off or completed, or until the member was given another. Of a rep's own
      conversations nobody knows when the rep looks at them, so a rep has none. The line without a name counts what apps
      and the gateway did.
      """,
    options: [ofMember, ofRep, ofQueue] + times,
    examples: [
      Example("tollgate report members --by month", "one line for each person and month"),
      Example(
        "tollgate report members --member ana --from 2026-11-22 --until 2026-11-23", "one person, one day"),
    ]
  ) { invocation in
    try run(.members, invocation)
  }

  static let campaigns = Command(
    name: "campaigns", summary: "what came of each campaign: deliveries, answers, opt-outs",
    details: """
      A campaign belongs to the period in which it started. ANSWERED counts conversations with an answer within the window
      after the start; a text answers the last campaign that had left for its conversation. OPT-OUTS are those by such an
      answer; the rate is their share of the texts that did not fail, expire or get cancelled. What is neither
      delivered nor lost is on its way, or its outcome is unknown.
      """,
    options: [
      Option("campaign", argument: "CAMPAIGN", "only this campaign"),
      Option("window", argument: "HOURS", "how long after the start an answer counts; default 168"),
    ] + times,
    examples: [
      Example("tollgate report campaigns --by month", "the campaigns of each month"),
      Example("tollgate report campaigns --campaign camp_7 --window 24", "answers within a day"),
    ]
  ) { invocation in
    try run(.campaigns, invocation)
  }

  static let conversations = Command(
    name: "conversations", summary: "responses, time spent and outcomes of each conversation",
    details: """
      What the sums of the other reports are made of. --json has every response and every span of work.
      """,
    options: [ofQueue, ofMember, ofRep] + times,
    examples: [
      Example("tollgate report conversations --queue sales --json", "check a sum by hand")
    ]
  ) { invocation in
    try run(.conversations, invocation)
  }

  static let leads = Command(
    name: "leads", summary: "what became of leads, and how soon each rep texts them",
    details: """
      A rep's line has the leads that the rep had when it happened. The line without a name has what happened while nobody
      had them, and there all come. GOT: assigned to the rep or claimed. SPEED is the time from then to the first text of a
      person, SINCE CAME the time from the lead's coming to it; both are medians, and belong to the period of the text. A
      lead that goes to another rep after that text stays with who had it. LATE: not claimed, or not texted, within
      leads.claim_within_s or leads.text_within_s. LOST: closed before anybody texted it. RETURNED: the rep became inactive;
      PASSED ON: another rep got it before the text. WAITING: of the leads that came in the period, or that the rep got in it,
      those that nobody has texted or closed up to the end of the report.
      """,
    options: [
      Option("rep", argument: "REP", "only leads that this rep has or had"),
      Option("source", argument: "TEXT", "only leads of this source, as lead create --source gave it"),
    ] + times,
    examples: [
      Example("tollgate report leads --by week", "one line for each rep and week"),
      Example("tollgate report leads --source 'web form' --rep dana --by day", "one form's leads of one rep"),
    ]
  ) { invocation in
    try run(.leads, invocation)
  }

  private static func run(_ kind: ReportKind, _ invocation: Invocation) throws -> ExitStatus {
    guard !invocation.has("json") || !invocation.has("csv") else {
      throw invocation.usage("expected --json or --csv, not both")
    }
    let from = try invocation.value("from").map(time)
    let until = try invocation.value("until").map(time)
    if let from, let until, until <= from { throw invocation.usage("--until: expected a time after --from") }
    let periods = try References.word(invocation.value("by"), "by", ReportPeriods.self) ?? .all
    let window = try invocation.integer("window", 1...8_784).map { $0 * 3_600 }
    // Before the feed's end is asked for: what becomes due after it is not overdue.
    let now = now()
    let daemon = try DaemonConnection(invocation)
    let feed = ReportFeed(daemon)
    var references = References(daemon)
    let request = ReportRequest(
      kind: kind, periods: periods, from: from, until: until,
      queue: try invocation.value("queue").map { try references.queue($0) },
      member: try invocation.value("member").map { try MemberCommands.member($0, daemon) },
      rep: try invocation.value("rep").map { try references.rep($0) },
      campaign: try invocation.value("campaign").map(References.campaign),
      windowS: window ?? ReportRequest.usualWindowS, source: invocation.value("source"))
    let report = try feed.report(request, asOf: now)
    for line in ReportNotes.lines(report) { Output.error(line) }
    if invocation.has("json") {
      try JSONOutput.line(report)
      return .ok
    }
    let names = try ReportNames(of: report, daemon)
    if invocation.has("csv") {
      try Output.file(ReportFile.text(report, names))
    } else if report.isEmpty {
      try Output.line("nothing to report")
    } else {
      try ReportTable.table(report, names).print()
    }
    return .ok
  }

  /// A time, or a day for its beginning in UTC.
  private static func time(_ text: String) throws -> Timestamp {
    try Timestamp(text + "T00:00:00Z") ?? References.time(text)
  }

  private static func now() -> Timestamp {
    var moment = timespec()
    clock_gettime(CLOCK_REALTIME, &moment)
    return Timestamp(milliseconds: Int64(moment.tv_sec) * 1_000 + Int64(moment.tv_nsec) / 1_000_000)
  }
}

/// Names for people's eyes. A name that this user may not look up is an id.
struct ReportNames {
  private var queues: [QueueID: String]
  private var logins: [MemberID: String]
  private var reps: [RepID: String]

  init(queues: [QueueID: String], logins: [MemberID: String], reps: [RepID: String] = [:]) {
    self.queues = queues
    self.logins = logins
    self.reps = reps
  }

  /// The names in a report, looked up.
  init(of report: Report, _ daemon: DaemonConnection) throws {
    self.init(queues: [:], logins: [:])
    var references = References(daemon)
    switch report.rows {
    case .queues(let rows):
      for row in rows { queues[row.queueID] = try references.queueName(of: row.queueID) }
    case .members(let rows):
      for case let rep? in rows.map(\.repID) { reps[rep] = try references.name(of: rep) }
      guard rows.contains(where: { $0.memberID != nil }) else { return }
      do {
        for member in try Pages.all(MemberList(), daemon) { logins[member.memberID] = member.login }
      } catch let failure as Failure where failure.status == .permission {
        return
      }
    case .leads(let rows):
      for case let rep? in rows.map(\.repID) where reps[rep] == nil {
        reps[rep] = try references.name(of: rep)
      }
    case .campaigns, .conversations: break
    }
  }

  func queue(_ id: QueueID) -> String { queues[id] ?? id.description }

  /// A member by login, a rep by name; nil: the feed names nobody.
  func worker(_ row: MemberRow) -> String? {
    row.memberID.map { logins[$0] ?? $0.description } ?? row.repID.map { reps[$0] ?? $0.description }
  }

  /// nil: nobody has the leads.
  func rep(_ row: LeadRow) -> String? { row.repID.map { reps[$0] ?? $0.description } }
}

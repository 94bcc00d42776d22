import CommandFrame
import Contract
import Reports

/// What a person has to know about a report before its numbers.
enum ReportNotes {
  static func lines(_ report: Report) -> [String] {
    var lines: [String] = []
    if !report.isWhole {
      let isEarlier =
        report.request.from.map { from in report.knownFrom.map { from < $0 } ?? true } ?? true
      if isEarlier {
        lines.append(
          report.knownFrom.map { "the feed begins at \($0): what happened before is in no number" }
            ?? "the feed has no events for this report")
      }
    }
    if report.leftOut > 0 {
      let lacking =
        switch report.rows {
        case .leads: Words.count(report.leftOut, "lead returned or passed on", "leads returned or passed on")
        case .queues, .members, .campaigns, .conversations:
          Words.count(
            report.leftOut, "answer, outcome or campaign", "answers, outcomes or campaigns")
        }
      lines.append("the numbers may lack \(lacking): their beginning is no longer known")
    }
    return lines
  }
}

extension Report {
  var isEmpty: Bool {
    switch rows {
    case .queues(let rows): rows.isEmpty
    case .members(let rows): rows.isEmpty
    case .campaigns(let rows): rows.isEmpty
    case .conversations(let rows): rows.isEmpty
    case .leads(let rows): rows.isEmpty
    }
  }
}

/// A report as a table for people: the numbers that are looked at most.
enum ReportTable {
  static func table(_ report: Report, _ names: ReportNames) -> Table {
    switch report.rows {
    case .queues(let rows):
      var table = Table(
        "period", "queue", ">opened", ">served", ">waited", ">first", ">90 %", ">longest", ">next",
        ">in time",
        ">back", ">put off", ">overdue", ">completed", "outcomes")
      for row in rows {
        table.add(
          period(row.period), names.queue(row.queueID), "\(row.opened)", "\(row.served.count)",
          span(row.served.medianMs), span(row.firstResponse.medianMs), span(row.firstResponse.p90Ms),
          span(row.firstResponse.longestMs), span(row.nextResponse.medianMs),
          row.limitKnown == 0 ? "-" : "\(row.answeredInTime) of \(row.limitKnown)", "\(row.wentBack)",
          "\(row.snoozed)", "\(row.overdue)", "\(row.completed)", outcomes(row.dispositions))
      }
      return table
    case .members(let rows):
      var table = Table(
        "period", "who", ">served", ">taken", ">texts", ">response", ">longest", ">worked", ">completed",
        ">released", ">back", "outcomes")
      for row in rows {
        table.add(
          period(row.period), names.worker(row) ?? "-", "\(row.served)", "\(row.taken)", "\(row.texts)",
          span(row.responses.medianMs), span(row.responses.longestMs), span(row.handled.totalMs),
          "\(row.completed)", "\(row.released)", "\(row.wentBack)", outcomes(row.dispositions))
      }
      return table
    case .campaigns(let rows):
      var table = Table(
        "period", "campaign", "name", ">texts", ">delivered", ">lost", ">answered", ">opt-outs", ">rate",
        "why lost")
      for row in rows {
        var lost = row.losses.map { "\($0.reason ?? $0.state.rawValue) \($0.count)" }
        if let left = row.left, left > 0 { lost.append("not sent \(left)") }
        table.add(
          period(row.period), row.campaignID.description + (row.isWhole ? "" : " (not whole)"),
          row.name ?? "-", "\(row.texts)", "\(row.delivered)",
          "\(row.failed + row.expired + row.cancelled + (row.left ?? 0))",
          "\(row.answeredConversations)", "\(row.optOuts)", row.optOutRate.map(percent) ?? "-",
          lost.isEmpty ? "-" : lost.joined(separator: ", "))
      }
      return table
    case .conversations(let rows):
      var table = Table(
        "period", "conversation", "number", ">received", ">texts", ">opened", ">completed", ">responses",
        ">longest", ">worked", "outcomes")
      for row in rows {
        table.add(
          period(row.period), row.conversationID.description, row.number.description, "\(row.received)",
          "\(row.texts)", "\(row.opened)", "\(row.completed)", "\(row.responsesMs.count)",
          span(row.responsesMs.max()),
          row.handledMs.isEmpty ? "-" : span(row.handledMs.reduce(0, +)), outcomes(row.dispositions))
      }
      return table
    case .leads(let rows):
      var table = Table(
        "period", "rep", ">came", ">got", ">texted", ">speed", ">90 %", ">longest", ">since came", ">late",
        ">lost", ">returned", ">passed on", ">hot", ">waiting")
      for row in rows {
        table.add(
          period(row.period), names.rep(row) ?? "-", "\(row.came)", "\(row.assigned + row.claimed)",
          "\(row.texted)", span(row.sinceAssigned.medianMs), span(row.sinceAssigned.p90Ms),
          span(row.sinceAssigned.longestMs), span(row.sinceCame.medianMs),
          "\(row.unclaimed + row.untexted)", "\(row.closedUntexted)", "\(row.returned)",
          "\(row.passedOn)", "\(row.hot)", "\(row.waiting)")
      }
      return table
    }
  }

  private static func period(_ period: ReportPeriod) -> String {
    period.isWhole || period.name == "all" ? period.name : period.name + " (part)"
  }

  private static func span(_ milliseconds: Int64?) -> String {
    milliseconds.map { Words.span(seconds: Int(($0 + 500) / 1_000)) } ?? "-"
  }

  static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1_000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  private static func outcomes(_ counts: [OutcomeCount]) -> String {
    counts.isEmpty ? "-" : counts.map { "\($0.disposition) \($0.all)" }.joined(separator: ", ")
  }
}

/// A report as a CSV file: all numbers, a column each; times in milliseconds.
enum ReportFile {
  static func text(_ report: Report, _ names: ReportNames) -> String {
    var writer = CSVWriter()
    switch report.rows {
    case .queues(let rows):
      let keys = keys(rows.map(\.dispositions))
      writer.line(
        Self.periods + ["queue_id", "queue", "opened"] + columns("served") + ["taken"]
          + columns("first_response") + columns("next_response")
          + [
            "limit_known", "answered_in_time", "went_back", "released", "transferred", "snoozed", "came_back",
            "closed_snoozed", "snoozed_again", "not_due", "overdue", "completed", "opted_out",
          ] + columns(keys))
      for row in rows {
        writer.line(
          fields(row.period) + [row.queueID.description, names.queue(row.queueID), "\(row.opened)"]
            + fields(row.served) + ["\(row.taken)"] + fields(row.firstResponse) + fields(row.nextResponse)
            + [
              row.limitKnown, row.answeredInTime, row.wentBack, row.released, row.transferred, row.snoozed,
              row.cameBack, row.closedSnoozed, row.snoozedAgain, row.notDue, row.overdue, row.completed,
              row.optedOut,
            ].map(String.init) + fields(row.dispositions, keys))
      }
    case .members(let rows):
      let keys = keys(rows.map(\.dispositions))
      writer.line(
        Self.periods + ["member_id", "rep_id", "name", "served", "taken", "texts"] + columns("responses")
          + columns("handled") + ["completed", "released", "went_back", "transferred"] + columns(keys))
      for row in rows {
        writer.line(
          fields(row.period)
            + [row.memberID?.description ?? "", row.repID?.description ?? "", names.worker(row) ?? ""]
            + [row.served, row.taken, row.texts].map(String.init) + fields(row.responses)
            + fields(row.handled)
            + [row.completed, row.released, row.wentBack, row.transferred].map(String.init)
            + fields(row.dispositions, keys))
      }
    case .campaigns(let rows):
      writer.line(
        Self.periods + [
          "campaign_id", "name", "state", "started_at", "campaign_is_whole", "recipients", "texts",
          "delivered",
          "failed", "expired", "cancelled", "left", "answers", "answered_conversations", "opt_outs",
          "opt_out_rate",
          "losses",
        ])
      for row in rows {
        let losses = row.losses.map { "\($0.state.rawValue) \($0.reason ?? "") \($0.count)" }
        writer.line(
          fields(row.period)
            + [
              row.campaignID.description, row.name ?? "", row.state?.rawValue ?? "",
              row.startedAt.description,
              "\(row.isWhole)", row.counts.map { "\($0.total)" } ?? "",
            ]
            + [
              row.texts, row.delivered, row.failed, row.expired, row.cancelled,
            ].map(String.init)
            + [
              row.left.map(String.init) ?? "", "\(row.answers)", "\(row.answeredConversations)",
              "\(row.optOuts)", row.optOutRate.map { "\($0)" } ?? "", losses.joined(separator: "; "),
            ])
      }
    case .conversations(let rows):
      let keys = keys(rows.map(\.dispositions))
      writer.line(
        Self.periods + [
          "conversation_id", "number", "received", "texts", "opened", "completed", "opted_out", "responses",
          "responses_ms", "spans", "handled_ms",
        ] + columns(keys))
      for row in rows {
        writer.line(
          fields(row.period) + [row.conversationID.description, row.number.description]
            + [row.received, row.texts, row.opened, row.completed, row.optedOut].map(String.init)
            + [
              "\(row.responsesMs.count)", "\(row.responsesMs.reduce(0, +))", "\(row.handledMs.count)",
              "\(row.handledMs.reduce(0, +))",
            ] + fields(row.dispositions, keys))
      }
    case .leads(let rows):
      writer.line(
        Self.periods + ["rep_id", "name", "came", "assigned", "assigned_texted", "claimed", "texted"]
          + columns("since_assigned") + columns("since_came")
          + [
            "unclaimed", "untexted", "returned", "passed_on", "closed_untexted", "closed_texted", "hot",
            "waiting",
          ])
      for row in rows {
        writer.line(
          fields(row.period) + [row.repID?.description ?? "", names.rep(row) ?? ""]
            + [row.came, row.assigned, row.assignedTexted, row.claimed, row.texted].map(String.init)
            + fields(row.sinceAssigned) + fields(row.sinceCame)
            + [
              row.unclaimed, row.untexted, row.returned, row.passedOn, row.closedUntexted, row.closedTexted,
              row.hot, row.waiting,
            ].map(String.init))
      }
    }
    return writer.text
  }

  private static let periods = ["period", "period_from", "period_until", "period_is_whole"]

  private static func fields(_ period: ReportPeriod) -> [String] {
    [
      period.name, period.from?.description ?? "", period.until?.description ?? "", "\(period.isWhole)",
    ]
  }

  private static func columns(_ name: String) -> [String] {
    ["count", "total_ms", "median_ms", "p90_ms", "p95_ms", "longest_ms"].map { "\(name)_\($0)" }
  }

  private static func fields(_ spread: Spread) -> [String] {
    ["\(spread.count)"]
      + [spread.totalMs, spread.medianMs, spread.p90Ms, spread.p95Ms, spread.longestMs]
      .map { $0.map(String.init) ?? "" }
  }

  private static func keys(_ rows: [[OutcomeCount]]) -> [String] {
    Set(rows.joined().map(\.disposition)).sorted()
  }

  /// Three columns for each outcome.
  private static func columns(_ keys: [String]) -> [String] {
    keys.flatMap { key in ["first", "last", "all"].map { "outcome_\(key)_\($0)" } }
  }

  private static func fields(_ counts: [OutcomeCount], _ keys: [String]) -> [String] {
    let known = Dictionary(uniqueKeysWithValues: counts.map { ($0.disposition, $0) })
    return keys.flatMap { key in
      known[key].map { [$0.first, $0.last, $0.all].map(String.init) } ?? ["0", "0", "0"]
    }
  }
}

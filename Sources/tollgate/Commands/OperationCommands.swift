import CommandFrame
import Contract

/// `tollgate status`, `pause`, `resume`: what an operator asks first, and stops first.
enum OperationCommands {
  static let status = Command(
    name: "status", summary: "the state of the whole gateway",
    details: "Exits 0 when every carrier has the binds it needs, 75 when one lacks one.",
    examples: [Example("tollgate status", "binds, queues, the feed")]
  ) { invocation in
    let status = try DaemonConnection(invocation).call(StatusGet())
    if invocation.has("json") {
      try JSONOutput.line(status)
      return status.ready ? .ok : .temporary
    }
    var facts = Facts()
    facts.add("tollgate", "\(status.version), up since \(Words.time(status.startedAt))")
    facts.add(
      "carriers", status.readiness, status.ready ? .green : .red
    )
    facts.add(
      "sending", status.paused ? "paused: " + (status.pauseReason ?? "no reason given") : "yes",
      status.paused ? .yellow : .green)
    if !status.live {
      facts.add(
        "not live",
        "texts leave to \(Words.count(status.testPhones, "test phone")) alone (tollgate go-live)", .yellow)
    }
    if let held = status.clockHeld {
      facts.add("clock", "\(held); texts with a time limit wait (tollgate clock accept)", .red)
    }
    facts.add(
      "has",
      "\(Words.count(status.numbers, "number")), \(Words.count(status.reps, "rep")), \(Words.count(status.contacts, "contact")), \(Words.count(status.conversations, "conversation"))"
    )
    facts.add("campaigns", "\(status.campaignsRunning) under way")
    facts.add(
      "waiting",
      "\(status.queue.interactive) of people, \(status.queue.campaign) of campaigns, \(status.queue.inFlight) not answered yet"
    )
    if status.queue.unknown > 0 {
      facts.add("unknown", "\(status.queue.unknown) (tollgate unknown list)", .yellow)
    }
    if status.quarantined > 0 {
      facts.add("set aside", "\(status.quarantined) (tollgate message quarantine)", .yellow)
    }
    facts.add(
      "feed",
      "\(Words.count(status.feed.consumers, "consumer")), the slowest \(Words.count(status.feed.maxLag, "event")) behind"
    )
    try facts.print()
    if !status.binds.isEmpty {
      try Output.line("")
      try table(status.binds).print()
    }
    return status.ready ? .ok : .temporary
  }

  static let metrics = Command(
    name: "metrics", summary: "counters, gauges and histograms for Prometheus",
    details: """
      In the text exposition format, as node_exporter's textfile collector takes it:
      a timer that runs `tollgate metrics >FILE.tmp && mv FILE.tmp FILE.prom` is all there is to it.
      """,
    examples: [Example("tollgate metrics", "everything that is measured, with what it means")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(MetricsGet())
    if invocation.has("json") { try JSONOutput.line(result) } else { try Output.text(result.text) }
    return .ok
  }

  static let carrier = Command(
    name: "carrier", summary: "the carriers and their sessions",
    examples: [Example("tollgate carrier list", "contract, traffic and binds")],
    subcommands: [
      Command(
        name: "list", summary: "the carriers",
        examples: [Example("tollgate carrier list --json", "for a program")]
      ) { invocation in
        let result = try DaemonConnection(invocation).call(CarrierList())
        if invocation.has("json") {
          for carrier in result.items { try JSONOutput.line(carrier) }
          return .ok
        }
        var carriers = Table("carrier", ">rate/s", ">numbers", ">sent", ">received", ">throttled")
        for carrier in result.items {
          carriers.add(
            carrier.name, "\(carrier.rate)", "\(carrier.numbers)", "\(carrier.sent)", "\(carrier.received)",
            "\(carrier.throttled)")
        }
        try carriers.print()
        try Output.line("")
        try table(result.items.flatMap(\.binds)).print()
        return .ok
      },
      ReceiptCommands.receipts, CarrierTestCommand.command,
    ])

  private static func table(_ binds: [BindView]) -> Table {
    var table = Table("carrier", ">session", "bind", "state", "since", ">in flight", "why")
    for bind in binds {
      let retry = bind.retryAt.map { "; next attempt at \(Words.clock($0))" } ?? ""
      table.add(
        .init(bind.carrier), .init("\(bind.session)"), .init(bind.type),
        .init(bind.state.rawValue, Words.style(bind.state)), .init(Words.time(bind.since), .dim),
        .init("\(bind.inFlight)/\(bind.window)"), .init((bind.lastError ?? "") + retry))
    }
    return table
  }

  static let pause = Command(
    name: "pause", summary: "stop sending: everything, a number or a campaign", operands: "[NUMBER|CAMPAIGN]",
    operandCount: 0...1, details: "Receiving goes on. A pause survives a restart.",
    options: [
      Option("all", "everything"), Option("reason", argument: "TEXT", "for whoever wonders later"),
    ],
    examples: [
      Example("tollgate pause --all --reason 'wrong text went out'", "the big red button"),
      Example("tollgate pause camp_7", "one campaign"), Example("tollgate pause +18885550101", "one number"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let reason = invocation.value("reason")
    let result: any Encodable =
      switch try target(invocation) {
      case .everything: try daemon.call(PauseSending(reason: reason))
      case .number(let number): try daemon.call(NumberPause(number: number, reason: reason))
      case .campaign(let id): try daemon.call(CampaignPause(campaignID: id, reason: reason))
      }
    return try invocation.answer(
      result, "paused; go on with: tollgate resume \(invocation.operands.first ?? "--all")")
  }

  static let resume = Command(
    name: "resume", summary: "end a pause", operands: "[NUMBER|CAMPAIGN]", operandCount: 0...1,
    options: [Option("all", "everything")],
    examples: [Example("tollgate resume --all", "what waited leaves at its rate")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let result: any Encodable =
      switch try target(invocation) {
      case .everything: try daemon.call(ResumeSending())
      case .number(let number): try daemon.call(NumberResume(number: number))
      case .campaign(let id): try daemon.call(CampaignResume(campaignID: id))
      }
    return try invocation.answer(result, "resumed")
  }

  static let clock = Command(
    name: "clock", summary: "go on after the machine's clock has jumped",
    examples: [Example("tollgate clock accept", "the clock is right now")],
    subcommands: [
      Command(
        name: "accept", summary: "the clock is right: go by it again",
        details: """
          When the clock jumps by more than an hour nothing is ended or sent by it: time goes on as before, and texts
          with a time limit wait. Look whether the clock is right (date, timedatectl), set it, then accept it. A clock
          that comes back by itself needs no accepting.
          """,
        examples: [Example("tollgate clock accept", "after a look at `date`")]
      ) { invocation in
        let result = try DaemonConnection(invocation).call(ClockAccept())
        return try invocation.answer(
          result, result.accepted ? "accepted; time goes by the clock again" : "nothing waits for the clock")
      }
    ])

  /// What is paused or resumed.
  private enum Target {
    case everything
    case number(PhoneNumber)
    case campaign(CampaignID)
  }

  private static func target(_ invocation: Invocation) throws -> Target {
    switch (invocation.operands.first, invocation.has("all")) {
    case (nil, true): return .everything
    case (nil, false): throw invocation.usage("expected --all, a number or a campaign")
    case (.some, true): throw invocation.usage("expected either --all or one number or campaign")
    case (.some(let text), false):
      if let campaign = CampaignID(text) { return .campaign(campaign) }
      return .number(try References.number(text))
    }
  }
}

import CommandFrame
import Contract

/// `tollgate status`, `pause`, `resume`: what an operator asks first, and stops first.
package enum OperationCommands {
  package static let status = Command(
    name: "status", summary: "show carriers, queues and the feed at a glance",
    details: "Exits 0 when every carrier has the binds it needs, and 75 when a carrier lacks a bind.",
    examples: [Example("tollgate status", "carriers, binds, queues and the feed")]
  ) { invocation in
    let status = try DaemonConnection(invocation).call(Status())
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
      "sending", status.paused ? "paused: " + (status.pauseNote ?? "no note given") : "yes",
      status.paused ? .yellow : .green)
    if !status.live {
      facts.add(
        "not live",
        "texts go to \(Words.count(status.testPhoneCount, "test phone")) only (tollgate go-live)", .yellow)
    }
    if let held = status.clockHeld {
      facts.add("clock", "\(held); texts with a time limit wait (tollgate clock accept)", .red)
    }
    facts.add(
      "has",
      "\(Words.count(status.numberCount, "number")), \(Words.count(status.repCount, "rep")), \(Words.count(status.contactCount, "contact")), \(Words.count(status.conversationCount, "conversation"))"
    )
    facts.add("campaigns", "\(status.campaignsRunning) under way")
    facts.add(
      "waiting",
      "\(status.lanes.interactive) from people, \(status.lanes.campaign) from campaigns; \(status.lanes.inFlight) in flight"
    )
    if status.lanes.unknown > 0 {
      facts.add("unknown", "\(status.lanes.unknown) (tollgate unknown list)", .yellow)
    }
    if status.quarantined > 0 {
      facts.add("set aside", "\(status.quarantined) (tollgate quarantine list)", .yellow)
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

  package static let metrics = Command(
    name: "metrics", summary: "print counters, gauges and histograms for Prometheus",
    details: """
      Prints the Prometheus text format. For node_exporter's textfile collector, run this from a timer:
      tollgate metrics >FILE.tmp && mv FILE.tmp FILE.prom
      """,
    examples: [Example("tollgate metrics", "every metric, with what the metric means")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(Metrics())
    if invocation.has("json") { try JSONOutput.line(result) } else { try Output.text(result.text) }
    return .ok
  }

  /// `carrier`, with the command that tries a bind.
  package static func carrier(test: CommandFrame.Command) -> CommandFrame.Command {
    Command(
      name: "carrier", summary: "list carriers, look at receipts, test a bind",
      examples: [Example("tollgate carrier list", "rate, traffic and binds of each carrier")],
      subcommands: [
        Command(
          name: "list", summary: "list the carriers and their binds",
          examples: [Example("tollgate carrier list", "rate, traffic and binds of each carrier")]
        ) { invocation in
          let result = try DaemonConnection(invocation).call(CarrierList())
          if invocation.has("json") {
            for carrier in result.items { try JSONOutput.line(carrier) }
            return .ok
          }
          var carriers = Table("carrier", ">rate/s", ">numbers", ">sent", ">received", ">throttled")
          for carrier in result.items {
            carriers.add(
              carrier.carrier, "\(carrier.rate)", "\(carrier.numberCount)", "\(carrier.sent)",
              "\(carrier.received)",
              "\(carrier.throttled)")
          }
          try carriers.print()
          try Output.line("")
          try table(result.items.flatMap(\.binds)).print()
          for carrier in result.items where !carrier.unknownStates.isEmpty {
            let states = carrier.unknownStates.map { "\"\($0.word)\" (\($0.count))" }.joined(separator: ", ")
            try Output.line(
              "\n\(carrier.carrier): receipts with states that nobody knows: \(states); see receipts.states")
          }
          return .ok
        },
        ReceiptCommands.receipts, test,
      ])
  }

  private static func table(_ binds: [BindView]) -> Table {
    var table = Table("carrier", ">session", "bind", "state", "since", ">in flight", "why")
    for bind in binds {
      let retry = bind.retryAt.map { "; next attempt at \(Words.clock($0))" } ?? ""
      table.add(
        .init(bind.carrier), .init("\(bind.sessionIndex)"), .init(bind.bindType),
        .init(bind.state.rawValue, Words.style(bind.state)), .init(Words.time(bind.updatedAt), .dim),
        .init("\(bind.inFlight)/\(bind.window)"), .init((bind.lastError ?? "") + retry))
    }
    return table
  }

  package static let pause = Command(
    name: "pause", summary: "stop all sending",
    details:
      "The gateway still receives. A pause survives a restart. One number: `tollgate number pause`; one campaign: `tollgate campaign pause`.",
    options: [
      Option("all", "required, so that nothing stops by mistake"),
      Option("note", argument: "TEXT", "why; shown by `tollgate status`"),
    ],
    examples: [
      Example("tollgate pause --all --note 'wrong text went out'", "stop everything at once")
    ]
  ) { invocation in
    try checkAll(invocation)
    let result = try DaemonConnection(invocation).call(Pause(note: invocation.value("note")))
    return try invocation.answer(result, "paused; to send again: tollgate resume --all")
  }

  package static let resume = Command(
    name: "resume", summary: "send again after `tollgate pause --all`",
    options: [Option("all", "required, as for `tollgate pause`")],
    examples: [Example("tollgate resume --all", "waiting texts leave at their numbers' rates")]
  ) { invocation in
    try checkAll(invocation)
    return try invocation.answer(try DaemonConnection(invocation).call(Resume()), "resumed")
  }

  private static func checkAll(_ invocation: Invocation) throws {
    guard invocation.has("all") else {
      throw invocation.usage(
        "expected --all; one number or campaign: tollgate number pause, tollgate campaign pause")
    }
  }

  package static let clock = Command(
    name: "clock", summary: "accept the machine's clock after a jump",
    examples: [Example("tollgate clock accept", "the clock is right: use its time again")],
    subcommands: [
      Command(
        name: "accept", summary: "say that the clock is right, and use its time again",
        details: """
          When the clock jumps by more than an hour, the daemon does not follow: its own time runs on from before the
          jump. Texts with a time limit wait, and none of them expires. All other texts go out as usual.
          Check the clock (date, timedatectl), set it if it is wrong, then run this command. If the clock comes back by
          itself, nothing is needed.
          """,
        examples: [Example("tollgate clock accept", "after `date` shows the right time")]
      ) { invocation in
        let result = try DaemonConnection(invocation).call(ClockAccept())
        return try invocation.answer(
          result,
          result.wasHeld
            ? "accepted; the daemon uses the clock's time again"
            : "nothing to accept: the daemon already uses the clock's time")
      }
    ])
}

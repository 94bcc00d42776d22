import CommandFrame
import Contract
import Glibc

/// `tollgate campaign`: group messages.
package enum CampaignCommands {
  package static let command = Command(
    name: "campaign", summary: "send group messages: one private text to each contact",
    examples: [
      Example(
        "tollgate campaign send --tag renters 'Hi {{first_name}}, the open house is on Saturday.'",
        "show the plan, ask, then send; each text leaves from the number of the contact's rep")
    ],
    subcommands: [send, plan, commit, show, list, recipients, pause, resume, cancel])

  private static let planOptions = [
    Option("from", argument: "WHO", "a rep (id or name) or a number (default: each contact's own rep)"),
    Option("group", argument: "GROUP", "send to this group"),
    Option("tag", argument: "TAG", "send to every contact with this tag"),
    Option("contact", argument: "CONTACT", repeats: true, "send to this contact"),
    Option("all", "send to every contact of the rep in --from; without --from, to every contact"),
    Option(
      "default", argument: "FIELD=TEXT", repeats: true, "use TEXT for contacts without this field"),
    Option("copy-to-rep", "send a copy to the private mobile of each rep in the campaign"),
    Option("name", argument: "NAME", "a name to show in lists"),
    MessageCommands.metadataOption, DaemonConnection.key,
  ]

  static let send = Command(
    name: "send", summary: "plan a campaign, show the plan, ask, then send", operands: "TEXT",
    operandCount: 1...1,
    details:
      """
      {{first_name}} and other fields are filled in for each contact. If a contact lacks a field and no --default is given, the
      plan is refused.
      """,
    options: planOptions + [Option("yes", letter: "y", "send without asking")],
    examples: [
      Example(
        "tollgate campaign send --tag renters 'Hi {{first_name}}, still looking?'",
        "send to every contact with a tag"),
      Example(
        "tollgate campaign send --tag renters --default first_name=there --yes 'Hi {{first_name}}!'",
        "send without asking"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let plan = try makePlan(invocation, daemon)
    if !invocation.has("json") { try show(plan) }
    if !invocation.has("yes") {
      guard isatty(STDIN_FILENO) == 1 else {
        throw Failure(
          .usage, "cannot ask: standard input is not a terminal",
          hint: "add --yes, or send the plan later: tollgate campaign commit \(plan.campaignID)")
      }
      try Output.text("send this? [y/N] ")
      guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
        try Output.line(
          "not sent; to send before \(Words.time(plan.expiresAt)): tollgate campaign commit \(plan.campaignID)"
        )
        return .ok
      }
    }
    let result = try daemon.call(
      CampaignCommit(campaignID: plan.campaignID, idempotencyKey: daemon.idempotencyKey(suffix: "commit")))
    return try invocation.answer(
      result, committed(result) + "\nwatch the campaign: tollgate campaign show \(result.campaignID)")
  }

  static let plan = Command(
    name: "plan", summary: "decide recipients, numbers and texts; send nothing yet", operands: "TEXT",
    operandCount: 1...1,
    options: planOptions,
    examples: [
      Example(
        "tollgate campaign plan --tag renters 'Hi {{first_name}}, still looking?'",
        "make a plan; the plan expires after 24 hours")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let plan = try makePlan(invocation, daemon)
    if invocation.has("json") {
      try JSONOutput.line(plan)
    } else {
      try show(plan)
      try Output.line(
        "to send before \(Words.time(plan.expiresAt)): tollgate campaign commit \(plan.campaignID)")
    }
    return .ok
  }

  static let commit = Command(
    name: "commit", summary: "send a plan", operands: "CAMPAIGN", operandCount: 1...1,
    options: [DaemonConnection.key],
    examples: [Example("tollgate campaign commit camp_2", "send the plan; a second commit changes nothing")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let id = try References.campaign(invocation.operands[0])
    // The campaign itself names the call: a repeat of the command is a repeat of the call.
    let key = invocation.value("key") ?? "commit-\(id)"
    let result = try daemon.call(CampaignCommit(campaignID: id, idempotencyKey: key))
    return try invocation.answer(result, committed(result))
  }

  private static func committed(_ result: CampaignChange) -> String {
    "\(result.campaignID) is \(result.state.rawValue): \(Words.count(result.messageCount ?? 0, "message"))"
  }

  static let show = Command(
    name: "show", summary: "show one campaign", operands: "CAMPAIGN", operandCount: 1...1,
    examples: [Example("tollgate campaign show camp_1", "how many are sent, delivered and answered")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let campaign = try daemon.call(CampaignGet(campaignID: try References.campaign(invocation.operands[0])))
    if invocation.has("json") {
      try JSONOutput.line(campaign)
    } else {
      try facts(campaign).print()
    }
    return .ok
  }

  static let list = Command(
    name: "list", summary: "list campaigns, newest first",
    options: [
      Option("state", argument: "STATE", "only planned, running, paused, completed, cancelled or expired"),
      Pages.since, Pages.limit,
    ],
    examples: [Example("tollgate campaign list --state running", "list the campaigns that are sending now")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let state = try References.word(invocation.value("state"), "state", CampaignState.self)
    let result = try Pages.read(invocation, daemon, CampaignList(state: state))
    try Pages.print(invocation, result, none: "no campaigns; see: tollgate campaign send --help") {
      var table = Table(
        "id", "state", ">messages", ">sent", ">delivered", ">answers", ">opt-outs", "planned", "text")
      for campaign in result.items {
        let counts = campaign.counts
        table.add(
          .init(campaign.campaignID.description), .init(campaign.state.rawValue, Words.style(campaign.state)),
          .init("\(counts.total)"), .init("\(counts.sent + counts.delivered)"), .init("\(counts.delivered)"),
          .init("\(campaign.replyCount)"), .init("\(campaign.optOutCount)"),
          .init(Words.time(campaign.createdAt)),
          .init(campaign.name ?? campaign.text))
      }
      return table
    }
    return .ok
  }

  static let recipients = Command(
    name: "recipients", summary: "list the recipients and the state of each message", operands: "CAMPAIGN",
    operandCount: 1...1,
    options: [
      Option(
        "state", argument: "STATE",
        "only queued, sending, sent, delivered, failed, expired, unknown, cancelled or receipt_missing"),
      Pages.since, Pages.limit,
    ],
    examples: [Example("tollgate campaign recipients camp_1 --state cancelled", "who got nothing, and why")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let id = try References.campaign(invocation.operands[0])
    let state = try References.word(invocation.value("state"), "state", TextMessageState.self)
    let result = try Pages.read(invocation, daemon, CampaignRecipients(campaignID: id, state: state))
    try Pages.print(invocation, result, none: "none") {
      var table = Table("contact", "from", "to", "state", "message", "why")
      for item in result.items {
        table.add(
          .init(item.contactID.description), .init(item.from?.description ?? "-"),
          .init(item.to?.description ?? "-"),
          .init(item.state.rawValue, Words.style(item.state)), .init(item.messageID?.description ?? "-"),
          .init(Words.why(item.state, item.reason, item.error) ?? ""))
      }
      return table
    }
    return .ok
  }

  static let pause = control(
    "pause", "stop sending; the remaining texts wait",
    options: [Option("note", argument: "TEXT", "why; kept on record")]
  ) { daemon, id, invocation in
    let result = try daemon.call(CampaignPause(campaignID: id, note: invocation.value("note")))
    return (result, "\(id) is \(result.state.rawValue)")
  }

  static let resume = control("resume", "send again after a pause") { daemon, id, _ in
    let result = try daemon.call(CampaignResume(campaignID: id))
    return (result, "\(id) is \(result.state.rawValue)")
  }

  static let cancel = control("cancel", "cancel the texts that have not left, for good") { daemon, id, _ in
    let result = try daemon.call(CampaignCancel(campaignID: id))
    return (
      result,
      "\(id) is \(result.state.rawValue): \(Words.count(result.messageCount ?? 0, "message")) cancelled"
    )
  }

  private static func control(
    _ name: String, _ summary: String, options: [Option] = [],
    _ body: @escaping @Sendable (DaemonConnection, CampaignID, Invocation) throws -> (any Encodable, String)
  ) -> CommandFrame.Command {
    Command(
      name: name, summary: summary, operands: "CAMPAIGN", operandCount: 1...1, options: options,
      examples: [Example("tollgate campaign \(name) camp_2", summary)]
    ) { invocation in
      let (result, line) = try body(
        try DaemonConnection(invocation), try References.campaign(invocation.operands[0]), invocation)
      if invocation.has("json") { try JSONOutput.line(result) } else { try Output.line(line) }
      return .ok
    }
  }

  private static func makePlan(_ invocation: Invocation, _ daemon: DaemonConnection) throws
    -> CampaignPlanResult
  {
    var references = References(daemon)
    let audience = Audience(
      group: try invocation.value("group").map(References.group), tag: invocation.value("tag"),
      contactIDs: invocation.has("contact")
        ? try invocation.values(of: "contact").map(References.contact) : nil,
      all: invocation.has("all") ? true : nil)
    guard ["group", "tag", "contact", "all"].filter(invocation.has).count == 1 else {
      throw invocation.usage("expected one of --group, --tag, --contact or --all")
    }
    let defaults = try invocation.pairs(of: "default", expected: "FIELD=TEXT")
    return try daemon.call(
      CampaignPlan(
        from: try invocation.value("from").map { try references.sender($0) }, audience: audience,
        text: invocation.operands[0], defaults: defaults,
        copyToRep: invocation.has("copy-to-rep") ? true : nil, name: invocation.value("name"),
        metadata: try invocation.pairs(of: "metadata"),
        idempotencyKey: daemon.idempotencyKey(suffix: "plan")))
  }

  private static func show(_ plan: CampaignPlanResult) throws {
    var facts = Facts()
    facts.add("campaign", plan.campaignID.description, .bold)
    facts.add("messages", "\(plan.recipients), in \(Words.count(plan.segments, "segment"))")
    facts.add("from", Words.count(plan.numberCount, "number"))
    facts.add("takes", "about " + Words.span(seconds: plan.seconds))
    for skipped in plan.skipped {
      facts.add("left out", "\(skipped.count): \(skipped.reason.rawValue)", .yellow)
    }
    for sample in plan.samples.prefix(3) {
      facts.add("for example", "\(sample.from) → \(sample.to): \(sample.text)")
    }
    try facts.print()
  }

  private static func facts(_ campaign: CampaignView) -> Facts {
    var facts = Facts()
    let counts = campaign.counts
    facts.add("id", campaign.campaignID.description)
    facts.add("name", campaign.name)
    facts.add("state", campaign.state.rawValue, Words.style(campaign.state))
    facts.add("from", campaign.from?.description ?? "each contact's own rep")
    facts.add("text", campaign.text)
    MessageCommands.add(campaign.metadata, to: &facts)
    facts.add("messages", "\(counts.total), in \(Words.count(campaign.segments, "segment"))")
    facts.add("waiting", "\(counts.queued)")
    facts.add("sending", "\(counts.sending)")
    facts.add("accepted", "\(counts.sent)")
    facts.add("delivered", "\(counts.delivered)", .green)
    if counts.failed > 0 { facts.add("failed", "\(counts.failed)", .red) }
    if counts.expired > 0 { facts.add("expired", "\(counts.expired)", .red) }
    if counts.unknown > 0 {
      facts.add("unknown", "\(counts.unknown) (tollgate message list --state unknown)", .yellow)
    }
    if counts.receiptMissing > 0 { facts.add("without a receipt", "\(counts.receiptMissing)", .yellow) }
    if counts.cancelled > 0 { facts.add("cancelled", "\(counts.cancelled)", .yellow) }
    facts.add("answers", "\(campaign.replyCount)")
    facts.add("opt-outs", "\(campaign.optOutCount)")
    facts.add("planned", Words.time(campaign.createdAt))
    facts.add("committed", campaign.committedAt.map { Words.time($0) })
    facts.add("finished", campaign.finishedAt.map { Words.time($0) })
    facts.add("expires", campaign.state == .planned ? campaign.expiresAt.map { Words.time($0) } : nil)
    return facts
  }
}

import CommandFrame
import Contract

/// `tollgate lead`: people who asked to hear from us.
package enum LeadCommands {
  package static let command = Command(
    name: "lead", summary: "record leads, give them to reps, and see who waits",
    examples: [
      Example(
        "tollgate lead create --source 'web form' --first-name Ana --cell '(202) 555-0143'",
        "record a lead; its rep is told by an alert"),
      Example("tollgate lead list --state open", "those that nobody has"),
    ],
    subcommands: [create, list, show, assign, hot, close])

  static let create = Command(
    name: "create", summary: "record a lead",
    details: """
      Of --cell, --home and --work the first that can be texted is chosen. Without --rep the lead goes to a rep by leads.assign in
      the configuration, or waits until somebody assigns it, or a rep who signed in claims it. While nobody has texted, the
      same call completes the contact and adds no second lead.
      """,
    options: [
      Option("source", argument: "TEXT", "where it comes from, such as a form's name (required)"),
      Option("first-name", argument: "NAME", "given name"),
      Option("last-name", argument: "NAME", "family name"),
      Option("ref", argument: "KEY", "your own key for the contact"),
      Option("cell", argument: "PHONE", "the mobile"),
      Option("home", argument: "PHONE", "the phone at home"),
      Option("work", argument: "PHONE", "the phone at work"),
      Option("field", argument: "NAME=VALUE", repeats: true, "what the form asked, and the answer"),
      Option("tag", argument: "TAG", repeats: true, "a tag, beside those by leads.rules"),
      Option("consent", argument: "TEXT", "the words that the person agreed to"),
      Option("rep", argument: "REP", "the rep who gets it"),
    ],
    examples: [
      Example(
        "tollgate lead create --source ad --cell 2025550143 --field product=life --rep 'Dana Whitfield'",
        "give it to one rep")
    ]
  ) { invocation in
    guard let source = invocation.value("source") else { throw invocation.usage("--source is missing") }
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let tags = invocation.values(of: "tag")
    let result = try daemon.call(
      LeadCreate(
        ref: invocation.value("ref"), firstName: invocation.value("first-name"),
        lastName: invocation.value("last-name"), cellPhone: invocation.value("cell"),
        homePhone: invocation.value("home"), workPhone: invocation.value("work"),
        attributes: try invocation.pairs(of: "field"), tags: tags.isEmpty ? nil : tags, leadSource: source,
        consentText: invocation.value("consent"),
        repID: try invocation.value("rep").map { try references.rep($0) }))
    let (lead, who) = (result.lead, try references.name(of: result.lead.repID))
    var line =
      "\(lead.leadID): \(lead.contactID), \(lead.phoneField.rawValue) \(lead.phone?.description ?? "-")"
    line += lead.repID == nil ? ", nobody has it" : ", \(Terminal.shown(who))"
    if !result.isNew { line += " (was there already)" }
    for item in result.leftOut ?? [] {
      line += "\nleft out: \(Terminal.shown("\(item.field): \(item.detail)"))"
    }
    return try invocation.answer(result, line)
  }

  static let list = Command(
    name: "list", summary: "list leads",
    options: [
      Option("state", argument: "STATE", "open, assigned, contacted or closed"),
      Option("rep", argument: "REP", "only leads of this rep"), Pages.since, Pages.limit,
    ],
    examples: [Example("tollgate lead list --state assigned", "those that wait for their rep's text")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try Pages.read(
      invocation, daemon,
      LeadList(
        state: try References.word(invocation.value("state"), "state"),
        repID: try invocation.value("rep").map { try references.rep($0) }))
    try Pages.print(invocation, result, none: "no leads") {
      var table = Table("id", "contact", "phone", "source", "state", "rep", "since")
      for lead in result.items {
        table.add(
          lead.leadID.description, lead.contactID.description, lead.phone?.description ?? "-",
          lead.leadSource,
          lead.state.rawValue + (lead.hot ? ", hot" : ""), try references.name(of: lead.repID),
          (lead.closedAt ?? lead.contactedAt ?? lead.assignedAt ?? lead.createdAt).description)
      }
      return table
    }
    return .ok
  }

  static let show = Command(
    name: "show", summary: "show one lead", operands: "LEAD", operandCount: 1...1,
    examples: [Example("tollgate lead show lead_4", "who has it, and since when")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    return try answer(
      try daemon.call(LeadGet(leadID: try References.lead(invocation.operands[0]))), daemon, invocation)
  }

  static let assign = Command(
    name: "assign", summary: "give a lead to a rep", operands: "LEAD REP", operandCount: 2...2,
    details:
      "The contact, its threads with the previous rep and its future texts go with it. The rep is told by an alert.",
    examples: [Example("tollgate lead assign lead_4 'Dana Whitfield'", "Dana texts them")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let lead = try References.lead(invocation.operands[0])
    let rep = try references.rep(invocation.operands[1])
    return try answer(try daemon.call(LeadAssign(leadID: lead, repID: rep)), daemon, invocation)
  }

  static let hot = Command(
    name: "hot", summary: "mark a lead as hot: interest is confirmed", operands: "LEAD", operandCount: 1...1,
    examples: [Example("tollgate lead hot lead_4", "its rep is told by an alert")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    return try answer(
      try daemon.call(LeadMarkHot(leadID: try References.lead(invocation.operands[0]))), daemon, invocation)
  }

  static let close = Command(
    name: "close", summary: "end a lead", operands: "LEAD", operandCount: 1...1,
    options: [Option("note", argument: "TEXT", "why")],
    examples: [Example("tollgate lead close lead_4 --note 'wrong number'", "no more alerts follow")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    return try answer(
      try daemon.call(
        LeadClose(leadID: try References.lead(invocation.operands[0]), note: invocation.value("note"))),
      daemon, invocation)
  }

  private static func answer(_ lead: LeadView, _ daemon: DaemonConnection, _ invocation: Invocation) throws
    -> ExitStatus
  {
    var references = References(daemon)
    var line = "\(lead.leadID): \(lead.state.rawValue)\(lead.hot ? ", hot" : "")"
    if lead.repID != nil { line += ", \(Terminal.shown(try references.name(of: lead.repID)))" }
    if let conversation = lead.conversationID { line += ", \(conversation)" }
    line += ", from \(Terminal.shown(lead.leadSource)) since \(lead.createdAt)"
    if let note = lead.note { line += ": \(Terminal.shown(note))" }
    return try invocation.answer(lead, line)
  }
}

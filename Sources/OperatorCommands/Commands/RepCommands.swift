import CommandFrame
import Contract

/// `tollgate rep`: the people who text.
package enum RepCommands {
  package static let command = Command(
    name: "rep", summary: "add and manage the people who text",
    examples: [
      Example(
        "tollgate rep add 'Rosa Lind' --mobile +12025550199",
        "alerts of new answers go to the mobile; no contact ever sees the mobile")
    ],
    subcommands: [add, list, show, change, RepImport.command])

  private static let email = Option(
    "email", argument: "ADDRESS", "the address for alerts; nobody sees the address")
  private static let alerts = Option(
    "alerts", argument: "HOW", "how the rep is alerted: text (default), email, both or none")

  static let add = Command(
    name: "add", summary: "add a rep", operands: "NAME", operandCount: 1...1,
    options: [
      Option("number", argument: "NUMBER", "the home number: new conversations start from the home number"),
      Option("mobile", argument: "PHONE", "the private mobile for alerts; nobody sees the mobile"),
      email, alerts,
    ],
    examples: [
      Example("tollgate rep add 'Ben Shaw' --mobile +12025550198", "a rep without a home number yet")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let result = try daemon.call(
      RepAdd(
        name: invocation.operands[0], number: try invocation.value("number").map(References.phone),
        mobile: try invocation.value("mobile").map(References.phone),
        email: try invocation.value("email").map(References.email),
        alertBy: try References.alertBy(invocation)))
    try show(result, invocation)
    return .ok
  }

  static let list = Command(
    name: "list", summary: "list the reps", options: [Pages.since, Pages.limit],
    examples: [Example("tollgate rep list", "list all reps")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let result = try Pages.read(invocation, daemon, RepList())
    try Pages.print(invocation, result, none: "no reps yet; see: tollgate rep add --help") {
      var table = Table("id", "name", "home number", "further", "mobile", "alerts", ">contacts", "state")
      for rep in result.items {
        table.add(
          .init(rep.repID.description), .init(rep.name, .bold), .init(rep.homeNumber?.description ?? "-"),
          .init(further(rep)), .init(rep.hasMobile ? "known" : "-"), .init(rep.alertBy.rawValue),
          .init("\(rep.contactCount)"),
          .init(state(rep), rep.active && !rep.away ? .green : .yellow))
      }
      return table
    }
    return .ok
  }

  static let show = Command(
    name: "show", summary: "show one rep", operands: "REP", operandCount: 1...1,
    examples: [Example("tollgate rep show 'Dana Whitfield'", "by name or by id")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    try show(try daemon.call(RepGet(repID: try references.rep(invocation.operands[0]))), invocation)
    return .ok
  }

  static let change = Command(
    name: "change", summary: "change a rep's name, mobile or settings", operands: "REP", operandCount: 1...1,
    options: [
      Option("name", argument: "NAME", "the person's name"),
      Option("mobile", argument: "PHONE", "the private mobile; 'none' removes the mobile"),
      Option("email", argument: "ADDRESS", "the address for alerts; 'none' removes the address"),
      Option("alerts", argument: "HOW", "how the rep is alerted: text, email, both or none"),
      Option("active", argument: "on|off", "whether the rep may send"),
    ],
    examples: [Example("tollgate rep change 'Dana Whitfield' --alerts none", "no alerts for now")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let (mobile, email) = (invocation.value("mobile"), invocation.value("email"))
    let result = try daemon.call(
      RepUpdate(
        repID: try references.rep(invocation.operands[0]), name: invocation.value("name"),
        mobile: mobile == "none" ? nil : try mobile.map(References.phone),
        clearMobile: mobile == "none" ? true : nil,
        email: email == "none" ? nil : try email.map(References.email),
        clearEmail: email == "none" ? true : nil, alertBy: try References.alertBy(invocation),
        active: try invocation.onOff("active")))
    try show(result, invocation)
    return .ok
  }

  private static func further(_ rep: RepView) -> String {
    let further = rep.numbers.filter { $0 != rep.homeNumber }
    return further.isEmpty ? "-" : further.map(\.description).joined(separator: ", ")
  }

  private static func state(_ rep: RepView) -> String {
    guard rep.away else { return rep.active ? "active" : "inactive" }
    return "away" + (rep.awayUntil.map { " until \(Words.time($0))" } ?? "")
  }

  private static func show(_ rep: RepView, _ invocation: Invocation) throws {
    if invocation.has("json") { return try JSONOutput.line(rep) }
    var facts = Facts()
    facts.add("id", rep.repID.description)
    facts.add("name", rep.name, .bold)
    facts.add("home number", rep.homeNumber?.description ?? "none: cannot open new conversations")
    facts.add("further", further(rep))
    facts.add("mobile", rep.hasMobile ? "known" : "none")
    facts.add("e-mail", rep.hasEmail ? "known" : "none")
    facts.add("alerts", rep.alertBy.rawValue)
    facts.add("contacts", "\(rep.contactCount)")
    facts.add("state", state(rep), rep.active && !rep.away ? .green : .yellow)
    facts.add("added", Words.time(rep.createdAt))
    try facts.print()
  }
}

import CommandFrame
import Contract

/// `tollgate number`: the sender addresses we own.
package enum NumberCommands {
  package static let command = Command(
    name: "number", summary: "add and manage the numbers we send from",
    examples: [
      Example(
        "tollgate number add +18885550104 --carrier simulated --rate 3",
        "add a toll-free number that sends 3 segments per second")
    ],
    subcommands: [add, list, show, NumberImport.command, rate, route, assign, queue, pause, resume])

  static let add = Command(
    name: "add", summary: "add a number that we send from", operands: "NUMBER", operandCount: 1...1,
    details: "The kind of number (toll-free, short code or long code) follows from its digits.",
    options: routeOptions + [
      Option("rate", letter: "r", argument: "N", "segments per second (default 1)"),
      Option("rep", argument: "REP", "the rep who holds the number: an id or a name"),
    ],
    examples: [
      Example(
        "tollgate number add +18885550104 --carrier simulated --rate 3", "one carrier sends and receives"),
      Example(
        "tollgate number add +18885550105 --send-by bandwidth --receive-by regional",
        "one carrier sends, another receives"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try daemon.call(
      NumberAdd(
        number: try References.phone(invocation.operands[0]), routes: try routes(invocation),
        rate: try invocation.integer("rate", 1...1000) ?? 1,
        repID: try invocation.value("rep").map { try references.rep($0) }))
    try show(result, invocation, &references)
    return .ok
  }

  static let list = Command(
    name: "list", summary: "list our numbers, with rate, rep and waiting segments",
    options: [Option("rep", argument: "REP", "only the numbers of this rep"), Pages.since, Pages.limit],
    examples: [Example("tollgate number list", "list all numbers")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let rep = try invocation.value("rep").map { try references.rep($0) }
    let result = try Pages.read(invocation, daemon, NumberList(repID: rep))
    try Pages.print(invocation, result, none: "no numbers yet; see: tollgate number add --help") {
      var table = Table("number", "kind", "state", ">rate/s", "rep", "queue", "routes", ">people", ">bulk")
      for number in result.items {
        table.add(
          .init(number.number.description), .init(number.kind.rawValue),
          .init(number.state.rawValue, number.state == .active ? .plain : .yellow), .init("\(number.rate)"),
          .init(try references.name(of: number.repID) + (number.home ? "" : " (further)")),
          .init(try number.queueID.map { try references.queueName(of: $0) } ?? "-"), .init(routes(number)),
          .init("\(number.queuedInteractive)"), .init("\(number.queuedCampaign)"))
      }
      return table
    }
    return .ok
  }

  static let show = Command(
    name: "show", summary: "show one number", operands: "NUMBER", operandCount: 1...1,
    examples: [
      Example("tollgate number show +18005550101", "state, rate, rep, carriers and waiting segments")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let number = try daemon.call(NumberGet(number: try References.number(invocation.operands[0])))
    try show(number, invocation, &references)
    return .ok
  }

  static let rate = Command(
    name: "rate", summary: "change a number's rate", operands: "NUMBER SEGMENTS_PER_SECOND",
    operandCount: 2...2,
    examples: [
      Example("tollgate number rate +18005550101 10", "10 segments per second, from the next segment on")
    ]
  ) { invocation in
    guard let rate = Int(invocation.operands[1]), (1...1000).contains(rate) else {
      throw invocation.usage("expected a rate from 1 to 1000 segments per second")
    }
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try daemon.call(
      NumberSetRate(number: try References.number(invocation.operands[0]), rate: rate))
    try show(result, invocation, &references)
    return .ok
  }

  static let route = Command(
    name: "route", summary: "change the carriers of a number", operands: "NUMBER", operandCount: 1...1,
    details:
      "Replaces all routes. Waiting segments leave by the new carriers; segments in flight stay with the old carrier.",
    options: routeOptions,
    examples: [
      Example(
        "tollgate number route +18005550101 --carrier simulated", "send and receive by one carrier"),
      Example(
        "tollgate number route +18005550101 --carrier bandwidth --fallback regional",
        "send by regional while bandwidth has no session"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try daemon.call(
      NumberSetRoutes(
        number: try References.number(invocation.operands[0]), routes: try routes(invocation)))
    try show(result, invocation, &references)
    return .ok
  }

  static let routeOptions = [
    Option("carrier", argument: "NAME", "the carrier that sends and receives: its name in the configuration"),
    Option(
      "fallback", argument: "NAME", repeats: true,
      "a carrier that sends while the carriers before it have no session"),
    Option("send-by", argument: "NAME", repeats: true, "a carrier that only sends"),
    Option("receive-by", argument: "NAME", repeats: true, "a carrier that only receives"),
  ]

  /// The routes as the options name them: those that send in their order, the fallbacks last.
  static func routes(_ invocation: Invocation, isRequired: Bool = true) throws -> [NumberRoute] {
    var routes: [NumberRoute] = []
    if let carrier = invocation.value("carrier") { routes.append(NumberRoute(carrier: carrier, priority: 0)) }
    for (index, name) in (invocation.values(of: "send-by") + invocation.values(of: "fallback")).enumerated() {
      routes.append(NumberRoute(carrier: name, direction: .send, priority: index + 1))
    }
    for (index, name) in invocation.values(of: "receive-by").enumerated() {
      routes.append(NumberRoute(carrier: name, direction: .receive, priority: index + 1))
    }
    guard !routes.isEmpty || !isRequired else { throw invocation.usage("--carrier is required") }
    return routes
  }

  static let assign = Command(
    name: "assign", summary: "give a number to a rep", operands: "NUMBER [REP]", operandCount: 1...2,
    details: "Without REP, the number belongs to nobody from now on. Conversations keep their own number.",
    options: [
      Option("home", "make the number the rep's home number: new conversations start from the home number")
    ],
    examples: [Example("tollgate number assign +18885550102 'Dana Whitfield'", "Dana holds a second number")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let rep = invocation.operands.count > 1 ? try references.rep(invocation.operands[1]) : nil
    let result = try daemon.call(
      NumberAssign(
        number: try References.number(invocation.operands[0]), repID: rep,
        home: invocation.has("home") ? true : nil))
    try show(result, invocation, &references)
    return .ok
  }

  static let queue = Command(
    name: "queue", summary: "give a number's conversations that no rep owns to a queue",
    operands: "NUMBER [QUEUE]", operandCount: 1...2, details: "Without QUEUE, to the default queue.",
    examples: [Example("tollgate number queue +18885550102 sales", "who answers sales answers them")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let queue = try invocation.operands.dropFirst().first.map { try references.queue($0) }
    let result = try daemon.call(
      NumberSetQueue(number: try References.number(invocation.operands[0]), queueID: queue))
    try show(result, invocation, &references)
    return .ok
  }

  static let pause = Command(
    name: "pause", summary: "stop sending from a number; the number still receives", operands: "NUMBER",
    operandCount: 1...1, options: [Option("note", argument: "TEXT", "why; kept on record")],
    examples: [Example("tollgate number pause +18005550101", "until `tollgate number resume +18005550101`")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try daemon.call(
      NumberPause(number: try References.number(invocation.operands[0]), note: invocation.value("note")))
    try show(result, invocation, &references)
    return .ok
  }

  static let resume = Command(
    name: "resume", summary: "send again from a paused number", operands: "NUMBER", operandCount: 1...1,
    examples: [Example("tollgate number resume +18005550101", "waiting texts leave at the number's rate")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try daemon.call(NumberResume(number: try References.number(invocation.operands[0])))
    try show(result, invocation, &references)
    return .ok
  }

  private static func routes(_ number: NumberView) -> String {
    let first = number.routes.filter { $0.direction != .receive }.map { $0.priority ?? 0 }.min()
    return number.routes.map { route in
      switch route.direction ?? .both {
      case .both: route.carrier
      case .send: route.carrier + ((route.priority ?? 0) == first ? " (sends)" : " (fallback)")
      case .receive: route.carrier + " (receives)"
      }
    }.joined(separator: ", ")
  }

  private static func show(_ number: NumberView, _ invocation: Invocation, _ references: inout References)
    throws
  {
    if invocation.has("json") { return try JSONOutput.line(number) }
    var facts = Facts()
    facts.add("number", number.number.description)
    facts.add("kind", number.kind.rawValue)
    facts.add("state", number.state.rawValue, number.state == .active ? .green : .yellow)
    facts.add("rate", "\(Words.count(number.rate, "segment")) per second")
    facts.add("rep", try references.name(of: number.repID) + (number.home ? " (home number)" : ""))
    if let queue = number.queueID { facts.add("queue", try references.queueName(of: queue)) }
    facts.add("routes", routes(number))
    facts.add("waiting", "\(number.queuedInteractive) from people, \(number.queuedCampaign) from campaigns")
    facts.add("added", Words.time(number.createdAt))
    try facts.print()
  }
}

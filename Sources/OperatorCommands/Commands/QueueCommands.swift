import CommandFrame
import Contract

/// `tollgate queue`: the lines of conversations that no rep owns.
package enum QueueCommands {
  package static let command = Command(
    name: "queue", summary: "make and manage queues of conversations, and who answers them",
    details: """
      A conversation that no rep owns waits in its number's queue, or in the default queue. Members with the role agent or
      supervisor answer a queue: each is served the conversation that has waited longest.
      """,
    examples: [
      Example("tollgate queue add sales --within 300", "make a queue"),
      Example("tollgate queue join sales ana", "the member ana answers it from now on"),
    ],
    subcommands: [add, list, show, change, join, leave, inbox])

  private static let rules = [
    Option(
      "within", argument: "SECONDS", "a served conversation not answered by then goes back; default 300"),
    Option("capacity", argument: "N", "how many open conversations a member may have; default 5"),
    Option("outcome", argument: "KEY=WORDS", repeats: true, "an outcome that the queue offers"),
    Option("require-outcome", argument: "on|off", "whether completing needs an outcome; default off"),
  ]

  static let add = Command(
    name: "add", summary: "make a queue", operands: "NAME", operandCount: 1...1, options: rules,
    examples: [
      Example("tollgate queue add sales --outcome sold=Sold --outcome no='No interest'", "two outcomes")
    ]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      QueueAdd(
        name: invocation.operands[0], answerWithinS: try number("within", invocation),
        capacity: try number("capacity", invocation),
        dispositionRequired: try invocation.onOff("require-outcome"), dispositions: try outcomes(invocation)))
    return try invocation.answer(result, "\(result.queueID): queue \"\(Terminal.shown(result.name))\"")
  }

  static let list = Command(
    name: "list", summary: "list the queues, and how many wait in each", options: [Pages.since, Pages.limit],
    examples: [Example("tollgate queue list", "how many wait, and since when")]
  ) { invocation in
    let result = try Pages.read(invocation, try DaemonConnection(invocation), QueueList())
    try Pages.print(invocation, result, none: "no queues") {
      var table = Table("id", "name", ">waiting", "longest since", ">members", ">within", ">capacity")
      for queue in result.items {
        table.add(
          queue.queueID.description, queue.name, "\(queue.depth)", queue.oldestAt.map(Words.time) ?? "-",
          "\(queue.memberIDs.count)", "\(queue.answerWithinS) s", "\(queue.capacity)")
      }
      return table
    }
    return .ok
  }

  static let show = Command(
    name: "show", summary: "show one queue", operands: "QUEUE", operandCount: 1...1,
    examples: [Example("tollgate queue show default", "by name or by id")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    try show(
      try daemon.call(QueueGet(queueID: try references.queue(invocation.operands[0]))), daemon, invocation)
    return .ok
  }

  static let change = Command(
    name: "change", summary: "change a queue's name or rules", operands: "QUEUE", operandCount: 1...1,
    details:
      "With --outcome the list of outcomes is set anew: name all of them. What was recorded keeps its words.",
    options: [Option("name", argument: "NAME", "the queue's name")] + rules,
    examples: [Example("tollgate queue change sales --capacity 3", "each member has three at most")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    try show(
      try daemon.call(
        QueueUpdate(
          queueID: try references.queue(invocation.operands[0]), name: invocation.value("name"),
          answerWithinS: try number("within", invocation), capacity: try number("capacity", invocation),
          dispositionRequired: try invocation.onOff("require-outcome"),
          dispositions: try outcomes(invocation))), daemon, invocation)
    return .ok
  }

  static let join = Command(
    name: "join", summary: "have a member answer a queue", operands: "QUEUE MEMBER", operandCount: 2...2,
    examples: [Example("tollgate queue join sales ana", "the member needs the role agent or supervisor")]
  ) { invocation in
    try changeMembers(invocation) { QueueJoin(queueID: $0, memberID: $1) }
  }

  static let leave = Command(
    name: "leave", summary: "take a member out of a queue", operands: "QUEUE MEMBER", operandCount: 2...2,
    details: "What the member has of it and has not answered goes back to its place in the line.",
    examples: [Example("tollgate queue leave sales ana", "the others answer from now on")]
  ) { invocation in
    try changeMembers(invocation) { QueueLeave(queueID: $0, memberID: $1) }
  }

  private static func changeMembers<Params: MethodParams>(
    _ invocation: Invocation, _ params: (QueueID, MemberID) -> Params
  ) throws -> ExitStatus where Params.Result == QueueView {
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let queue = try daemon.call(
      params(
        try references.queue(invocation.operands[0]),
        try MemberCommands.member(invocation.operands[1], daemon)))
    return try invocation.answer(
      queue, "\(Terminal.shown(queue.name)) has \(Words.count(queue.memberIDs.count, "member"))")
  }

  static let inbox = Command(
    name: "inbox", summary: "list the work in conversations: what waits, is in hand, put off or done",
    options: [
      Option(
        "view", argument: "VIEW",
        "waiting (default), answered, snoozed, done, or with --member mine: what the member has"),
      Option("queue", argument: "QUEUE", "only of this queue"),
      Option("member", argument: "MEMBER", "only of this member"), Pages.since, Pages.limit,
    ],
    examples: [
      Example("tollgate queue inbox --queue sales", "who waits in the queue, the longest wait first")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let view = try References.word(invocation.value("view"), "view", InboxView.self) ?? .waiting
    guard view != .mine || invocation.value("member") != nil else {
      throw invocation.usage("--view mine: expected --member")
    }
    let result = try Pages.read(
      invocation, daemon,
      InboxList(
        view: view, queueID: try invocation.value("queue").map { try references.queue($0) },
        memberID: try invocation.value("member").map { try MemberCommands.member($0, daemon) }))
    try Pages.print(invocation, result, none: "nothing") {
      var table = Table("conversation", "state", "queue", "member", "since", "due", "who", "text")
      for row in result.items {
        let work = row.episode
        table.add(
          work.conversationID.description, work.state.rawValue,
          try work.queueID.map { try references.queueName(of: $0) } ?? "-",
          work.memberID?.description ?? "-", Words.time(work.since), work.dueAt.map(Words.time) ?? "-",
          row.name ?? "-", row.lastText ?? "-")
      }
      return table
    }
    return .ok
  }

  private static func show(_ queue: QueueView, _ daemon: DaemonConnection, _ invocation: Invocation) throws {
    if invocation.has("json") { return try JSONOutput.line(queue) }
    var facts = Facts()
    facts.add("queue", "\(queue.queueID) \(queue.name)", .bold)
    facts.add(
      "waiting", "\(queue.depth)" + (queue.oldestAt.map { ", the longest since \(Words.time($0))" } ?? ""))
    facts.add("answer within", "\(queue.answerWithinS) s")
    facts.add("capacity", Words.count(queue.capacity, "conversation"))
    facts.add(
      "outcomes",
      queue.dispositions.isEmpty
        ? "none" : queue.dispositions.map { "\($0.disposition) (\($0.label))" }.joined(separator: ", "))
    facts.add("outcome required", queue.dispositionRequired ? "yes" : "no")
    let members = try queue.memberIDs.map { try daemon.call(MemberGet(memberID: $0)) }
    facts.add(
      "members",
      members.isEmpty
        ? "nobody; see: tollgate queue join --help"
        : members.map { "\($0.login) (\($0.presence.rawValue))" }.joined(separator: ", "))
    try facts.print()
  }

  private static func number(_ option: String, _ invocation: Invocation) throws -> Int? {
    try invocation.value(option).map { text in
      guard let number = Int(text) else {
        throw invocation.usage("--\(option): expected a number, found \(text)")
      }
      return number
    }
  }

  private static func outcomes(_ invocation: Invocation) throws -> [DispositionChoice]? {
    let given = try invocation.values(of: "outcome").map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw invocation.usage("--outcome: expected KEY=WORDS, found \(text)")
      }
      return DispositionChoice(disposition: String(parts[0]), label: String(parts[1]))
    }
    return given.isEmpty ? nil : given
  }
}

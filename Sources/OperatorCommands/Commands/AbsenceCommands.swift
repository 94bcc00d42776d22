import CommandFrame
import Contract

/// `tollgate absence`: when reps are away, and who answers meanwhile.
package enum AbsenceCommands {
  package static let command = Command(
    name: "absence", summary: "say when reps are away, and who answers meanwhile",
    examples: [
      Example(
        "tollgate absence set 'Dana Whitfield' --until 2026-12-24T08:00:00Z --delegate 'Priya Raman'",
        "from now on; the conversations come back by themselves"),
      Example("tollgate absence list --state in_force", "who is away"),
    ],
    subcommands: [set, clear, list])

  static let set = Command(
    name: "set", summary: "say when a rep is away", operands: "REP", operandCount: 1...1,
    details: """
      While a rep is away, somebody else has all the rep's conversations: the delegate, else the number's queue. Without --until
      the rep is away until `tollgate absence clear`. With --reply each phone that writes meanwhile gets that text once.
      """,
    options: [
      Option("from", argument: "TIME", "when it begins; default now"),
      Option("until", argument: "TIME", "when it ends"),
      Option("delegate", argument: "REP", "the rep who answers meanwhile"),
      Option("queue", argument: "QUEUE", "the queue whose members answer meanwhile"),
      Option("reply", argument: "TEXT", "the out-of-office reply"),
      Option("id", argument: "ABSENCE", "replace this one"),
    ],
    examples: [
      Example(
        "tollgate absence set 'Dana Whitfield' --queue support --reply 'I am away. My colleagues will answer.'",
        "until somebody clears it")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let view = try daemon.call(
      AbsenceSet(
        absenceID: try invocation.value("id").map(References.absence),
        repID: try references.rep(invocation.operands[0]),
        startsAt: try invocation.value("from").map(References.time),
        endsAt: try invocation.value("until").map(References.time),
        delegateRepID: try invocation.value("delegate").map { try references.rep($0) },
        delegateQueueID: try invocation.value("queue").map { try references.queue($0) },
        reply: invocation.value("reply")))
    return try invocation.answer(view, "\(view.absenceID): \(view.repID) is \(words(view))")
  }

  static let clear = Command(
    name: "clear", summary: "end an absence now, or take back one that is planned", operands: "REP|ABSENCE",
    operandCount: 1...1,
    details: "Of a rep, the absence in force ends. The rep's conversations come back.",
    examples: [Example("tollgate absence clear 'Dana Whitfield'", "Dana is back")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let text = invocation.operands[0]
    let id = AbsenceID(text)
    let view = try daemon.call(
      AbsenceClear(absenceID: id, repID: id == nil ? try references.rep(text) : nil))
    return try invocation.answer(view, "\(view.absenceID) of \(view.repID) is over")
  }

  static let list = Command(
    name: "list", summary: "list absences",
    options: [
      Option("rep", argument: "REP", "only absences of this rep"),
      Option("state", argument: "STATE", "only planned, in_force or over ones"), Pages.since, Pages.limit,
    ],
    examples: [Example("tollgate absence list --rep 'Dana Whitfield'", "of one rep")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try Pages.read(
      invocation, daemon,
      AbsenceList(
        repID: try invocation.value("rep").map { try references.rep($0) },
        state: try References.word(invocation.value("state"), "state")))
    try Pages.print(invocation, result, none: "no absences") {
      var table = Table("id", "rep", "state", "from", "until", "who answers", "reply")
      for item in result.items {
        let delegate =
          try item.delegateQueueID.map { try "queue " + references.queueName(of: $0) }
          ?? item.delegateRepID.map { try references.name(of: $0) } ?? "the number's queue"
        table.add(
          item.absenceID.description, try references.name(of: item.repID), item.state.rawValue,
          Words.time(item.startsAt), Words.time(item.endsAt), delegate, item.reply ?? "-")
      }
      return table
    }
    return .ok
  }

  private static func words(_ view: AbsenceView) -> String {
    let until = view.endsAt.map { " until \(Words.time($0))" } ?? " until you clear it"
    return view.state == .inForce ? "away\(until)" : "away from \(Words.time(view.startsAt))\(until)"
  }
}

import CommandFrame
import Contract

/// `tollgate go-live` and `tollgate test-phone`: who may be texted at all.
enum GoLiveCommands {
  static let goLive = Command(
    name: "go-live", summary: "let texts leave to every phone, not to the test phones alone",
    details: """
      A new gateway texts nobody but its test phones; everything else is refused with the reason not_live, the
      answers to keywords and the alerts of reps included. --undo goes back to that: what is queued to other
      phones ends with the same reason.
      """,
    options: [
      Option("undo", "back to the test phones alone"),
      Option("reason", argument: "TEXT", "for whoever wonders later"),
    ],
    examples: [
      Example("tollgate go-live", "the carrier is tested and the numbers are ours"),
      Example("tollgate go-live --undo --reason 'wrong number range'", "back to the test phones"),
    ]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      GoLive(live: !invocation.has("undo"), reason: invocation.value("reason")))
    return try invocation.answer(
      result,
      result.live
        ? "live: texts leave to every phone"
        : "not live: texts leave to \(Words.count(result.phones.count, "test phone")) alone")
  }

  static let testPhone = Command(
    name: "test-phone", summary: "phones that may be texted before the gateway is live",
    examples: [Example("tollgate test-phone list", "every one of them")],
    subcommands: [
      Command(
        name: "add", summary: "phones that may be texted", operands: "PHONE…", operandCount: 1...1000,
        examples: [Example("tollgate test-phone add +12025550143", "your own phone")]
      ) { invocation in
        try tell(
          invocation, try DaemonConnection(invocation).call(TestPhoneAdd(phones: try phones(invocation))),
          "added")
      },
      Command(
        name: "remove", summary: "take phones from the list", operands: "PHONE…", operandCount: 1...1000,
        examples: [Example("tollgate test-phone remove +12025550143", "what is queued to it does not leave")]
      ) { invocation in
        try tell(
          invocation, try DaemonConnection(invocation).call(TestPhoneRemove(phones: try phones(invocation))),
          "removed")
      },
      Command(
        name: "list", summary: "the test phones",
        examples: [Example("tollgate test-phone list --json", "for a program")]
      ) { invocation in
        let result = try DaemonConnection(invocation).call(TestPhoneList())
        if invocation.has("json") {
          try JSONOutput.line(result)
          return .ok
        }
        if result.live { try Output.line("live: every phone may be texted, those of the list or not") }
        for phone in result.phones { try Output.line("\(phone)") }
        if result.phones.isEmpty { try Output.line("no test phones; see: tollgate test-phone add --help") }
        return .ok
      },
    ])

  private static func phones(_ invocation: Invocation) throws -> [E164] {
    try invocation.operands.map { text in
      guard let phone = E164(text) else {
        throw invocation.usage("expected phones such as +12025550143, found \(text)")
      }
      return phone
    }
  }

  private static func tell(_ invocation: Invocation, _ result: Changed, _ what: String) throws
    -> ExitStatus
  {
    return try invocation.answer(result, "\(Words.count(result.changed, "test phone")) \(what)")
  }
}

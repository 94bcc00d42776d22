import CommandFrame
import Contract

/// `tollgate go-live` and `tollgate test-phone`: who may be texted at all.
package enum GoLiveCommands {
  package static let goLive = Command(
    name: "go-live", summary: "send to every phone, no longer to test phones only",
    details: """
      A new gateway sends to its test phones only. Every other text is refused as not_live; that includes answers to
      keywords and alerts to reps. --undo goes back to test phones only, and cancels the texts that wait for other phones.
      """,
    options: [
      Option("undo", "go back to test phones only"),
      Option("note", argument: "TEXT", "why; kept on record"),
    ],
    examples: [
      Example("tollgate go-live", "go live once the carrier and the numbers are tested"),
      Example("tollgate go-live --undo --note 'wrong number range'", "go back to test phones only"),
    ]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      GoLive(live: !invocation.has("undo"), note: invocation.value("note")))
    return try invocation.answer(
      result,
      result.live
        ? "live: texts go to every phone"
        : "not live: texts go to \(Words.count(result.phones.count, "test phone")) only")
  }

  package static let testPhone = Command(
    name: "test-phone", summary: "manage the phones that may be texted before go-live",
    examples: [Example("tollgate test-phone list", "list the test phones")],
    subcommands: [
      Command(
        name: "add", summary: "add test phones", operands: "PHONE…", operandCount: 1...1000,
        examples: [Example("tollgate test-phone add +12025550143", "add your own phone")]
      ) { invocation in
        try printResult(
          invocation, try DaemonConnection(invocation).call(TestPhoneAdd(phones: try phones(invocation))),
          "added")
      },
      Command(
        name: "remove", summary: "remove test phones", operands: "PHONE…", operandCount: 1...1000,
        examples: [
          Example(
            "tollgate test-phone remove +12025550143",
            "texts that wait for the phone are cancelled unless the gateway is live")
        ]
      ) { invocation in
        try printResult(
          invocation, try DaemonConnection(invocation).call(TestPhoneRemove(phones: try phones(invocation))),
          "removed")
      },
      Command(
        name: "list", summary: "list the test phones",
        examples: [Example("tollgate test-phone list", "list the test phones")]
      ) { invocation in
        let result = try DaemonConnection(invocation).call(TestPhoneList())
        if invocation.has("json") {
          try JSONOutput.line(result)
          return .ok
        }
        if result.live { try Output.line("live: every phone may be texted, listed or not") }
        for phone in result.phones { try Output.line("\(phone)") }
        if result.phones.isEmpty { try Output.line("no test phones; see: tollgate test-phone add --help") }
        return .ok
      },
    ])

  private static func phones(_ invocation: Invocation) throws -> [TypedPhone] {
    try invocation.operands.map(References.phone)
  }

  private static func printResult(_ invocation: Invocation, _ result: Changed, _ what: String) throws
    -> ExitStatus
  {
    return try invocation.answer(result, "\(Words.count(result.changed, "test phone")) \(what)")
  }
}

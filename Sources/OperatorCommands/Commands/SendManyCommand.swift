import CommandFrame
import Contract

/// `tollgate message send-many`: several texts from a CSV file.
enum SendManyCommand {
  static let command = Command(
    name: "send-many", summary: "send the texts of a CSV file", operands: "FILE.csv", operandCount: 1...1,
    details: """
      The first line of the file names the columns: to and text (required), from, class. TO is a contact (con_1) or a phone;
      FROM is a rep's id or a number. '-' reads standard input. Each text is decided by itself: a line that cannot be sent is
      refused with the reason, and the others are sent; the exit status is then 65. Run again with the same --key and the same
      file, the command sends nothing twice. To send one text to many people, use a campaign.
      """,
    options: [MessageCommands.metadataOption, DaemonConnection.key],
    examples: [
      Example("tollgate message send-many reminders.csv --key monday", "send every line of the file, once")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let isJSON = invocation.has("json")
    let metadata = try invocation.pairs(of: "metadata")
    let key = daemon.idempotencyKey()
    var report = ImportReport(isJSON: isJSON, known: "sent before")
    var summary = Summary()
    var columns: NamedColumns?
    report.fileNotes = try ImportLines.read(
      invocation.operands[0],
      header: {
        columns = try NamedColumns($0, needed: ["to", "text"], known: ["to", "text", "from", "class"])
      },
      item: { (_, fields) -> MessageInput? in
        try columns.map { try input($0, fields, metadata) }
      },
      send: { batch in
        // A file that is the same has the same batches.
        let result = try daemon.call(
          MessageSendMany(
            messages: batch.map(\.item), idempotencyKey: "\(key)-\(batch.first?.line ?? 0)"))
        for ((line, _), item) in zip(batch, result.results) {
          let wasSent = item.status == .accepted
          if wasSent { summary.accepted += 1 } else { summary.refused += 1 }
          let outcome: ImportReport.Outcome =
            !wasSent ? .refused : result.replayed == true ? .known : .added
          try report.tell(
            .init(
              line: line, outcome: outcome, id: item.messageID?.description,
              notes: wasSent ? nil : [item.detail ?? item.reason?.rawValue ?? "refused"]))
        }
      },
      refuse: { line, reason in
        summary.refused += 1
        try report.tell(.init(line: line, outcome: .refused, notes: [reason]))
      })
    if isJSON {
      summary.notes = report.fileNotes.isEmpty ? nil : report.fileNotes
      try JSONOutput.line(summary)
    } else {
      try report.end(Words.count(summary.accepted, "text") + " accepted")
    }
    return report.status
  }

  /// What a whole file came to; the last object with `--json`.
  private struct Summary: Encodable {
    var accepted = 0
    var refused = 0
    /// How the file was read, if not as UTF-8.
    var notes: [String]?
  }

  private static func input(_ columns: NamedColumns, _ fields: [String], _ metadata: [String: String]?) throws
    -> MessageInput
  {
    guard let text = columns.value("text", fields) else {
      throw ImportLines.Unusable(reason: "text: nothing")
    }
    guard let to = columns.value("to", fields).flatMap({ Recipient($0) }) else {
      throw ImportLines.Unusable(reason: "to: expected a contact or a phone")
    }
    var input = MessageInput(to: to, text: text, metadata: metadata)
    if let from = columns.value("from", fields) {
      guard let sender = Sender(References.stripped(from)) else {
        throw ImportLines.Unusable(reason: "from: expected a rep's id or a number, found \"\(from)\"")
      }
      input.from = sender
    }
    if let word = columns.value("class", fields) {
      guard let kind = MessageClass(rawValue: word) else {
        throw ImportLines.Unusable(reason: "class: expected interactive, notice or code, found \"\(word)\"")
      }
      input.class = kind
    }
    return input
  }
}

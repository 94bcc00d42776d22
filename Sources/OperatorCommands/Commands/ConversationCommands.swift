import CommandFrame
import Contract

/// `tollgate conversation`: the one thread of a number and a phone.
package enum ConversationCommands {
  package static let command = Command(
    name: "conversation",
    summary: "list, show, answer, assign, complete, explain conversations; leave notes, mark them as read",
    examples: [
      Example("tollgate conversation list --rep 'Dana Whitfield'", "list one rep's conversations"),
      Example(
        "tollgate conversation reply conv_3 'Saturday at ten works.'",
        "answer from the conversation's own number"),
    ],
    subcommands: [list, show, reply, note, read, assign, complete, why])

  static let list = Command(
    name: "list", summary: "list conversations, the most recently active first",
    options: [
      Option("rep", argument: "REP", "only conversations of this rep"),
      Option("number", argument: "NUMBER", "only conversations of this number of ours"),
      Option("phone", argument: "PHONE", "only conversations with this phone"),
      Option(
        "state", argument: "STATE", "only open (the phone wrote last) or waiting (we wrote last)"),
      Option("unread", "only conversations with messages that nobody has marked as read"),
      Option("queue", argument: "QUEUE", "only conversations of this queue; no rep owns them"),
      Pages.since, Pages.limit,
    ],
    examples: [Example("tollgate conversation list --state open", "list the people who wait for an answer")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let rep = try invocation.value("rep").map { try references.rep($0) }
    let number = try invocation.value("number").map(References.number)
    let state = try References.word(invocation.value("state"), "state", ConversationState.self)
    let result = try Pages.read(
      invocation, daemon,
      ConversationList(
        repID: rep, number: number, state: state,
        queueID: try invocation.value("queue").map { try references.queue($0) },
        isUnread: invocation.has("unread") ? true : nil,
        phone: invocation.value("phone").map(References.phone)))
    try Pages.print(invocation, result, none: "no conversations") {
      var table = Table("id", "state", "rep", "number", "phone", ">msgs", ">unread", "last", "text")
      for item in result.items {
        table.add(
          .init(item.conversationID.description),
          .init(
            item.blocked ? "opted out" : item.state.rawValue,
            item.blocked ? .red : item.state == .open ? .cyan : .plain),
          .init(
            item.repID == nil
              ? "queue " + (item.queueID?.description ?? "-") : try references.name(of: item.repID)),
          .init(item.number.description), .init(item.phone.description), .init("\(item.messageCount)"),
          .init(item.unread == 0 ? "" : "\(item.unread)", .bold),
          .init(Words.time(item.lastAt), .dim),
          .init((item.lastDirection == .inbound ? "⇒ " : "→ ") + (item.lastText ?? "")))
      }
      return table
    }
    return .ok
  }

  static let show = Command(
    name: "show", summary: "show one conversation with its messages and its newest notes",
    operands: "CONVERSATION",
    operandCount: 1...1,
    options: [Pages.since, Pages.limit],
    examples: [Example("tollgate conversation show conv_3", "read a conversation, oldest message first")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let id = try References.conversation(invocation.operands[0])
    let conversation: ConversationView
    var notes: [NoteView] = []
    do {
      let screen = try daemon.call(ConversationOpen(conversationID: id))
      (conversation, notes) = (screen.conversation, screen.newestNotes.reversed())
    } catch let failure as Failure where failure.status == .permission {
      conversation = try daemon.call(ConversationGet(conversationID: id))
    }
    let result = try Pages.read(invocation, daemon, ConversationMessages(conversationID: id))
    if invocation.has("json") {
      try JSONOutput.line(conversation)
      for note in notes { try JSONOutput.line(note) }
      for message in result.items.reversed() { try JSONOutput.line(message) }
      return .ok
    }
    var facts = Facts()
    facts.add("id", conversation.conversationID.description)
    facts.add("number", conversation.number.description)
    facts.add("phone", conversation.phone.description)
    facts.add(
      "rep",
      conversation.repID == nil
        ? "nobody: queue \(conversation.queueID?.description ?? "-")"
        : try references.name(of: conversation.repID))
    facts.add("away", try conversation.absentRepID.map { try references.name(of: $0) })
    facts.add("state", conversation.state.rawValue)
    facts.add("unread", conversation.unread == 0 ? nil : "\(conversation.unread)", .bold)
    facts.add(
      "contacts",
      conversation.contactIDs.isEmpty
        ? nil : conversation.contactIDs.map(\.description).joined(separator: ", "))
    facts.add("campaign", conversation.campaignID?.description)
    facts.add("consent", conversation.blocked ? "opted out" : nil, .red)
    for note in notes {
      let author = note.memberID.map { " by \($0)" } ?? ""
      facts.add("note", "\(Words.time(note.createdAt))\(author): \(note.text)")
    }
    try facts.print()
    try Output.line("")
    for message in result.items.reversed() {
      let inbound = message.direction == .inbound
      let mark = inbound ? "⇒" : "→"
      let state = inbound ? message.keyword ?? "" : message.state.rawValue
      let time = Terminal.output.styled(Words.time(message.createdAt), .dim)
      let tail = state.isEmpty ? "" : "  " + Terminal.output.styled("(\(state))", Words.style(message.state))
      try Output.line(
        "\(time) \(mark) \(Terminal.output.styled(Terminal.shown(message.text), inbound ? .cyan : .plain))\(tail)"
      )
    }
    if result.more { try Output.line("(older messages exist: --limit N)") }
    return .ok
  }

  static let reply = Command(
    name: "reply", summary: "answer in a conversation", operands: "CONVERSATION TEXT", operandCount: 2...2,
    options: [DaemonConnection.key],
    examples: [
      Example(
        "tollgate conversation reply conv_3 'Saturday at ten works.'",
        "the answer leaves before any campaign text")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let id = try References.conversation(invocation.operands[0])
    let conversation = try daemon.call(ConversationGet(conversationID: id))
    let result = try daemon.call(
      MessageSend(
        from: .number(conversation.number), to: .phone(conversation.phone), text: invocation.operands[1],
        idempotencyKey: daemon.idempotencyKey()))
    try MessageCommands.sent(result, invocation)
    return .ok
  }

  static let note = Command(
    name: "note", summary: "add a note for colleagues to a conversation", operands: "CONVERSATION TEXT",
    operandCount: 2...2, details: "It is never sent to the contact. `conversation show` prints it.",
    options: [DaemonConnection.key],
    examples: [Example("tollgate conversation note conv_3 'Wants a call after six.'", "add a note")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let note = try daemon.call(
      NoteAdd(
        conversationID: try References.conversation(invocation.operands[0]), text: invocation.operands[1],
        idempotencyKey: daemon.idempotencyKey()))
    return try invocation.answer(note, "\(note.noteID) is added to \(note.conversationID)")
  }

  static let why = Command(
    name: "why", summary: "explain a wait: where the time went since the first text that nobody had answered",
    operands: "CONVERSATION", operandCount: 1...1,
    details: """
      Prints the spans of time one after the other, without a gap. Each has one cause:
        with_rep          it was its rep's to answer
        with_member       a member of the queue had it, and had not answered yet
        nobody_available  in line, and no member of the queue was available
        at_capacity       in line, and every available member had as many as the queue allows
        behind            in line behind those who had waited longer
        not_asked         first in line; a member had room, and had not asked for the next one
        set_aside         back from a snooze, and for a time only for who had snoozed it
        answered          the last word was ours: the contact did not wait
        snoozed           somebody had put it off
        not_running       the gateway did not run

      Then it prints who was served when, and how long those behind had waited: nobody had waited longer.
      """,
    options: [
      Option("episode", argument: "EPISODE", "one stretch of work, such as ep_3; by default the last")
    ],
    examples: [
      Example("tollgate conversation why conv_1", "explain the last wait in a conversation"),
      Example("tollgate conversation why conv_1 --json", "print JSON for a program"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let story = try daemon.call(
      ConversationWhy(
        conversationID: try References.conversation(invocation.operands[0]),
        episodeID: try invocation.value("episode").map { try References.episode($0) }))
    if invocation.has("json") {
      try JSONOutput.line(story)
      return .ok
    }
    var facts = Facts()
    facts.add("episode", "\(story.episode.episodeID) in \(story.episode.conversationID)")
    facts.add("state", story.episode.state.rawValue)
    facts.add("waited", Words.span(milliseconds: story.waitedMs))
    try facts.print()
    if story.earlierCount > 0 {
      try Output.line("\n\(story.earlierCount) earlier changes are not shown.")
    }
    try Output.line("")
    var spans = Table("from", "until", ">for", "spent on", ">ahead", "who")
    for span in story.waits {
      spans.add(
        .init(Words.moment(span.startedAt), .dim), .init(Words.moment(span.endedAt), .dim),
        .init(Words.span(milliseconds: span.ms), .bold), .init(span.cause.rawValue),
        .init(span.ahead.map(String.init) ?? ""),
        .init(
          [span.queueID?.description, span.repID?.description, span.memberID?.description].compactMap(\.self)
            .joined(separator: " ")))
    }
    try spans.print()
    guard !story.serves.isEmpty else { return .ok }
    try Output.line("")
    var serves = Table("served at", "to", "from", "waiting since", "behind it", "waiting since")
    for serve in story.serves {
      serves.add(
        Words.moment(serve.at), serve.memberID.description, serve.queueID.description,
        Words.moment(serve.since), serve.behindEpisodeID?.description ?? "nobody",
        serve.behindSince.map { Words.moment($0) } ?? "")
    }
    try serves.print()
    return .ok
  }

  static let read = Command(
    name: "read", summary: "mark a conversation's messages as read", operands: "CONVERSATION",
    operandCount: 1...1,
    options: [Option("to", argument: "MESSAGE", "only up to this message (default: the newest)")],
    examples: [
      Example("tollgate conversation read conv_3", "nothing of the conversation is unread"),
      Example("tollgate conversation read conv_3 --to msg_7", "what came after msg_7 stays unread"),
    ]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      ConversationMarkRead(
        conversationID: try References.conversation(invocation.operands[0]),
        messageID: try invocation.value("to").map(References.message)))
    return try invocation.answer(
      result, "\(result.conversationID): \(Words.count(result.unread, "unread message"))")
  }

  static let assign = Command(
    name: "assign", summary: "give a conversation to a rep, or to a queue", operands: "CONVERSATION [REP]",
    operandCount: 1...2,
    options: [Option("queue", argument: "QUEUE", "the queue, instead of a rep")],
    examples: [
      Example("tollgate conversation assign conv_3 'Priya Raman'", "the conversation keeps its number"),
      Example("tollgate conversation assign conv_3 --queue sales", "whoever answers the queue is served it"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let queue = try invocation.value("queue").map { try references.queue($0) }
    guard (invocation.operands.count == 2) != (queue != nil) else {
      throw invocation.usage("expected a rep or --queue")
    }
    let conversation = try daemon.call(
      ConversationAssign(
        conversationID: try References.conversation(invocation.operands[0]),
        repID: try invocation.operands.dropFirst().first.map { try references.rep($0) }, queueID: queue))
    let owner =
      try conversation.queueID.map { try "the queue " + references.queueName(of: $0) }
      ?? references.name(of: conversation.repID)
    return try invocation.answer(
      conversation, "\(conversation.conversationID) belongs to \(Terminal.shown(owner))")
  }

  static let complete = Command(
    name: "complete", summary: "end the work in a conversation for now", operands: "CONVERSATION",
    operandCount: 1...1, details: "The next text from the phone opens it again.",
    options: [
      Option("outcome", argument: "KEY", "one of the outcomes that the queue offers"),
      Option("note", argument: "TEXT", "words for colleagues, with --outcome"),
    ],
    examples: [Example("tollgate conversation complete conv_3 --outcome sold", "end it with an outcome")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      ConversationComplete(
        conversationID: try References.conversation(invocation.operands[0]),
        disposition: invocation.value("outcome"), note: invocation.value("note")))
    return try invocation.answer(result, "\(result.episode.conversationID) is completed")
  }
}

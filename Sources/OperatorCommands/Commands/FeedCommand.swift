import CommandFrame
import Contract
import Glibc
import SocketClient

/// `tollgate feed`: the ordered log of what happened, for people and for scripts.
package enum FeedCommand {
  private static let readOptions = [
    Option("consumer", argument: "NAME", "the reader's name; acknowledged events do not come again"),
    Option("follow", letter: "f", "wait for new events (default: stop at the newest)"),
    Option("start", argument: "WHERE", "start at acked (default), oldest, newest, a cursor or a time"),
    Option(
      "type", argument: "TYPE", repeats: true, "only events of this type, such as sms.message.received.v1"),
    Option("number", argument: "NUMBER", repeats: true, "only events of this number of ours"),
    Option("conversation", argument: "CONVERSATION", repeats: true, "only events of this conversation"),
    Option(
      "exec", argument: "COMMAND",
      "run COMMAND with /bin/sh for each event; the event is JSON on standard input"),
    Option("takeover", "disconnect another reader of the same name"),
  ]

  package static let command = Command(
    name: "feed", summary: "print what happened, in order, event by event",
    details: """
      An event is acknowledged once it is printed, or once COMMAND exits with 0. An event that is not acknowledged comes
      again at the next start.
      """,
    options: readOptions,
    examples: [
      Example("tollgate feed --follow --consumer desk", "print every event as it happens"),
      Example(
        "tollgate feed --follow --consumer texts --type sms.message.received.v1 --json",
        "print inbound texts, one JSON object per line"),
      Example(
        "tollgate feed --consumer nightly --exec 'cat >> events.ndjson'",
        "append the events since the last run to a file"),
    ],
    subcommands: [consumers, forget], run: read)

  static let consumers = Command(
    name: "consumers", summary: "list the readers and how far behind each one is",
    examples: [Example("tollgate feed consumers", "the slowest reader decides how long events are kept")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(FeedConsumers())
    if invocation.has("json") {
      for consumer in result.items { try JSONOutput.line(consumer) }
      return .ok
    }
    guard !result.items.isEmpty else {
      try Output.line("no readers yet; see: tollgate feed --help")
      return .ok
    }
    var table = Table("consumer", "role", ">behind", "reading", "acknowledged", "since")
    for consumer in result.items {
      table.add(
        .init(consumer.consumer), .init(consumer.role),
        .init("\(consumer.lag)", consumer.lag > 0 ? .yellow : .green),
        .init(consumer.connected ? "now" : "no"), .init(Words.time(consumer.ackedAt)),
        .init(Words.time(consumer.createdAt)))
    }
    try table.print()
    return .ok
  }

  static let forget = Command(
    name: "forget", summary: "remove a reader; no more events are kept for the reader", operands: "NAME",
    operandCount: 1...1,
    examples: [Example("tollgate feed forget nightly", "a reader who comes back starts at the oldest event")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(FeedForget(consumer: invocation.operands[0]))
    return try invocation.answer(result, "forgotten")
  }

  private static func read(_ invocation: Invocation) throws -> ExitStatus {
    let consumer = try invocation.required("consumer")
    let types = try invocation.values(of: "type").map(type)
    let numbers = try invocation.values(of: "number").map(References.number)
    let conversations = try invocation.values(of: "conversation").map(References.conversation)
    let filter =
      types.isEmpty && numbers.isEmpty && conversations.isEmpty
      ? nil
      : EventFilter(
        types: types.isEmpty ? nil : types, numbers: numbers.isEmpty ? nil : numbers,
        conversationIDs: conversations.isEmpty ? nil : conversations)
    let daemon = try DaemonConnection(invocation)
    let newest = daemon.client.hello.newest
    let subscription = try daemon.call(
      FeedSubscribe(
        consumer: consumer, start: try invocation.value("start").map(start), filter: filter, ackTimeoutS: 0,
        takeover: invocation.has("takeover") ? true : nil))
    var reader = Reader(
      daemon: daemon, consumer: consumer, printsJSON: invocation.has("json"),
      command: invocation.value("exec"),
      position: subscription.cursor)
    return try reader.run(until: invocation.has("follow") ? nil : newest)
  }

  private static func type(_ text: String) throws -> EventType {
    guard let type = EventType.allCases.first(where: { $0.description == text }) else {
      throw Failure(
        .usage, "no event type is called \(text)",
        hint: "event types: " + EventType.allCases.map(\.description).joined(separator: ", "))
    }
    return type
  }

  private static func start(_ text: String) throws -> FeedStart {
    switch text {
    case "acked": return .acked
    case "oldest": return .oldest
    case "newest": return .newest
    default:
      if let cursor = Cursor(text) { return .cursor(cursor) }
      guard let time = Timestamp(text) else {
        throw Failure(
          .usage, "--start: expected acked, oldest, newest, a cursor or a time such as 2026-11-22T17:00:00Z")
      }
      return .time(time)
    }
  }
}

/// One run over the feed: print or execute, then acknowledge.
private struct Reader {
  let daemon: DaemonConnection
  let consumer: String
  let printsJSON: Bool
  let command: String?
  /// Everything up to here has been dealt with.
  var position: Cursor
  private var acknowledged: Cursor
  private var waiting = 0

  /// Events dealt with before they are acknowledged together.
  private static let batch = 100

  init(daemon: DaemonConnection, consumer: String, printsJSON: Bool, command: String?, position: Cursor) {
    self.daemon = daemon
    self.consumer = consumer
    self.printsJSON = printsJSON
    self.command = command
    self.position = position
    acknowledged = position
  }

  /// - Parameter end: where to stop; nil: never.
  mutating func run(until end: Cursor?) throws -> ExitStatus {
    do {
      while end.map({ position < $0 }) ?? true {
        // What is already here first; before waiting, what is dealt with is acknowledged.
        var line = try daemon.client.nextNotificationLine(within: .zero)
        if line == nil {
          try acknowledge()
          line = try daemon.client.nextNotificationLine(within: .seconds(3600))
        }
        guard let line else { continue }
        try take(line)
        if waiting >= Self.batch { try acknowledge() }
      }
      try acknowledge()
      return .ok
    } catch let closed as Output.Closed {
      throw closed
    } catch {
      throw Failure(calling: nil, error)
    }
  }

  private mutating func take(_ line: [UInt8]) throws {
    switch try FeedNotification(line: line) {
    case .event(let params):
      let json = Self.event(in: line)
      if let command {
        let status = try EventCommand.run(command, json, params.event)
        guard status == 0 else {
          try acknowledge()
          throw Failure(
            .temporary,
            "the command exited with \(status) for event \(params.event.id); the event is not acknowledged",
            hint: "the event comes again when you start this again")
        }
      } else if printsJSON {
        try Output.line(JSONOutput.plain(json))
      } else {
        try Output.line(EventLine.text(params.event))
      }
      position = params.cursor
      waiting += 1
    case .skipped(let params):
      position = params.cursor
      waiting += 1
    case .fenced:
      throw Failure(.temporary, "another reader has taken over \"\(consumer)\"")
    case .expired(let params):
      throw Failure(
        .data, "the next events are no longer kept; the oldest kept event is \(params.oldest)",
        hint: "to go on, add: --from oldest")
    case .heartbeat, .unknown: break
    }
  }

  private mutating func acknowledge() throws {
    guard acknowledged < position else { return }
    _ = try daemon.call(FeedAck(consumer: consumer, cursor: position))
    acknowledged = position
    waiting = 0
  }

  /// The event's own octets: the same for every reader, whenever it is read.
  private static func event(in line: [UInt8]) -> String {
    let text = String(decoding: line, as: UTF8.self)
    guard let key = text.firstRange(of: "\"event\":"), text.hasSuffix("}}") else { return text }
    return String(text[key.upperBound...].dropLast(2))
  }
}

import Contract

@testable import SocketServer

// The fuzzer is built without it.
#if canImport(TestSupport)
  import TestSupport
#endif

/// What must hold for any octets a peer sends. The fuzzer `json` and the replay of its corpus call it.
///
/// Input: one octet that chooses how the octets are cut and what the owner does between, then the octets.
/// - Returns: what does not hold; nil where all does.
func violationInLines(_ input: [UInt8], checkingSchemas: Bool = false) -> String? {
  guard let choice = input.first else { return nil }
  var limits = APILimits()
  limits.maximumLine = 2_048
  limits.requestsPerConnection = 4
  limits.repliesAhead = 4_096
  limits.feedAhead = 1_024
  limits.subscriptionsPerConnection = 2
  var now: Duration = .seconds(10)
  let machine = ClientConnection(
    roles: [fuzzedRole],
    surroundings: .init(server: "t", store: "t", oldest: 0, newest: fuzzedFeed.last?.lastSequence ?? 0),
    limits: limits, at: now)
  var writer = EventWriter(store: "t")
  var output: [UInt8] = []
  // Saying hello each time would cost more than most of what follows it.
  var unread: [UInt8] = []
  machine.hasGreeted = choice & 16 == 0
  var rest = input.dropFirst()
  let step = choice & 1 == 0 ? max(1, rest.count) : Int(choice >> 5) * 32 + 13
  var rounds = 0
  repeat {
    unread += rest.prefix(step)
    rest = rest.dropFirst(step)
    var taken = 0
    repeat {
      taken = unread.withUnsafeBytes { machine.received($0, at: now) }
      if taken < 0 || taken > unread.count { return "more octets taken than given" }
      unread.removeFirst(taken)
      answer(machine.takeActions(), machine, choice, now)
    } while taken > 0 && !unread.isEmpty && machine.isReading
    for index in 0..<machine.subscriptionCount where machine.wantedPosition(of: index) != nil {
      machine.offer(fuzzedFeed[...], to: index, writer: &writer, at: now)
    }
    if choice & 2 != 0 {
      now += .seconds(5)
      machine.tick(at: now)
      answer(machine.takeActions(), machine, choice, now)
    }
    if machine.output.count > limits.repliesAhead + limits.requestsPerConnection * limits.maximumLine + limits
      .feedAhead * 4
    {
      return "more output than its bounds allow"
    }
    let written = choice & 4 == 0 ? machine.output.count : machine.output.count / 2
    output += machine.output.octets.prefix(written)
    machine.wrote(written, at: now)
    if !machine.isReading, machine.isClosing { break }
    if unread.count > limits.maximumLine + step, machine.isReading { return "an endless line is kept" }
    rounds += 1
  } while !rest.isEmpty && rounds < 10_000
  output += machine.output.octets
  return violation(inOutput: output, checkingSchemas)
}

private let fuzzedRole = Role(name: "admin", may: ["*"])

private let fuzzedFeed: [PackedRow] = {
  var rows: [PackedRow] = []
  for first in stride(from: 1 as Int64, to: 13, by: 3) {
    var packed = PackedEvents()
    for sequence in first..<first + 3 {
      packed.append(
        AlertRaised(alert: .unrouted, severity: .info, detail: "x", at: Timestamp(milliseconds: sequence)))
    }
    rows.append(PackedRow(firstSequence: first, count: 3, timeMilliseconds: 1, bytes: packed.bytes))
  }
  return rows
}()

/// Plays the owner: every question gets an answer.
private func answer(
  _ actions: [ClientConnection.Action], _ machine: ClientConnection, _ choice: UInt8, _ now: Duration
) {
  for action in actions {
    switch action {
    case .query(let request, _, _): machine.completed(request, with: .result(Array("{}".utf8)), at: now)
    case .subscribe(let request, let params):
      machine.completed(
        request,
        with: .success(FeedSubscribeResult(consumer: params.consumer, cursor: Cursor(0), isNew: true)),
        at: now)
    case .command(let request, .feedAck(let params), _):
      let reply: Reply =
        choice & 8 == 0 ? .success(FeedAckResult(cursor: params.cursor)) : .failure(.internalError)
      machine.completed(request, with: reply, at: now)
    case .command(let request, _, _): machine.completed(request, with: .failure(.busy("commands")), at: now)
    case .unsubscribed, .forbidden, .close: break
    }
  }
  let more = machine.takeActions()
  if !more.isEmpty { answer(more, machine, choice, now) }
}

/// Whole lines only, each an answer or a notification.
private func violation(inOutput output: [UInt8], _ checkingSchemas: Bool) -> String? {
  if output.isEmpty { return nil }
  guard output.last == 0x0A else { return "a line without its end" }
  guard output.starts(with: lineStart) else { return "a line that is no object" }
  #if canImport(TestSupport)
    guard checkingSchemas else { return nil }
    for line in output.split(separator: 0x0A) {
      guard let value = try? ContractJSON.decode(JSONValue.self, from: line) else {
        return "a line that is not JSON"
      }
      let problems =
        if let method = value["method"]?.string {
          SchemaChecker.problems(value["params"] ?? .null, against: method)
        } else {
          SchemaChecker.problems(value, against: "reply")
        }
      if let problem = problems.first { return problem }
    }
  #endif
  return nil
}

private let lineStart = Array(#"{"jsonrpc":"2.0",""#.utf8)

import Contract
import Testing

@testable import SocketServer

/// A peer and an owner around one connection's machine: says lines, keeps what comes back, moves time.
final class Peer {
  let machine: ClientConnection
  var now: Duration = .seconds(1_000)
  var limits: APILimits
  /// What the machine asked and nobody answered yet.
  var open: [ClientConnection.Action] = []
  /// What was not taken of what was said.
  private var unread: [UInt8] = []
  private var writer = EventWriter(store: "test")

  static let everything = Role(name: "admin", may: ["*"])

  convenience init(
    role: Role? = Peer.everything, limits: APILimits = .init(), newest: Int64 = 0, greet: Bool = true
  ) {
    self.init(roles: role.map { [$0] } ?? [], limits: limits, newest: newest, greet: greet)
  }

  init(roles: [Role], limits: APILimits = .init(), newest: Int64 = 0, greet: Bool = true) {
    self.limits = limits
    machine = ClientConnection(
      roles: roles, surroundings: .init(server: "tollgate/test", store: "test", oldest: 0, newest: newest),
      limits: limits, at: now)
    if greet { _ = say(#"{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1}}"#) }
  }

  /// Says one line and reads what comes back.
  @discardableResult
  func say(_ line: String) -> [String] {
    octets(Array((line + "\n").utf8))
    return read()
  }

  func octets(_ octets: [UInt8]) {
    unread += octets
    feedLines()
  }

  private func feedLines() {
    var taken = 0
    repeat {
      taken = unread.withUnsafeBytes { machine.received($0, at: now) }
      unread.removeFirst(taken)
      open += machine.takeActions()
    } while taken > 0 && !unread.isEmpty
  }

  /// Takes everything written, as lines.
  func read() -> [String] {
    let octets = machine.output.octets
    machine.wrote(octets.count, at: now)
    return String(decoding: octets, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Answers the oldest open question.
  func answer(_ reply: Reply) {
    guard let index = open.firstIndex(where: { Peer.request(of: $0) != nil }),
      let request = Peer.request(of: open.remove(at: index))
    else {
      Issue.record("nothing is open")
      return
    }
    machine.completed(request, with: reply, at: now)
    open += machine.takeActions()
    feedLines()
  }

  static func request(of action: ClientConnection.Action) -> UInt64? {
    switch action {
    case .query(let request, _, _), .command(let request, _, _), .subscribe(let request, _): request
    case .unsubscribed, .forbidden, .close: nil
    }
  }

  func subscribe(_ more: String = "", start: Int64 = 0) {
    say(#"{"jsonrpc":"2.0","id":"s","method":"feed.subscribe","params":{"consumer":"crm"\#(more)}}"#)
    answer(.success(FeedSubscribeResult(consumer: "crm", cursor: Cursor(start), isNew: true)))
    #expect(read().count == 1)
  }

  func ack(_ sequence: Int64) {
    say(
      #"{"jsonrpc":"2.0","id":"a","method":"feed.ack","params":{"consumer":"crm","cursor":"cur_\#(sequence)"}}"#
    )
    answer(.success(FeedAckResult(cursor: Cursor(sequence))))
    #expect(read().count == 1)
  }

  /// Offers rows as the server would, and reads.
  func offer(_ rows: [PackedRow]) -> [String] {
    machine.surroundings.newest = rows.last?.lastSequence ?? 0
    for index in 0..<machine.subscriptionCount where machine.wantedPosition(of: index) != nil {
      machine.offer(rows[...], to: index, writer: &writer, at: now)
    }
    return read()
  }

  func pass(_ time: Duration) -> [String] {
    now += time
    machine.tick(at: now)
    open += machine.takeActions()
    return read()
  }

  static func parse(_ line: String) -> JSONValue {
    (try? ContractJSON.decode(JSONValue.self, from: line.utf8)) ?? .null
  }

  /// `cur_3` and the like of `feed.event` lines; `skip 5` for `feed.skipped`; else the method or `reply`.
  static func short(_ lines: [String]) -> [String] {
    lines.map { line in
      let value = parse(line)
      switch value["method"]?.string {
      case "feed.event"?:
        let again = value["params"]?["redelivered"]?.integer ?? -1
        let place = (value["params"]?["cursor"]?.string ?? "").dropFirst(4)
        return again == 0 ? String(place) : "\(place)+\(again)"
      case "feed.skipped"?: return "skip " + (value["params"]?["cursor"]?.string ?? "").dropFirst(4)
      case let method?: return method
      case nil: return (value["error"]?["code"]?.integer).map(String.init) ?? "reply"
      }
    }
  }
}

/// Rows of number events: sequence n concerns number +1800555(n mod 10 as last digit).
func rows(_ range: ClosedRange<Int64>, each perRow: Int64 = 3, type: EventType = .numberStateChanged)
  -> [PackedRow]
{
  var rows: [PackedRow] = []
  var first = range.lowerBound
  while first <= range.upperBound {
    let last = min(range.upperBound, first + perRow - 1)
    var packed = PackedEvents()
    for sequence in first...last {
      guard let number = PhoneNumber(packed: 18_005_550_100 + sequence % 10) else { continue }
      if type == .numberStateChanged {
        packed.append(
          NumberStateChanged(
            number: number, state: .active, kind: .tollFree, rate: Int(sequence), home: false, routes: [],
            createdAt: Timestamp(milliseconds: 0), at: Timestamp(milliseconds: 1_000 + sequence)))
      } else {
        packed.append(
          AlertRaised(
            alert: .unrouted, severity: .info, detail: "\(sequence)",
            at: Timestamp(milliseconds: 1_000 + sequence)))
      }
    }
    rows.append(
      PackedRow(
        firstSequence: first, count: packed.count, timeMilliseconds: 1_795_366_991_412, bytes: packed.bytes))
    first = last + 1
  }
  return rows
}

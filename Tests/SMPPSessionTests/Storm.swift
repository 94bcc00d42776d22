import SMPP
import TestSupport

@testable import SMPPSession

/// Gateways and one SMSC under one simulated clock: connections cost time, and nothing else is real. The same seed is the
/// same run.
struct Storm {
  /// What the SMSC does until `healsAt`; from then on it accepts binds.
  enum Trouble: CaseIterable {
    /// Nobody listens: connections are refused.
    case down
    /// It accepts connections and says nothing.
    case silent
    /// It accepts connections and resets them.
    case resets
    /// It answers every bind with ESME_RALYBND.
    case alreadyBound
  }

  private enum Event {
    /// A gateway opens a connection.
    case connect(Int)
    /// The connection is there, or is refused.
    case connected(Int, life: Int)
    /// A PDU reaches an end.
    case arrives(PDU, at: Int, life: Int, toGateway: Bool)
    /// The gateway sees its connection end.
    case ended(Int, life: Int)
    /// A timer of the gateway's session may be due.
    case tick(Int, life: Int)
  }

  private struct Link {
    var backoff = ReconnectBackoff()
    var session: SMPPSession?
    var carrier: SMPPSession?
    var boundSince: Duration?
    var refusal: CommandStatus?
    /// Which connection this is: what belongs to an earlier one is void.
    var life = 0
  }

  private var links: [Link]
  private var random: SeededGenerator
  private var events: [(at: Duration, event: Event)] = []
  private var now: Duration = .zero
  private let trouble: Trouble
  private let healsAt: Duration
  /// When each connection was opened, and by whom.
  private(set) var attempts: [(at: Duration, link: Int)] = []

  /// All were bound for ten minutes when the SMSC ends at 0.
  init(links count: Int, seed: Int, trouble: Trouble, healsAt: Duration) {
    self.trouble = trouble
    self.healsAt = healsAt
    random = SeededGenerator(seed: UInt64(seed) &* 7_919 &+ 17)
    links = Array(repeating: Link(), count: count)
    for index in links.indices {
      let delay = links[index].backoff.delay(after: .lost(after: .seconds(600)), using: &random)
      post(.connect(index), after: delay)
    }
  }

  var isAllBound: Bool { bound == links.count }
  private var bound = 0

  /// Runs until all are bound again.
  /// - Returns: when that was, at the limit at the latest.
  mutating func run(until limit: Duration) -> Duration {
    while !isAllBound, let (at, event) = events.popLast() {
      if at > limit { return limit }
      now = at
      perform(event)
    }
    return now
  }

  /// Keeps the events with the soonest last; of the same moment, the first posted is the first performed.
  private mutating func post(_ event: Event, after delay: Duration) {
    let at = now + delay
    var (low, high) = (0, events.count)
    while low < high {
      let middle = (low + high) / 2
      if events[middle].at > at { low = middle + 1 } else { high = middle }
    }
    events.insert((at, event), at: low)
  }

  /// One way through the network.
  private mutating func travel() -> Duration {
    .microseconds(Int64.random(in: 5_000...40_000, using: &random))
  }

  private mutating func perform(_ event: Event) {
    switch event {
    case .connect(let index):
      attempts.append((now, index))
      links[index].life += 1
      post(.connected(index, life: links[index].life), after: travel() * 2)
    case .connected(let index, let life): if links[index].life == life { connected(index) }
    case .arrives(let pdu, let index, let life, let toGateway):
      guard links[index].life == life else { return }
      var actions: [Action] = []
      if toGateway {
        links[index].session?.received(pdu, at: now, into: &actions)
        gateway(actions, index)
      } else {
        links[index].carrier?.received(pdu, at: now, into: &actions)
        carrier(actions, index)
      }
    case .ended(let index, let life): if links[index].life == life { lost(index) }
    case .tick(let index, let life):
      guard links[index].life == life else { return }
      var actions: [Action] = []
      links[index].session?.tick(at: now, into: &actions)
      gateway(actions, index)
    }
  }

  private mutating func connected(_ index: Int) {
    if now < healsAt, trouble == .down { return lost(index) }
    var session = SMPPSession(role: .esme(.transceiver, Machine.bind))
    var carrier = SMPPSession(role: .smsc)
    var actions: [Action] = []
    carrier.connected(at: now, into: &actions)
    session.connected(at: now, into: &actions)
    links[index].session = session
    links[index].carrier = carrier
    links[index].refusal = nil
    gateway(actions, index)
    if now < healsAt, trouble == .resets {
      post(.ended(index, life: links[index].life), after: travel())
    }
  }

  /// What the gateway does about it, as the network loop does.
  private mutating func gateway(_ actions: [Action], _ index: Int) {
    let life = links[index].life
    for action in actions {
      switch action {
      case .send(let pdu): post(.arrives(pdu, at: index, life: life, toGateway: false), after: travel())
      case .bound:
        links[index].boundSince = now
        bound += 1
      case .bindRefused(let status): links[index].refusal = status
      case .close: return lost(index)
      default: break
      }
    }
    if let deadline = links[index].session?.nextDeadline {
      post(.tick(index, life: life), after: deadline - now)
    }
  }

  private mutating func carrier(_ actions: [Action], _ index: Int) {
    for action in actions {
      switch action {
      case .send(let pdu):
        post(.arrives(pdu, at: index, life: links[index].life, toGateway: true), after: travel())
      case .bindRequested:
        if now < healsAt, trouble == .silent || trouble == .resets { return }
        let refuses = now < healsAt && trouble == .alreadyBound
        var answers: [Action] = []
        links[index].carrier?.authorise(
          refuses ? .refused(.ESME_RALYBND) : .accepted(BindResp(systemID: "smsc")), at: now,
          into: &answers)
        carrier(answers, index)
      default: break
      }
    }
  }

  private mutating func lost(_ index: Int) {
    let ending: ReconnectBackoff.Ending =
      if let status = links[index].refusal {
        .refused(status)
      } else if let since = links[index].boundSince {
        .lost(after: now - since)
      } else {
        .notConnected
      }
    if links[index].boundSince != nil { bound -= 1 }
    links[index].life += 1
    links[index].session = nil
    links[index].carrier = nil
    links[index].boundSince = nil
    links[index].refusal = nil
    post(.connect(index), after: links[index].backoff.delay(after: ending, using: &random))
  }

  /// The most attempts in any half-open second; of one session, or of all.
  func mostInASecond(of link: Int? = nil) -> Int {
    let times = attempts.lazy.filter { link == nil || $0.link == link }.map(\.at).sorted()
    var first = 0
    var most = 0
    for last in times.indices {
      while times[last] - times[first] >= .seconds(1) { first += 1 }
      most = max(most, last - first + 1)
    }
    return most
  }
}

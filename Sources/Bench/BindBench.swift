import NetIO
import SMPP
import SMPPSession

/// submit_sm and answer without a store: our session, codec and loop, as the daemon has them, against the SMSC in
/// bare C that the floor's client talks to as well.
enum BindBench {
  /// How long a run may stand still before it is given up.
  static let patience: Duration = .seconds(10)
  /// Fewer messages would measure the first milliseconds of a connection.
  static let fewest = 500_000

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    var settings = settings
    settings.segments = max(settings.segments, fewest)
    var rates: [Double] = []
    var floor: [Double] = []
    for _ in 0..<settings.runs {
      floor.append(try FloorBench.smppLoopback(settings))
      rates.append(try submitRate(settings))
    }
    return [
      Bench.Figure(
        part: .bind, name: "submit_sm and answer", unit: .perSecond, values: rates,
        floor: .init(name: "bare C client", values: floor), target: 300_000,
        conditions: [
          ("window", "\(settings.window)"), ("sessions", "\(settings.sessions)"),
          ("segments", "\(settings.segments)"), ("text", "\(settings.textOctets) octets"),
          ("runs", "\(settings.runs)"), ("peer", "SMSC in bare C, loopback"),
        ])
    ]
  }

  /// submit_sm with their answers a second, over all sessions, from one loop.
  private static func submitRate(_ settings: Bench.Settings) throws -> Double {
    let smsc = try BareSMSC()
    defer { smsc.stop() }
    return try submitRate(settings, port: smsc.port)
  }

  /// - Parameter tls: how each session is secured; nil: plain TCP.
  static func submitRate(_ settings: Bench.Settings, port: UInt16, tls: TLSContext? = nil) throws -> Double {
    let loop = try EventLoop()
    var sessions: [BenchSession] = []
    for _ in 0..<settings.sessions { sessions.append(try BenchSession(loop, port: port, settings, tls: tls)) }
    var events: [EventLoop.Event] = []

    func turn() throws {
      loop.wait(until: loop.now + patience, into: &events)
      guard !events.isEmpty else { throw Bench.Failure("nothing came for \(patience)") }
      let now = loop.now
      for event in events {
        for session in sessions where session.token == event.token { try session.handle(event, at: now) }
      }
    }
    while !sessions.allSatisfy(\.isBound) { try turn() }

    let start = MonotonicClock.nowNanoseconds
    let share = settings.segments / settings.sessions
    for session in sessions { try session.begin(share, at: loop.now) }
    while !sessions.allSatisfy(\.isDone) { try turn() }
    let elapsed = MonotonicClock.nowNanoseconds - start
    return Double(share * settings.sessions) / Double(elapsed) * 1e9
  }
}

/// One bind that submits the same message as fast as its window lets it.
private final class BenchSession {
  let token: EventLoop.Token
  private let loop: EventLoop
  private var connection: Connection
  private var session: SMPPSession
  private var input = InputBuffer(limit: 256 << 10, initialCapacity: 64 << 10)
  private var output = OutputBuffer()
  private var actions: [SMPPSession.Action] = []
  private let message: SubmitSM
  private var isConnected = false
  private var left = 0
  private var answersLeft = 0

  private(set) var isBound = false
  var isDone: Bool { answersLeft == 0 }

  init(_ loop: EventLoop, port: UInt16, _ settings: Bench.Settings, tls: TLSContext?) throws {
    self.loop = loop
    connection = try TCP.connect(to: .loopback(port: port))
    if let tls { try connection.startTLS(tls, host: "127.0.0.1") }
    token = try loop.add(connection, .writable)
    var configuration = SMPPSession.Configuration()
    configuration.window = settings.window
    session = SMPPSession(role: .esme(.transceiver, Bind(systemID: "bench")), configuration: configuration)
    message = CodecBench.sample(textOctets: settings.textOctets)
  }

  /// Starts submitting `count` messages.
  func begin(_ count: Int, at now: Duration) throws {
    left = count
    answersLeft = count
    submit(at: now)
    try flush()
  }

  func handle(_ event: EventLoop.Event, at now: Duration) throws {
    if !isConnected {
      if let reason = connection.connectError() { throw Bench.Failure("connect: \(reason)") }
      switch connection.handshake() {
      case .wantRead: return loop.modify(token, .readable)
      case .wantWrite: return loop.modify(token, .writable)
      case .failed(let failure): throw Bench.Failure("\(failure)")
      case .done: break
      }
      isConnected = true
      session.connected(at: now, into: &actions)
    }
    if event.isReadable { repeat { try read(at: now) } while connection.hasPending }
    try perform()
    submit(at: now)
    try flush()
  }

  private func read(at now: Duration) throws {
    switch input.fill(from: connection) {
    case .count, .wouldBlock: break
    case .closed: throw Bench.Failure("the SMSC closed the connection")
    case .failed(let reason): throw Bench.Failure("read: \(reason)")
    }
    let taken = try input.withUnread { octets in
      var taken = 0
      while true {
        let rest = UnsafeRawBufferPointer(rebasing: octets[taken...])
        switch session.received(rest, at: now, into: &actions) {
        case .needMore: return taken
        case .pdu(let length): taken += length
        case .refused, .framingLost: throw Bench.Failure("a PDU that cannot be read")
        }
      }
    }
    input.consume(taken)
  }

  private func perform() throws {
    for action in actions {
      switch action {
      case .send(let pdu): output.append { pdu.encode(into: &$0) }
      case .bound: isBound = true
      case .answered(_, let pdu):
        guard pdu.status.isOK else { throw Bench.Failure("refused with \(pdu.status.name)") }
        answersLeft -= 1
      default: throw Bench.Failure("unexpected in this session: \(action)")
      }
    }
    actions.removeAll(keepingCapacity: true)
  }

  private func submit(at now: Duration) {
    while left > 0, let sequence = session.reserve(.submitSM, token: UInt64(left), at: now) {
      output.append { message.encode(sequence: sequence, into: &$0) }
      left -= 1
    }
  }

  private func flush() throws {
    switch output.flush(to: connection) {
    case .all: loop.modify(token, .readable)
    case .blocked: loop.modify(token, [.readable, .writable])
    case .closed: throw Bench.Failure("the SMSC closed the connection")
    case .failed(let reason): throw Bench.Failure("write: \(reason)")
    }
  }
}

public import Contract

/// The client side of one connection, without I/O: requests out as octets, octets in, and answers and notifications out as
/// values. Every request ends once: with its answer, or with what kept it from coming.
///
/// The owner sends ``hello(_:)`` first, gives what was read to ``received(_:into:)``, calls ``tick(at:into:)`` at
/// ``nextDeadline``, and ``end(_:into:)`` when the connection is lost.
public struct ClientSession: Sendable {
  /// What came of octets, time or the end.
  public enum Event: Equatable, Sendable {
    /// The server answered hello.
    case greeted(HelloResult)
    /// A request ended.
    case completed(Int64, Outcome)
    /// A line the server sent unasked: ``FeedNotification/init(line:)`` reads it.
    case notified([UInt8])
    /// Nothing more comes: the owner closes the connection.
    case ended(ClientFailure)
  }

  public enum Outcome: Equatable, Sendable {
    case answered(Answer)
    case failed(ClientFailure)
  }

  /// The bounds of one connection.
  public struct Limits: Hashable, Sendable {
    /// Longest line it takes, in octets: more than a server of this version sends, so that a later one may promise more.
    public var maximumLine = 4 * LineScanner.maximumLine
    /// Requests without an answer; ``ClientFailure/full`` beyond. The server takes 256 of a connection at a time.
    public var openRequests = 1_024
    /// How long the server has to answer hello.
    public var helloTimeout: Duration = .seconds(30)

    public init() {}
  }

  private enum State: Hashable {
    /// Hello is not answered yet. Exits: open, ended.
    case greeting(until: Duration)
    /// Exit: ended.
    case open
    /// The last event was given out. No exit.
    case ended
  }

  private static let helloID: Int64 = 0

  public let limits: Limits
  /// The session of the member for whom requests are made from now on; nil: they are the role's own.
  public var actsIn: SecretToken?
  private var state: State
  private var scanner = LineScanner()
  private var nextID = ClientSession.helloID + 1
  /// Requests without an answer, and when each is given up.
  private var open: [Int64: Duration?] = [:]

  public init(limits: Limits = .init(), at now: Duration) {
    self.limits = limits
    state = .greeting(until: now + limits.helloTimeout)
  }

  // MARK: Requests

  /// The first line of a connection. `client`: name and version of the program. `role`: one of the caller's; nil: the first.
  public func hello(_ client: String, role: String? = nil) throws(ClientFailure) -> [UInt8] {
    let params = Hello(protocol: 1, client: client, role: role)
    return line(ClientSession.helloID, Method.hello.rawValue, try ClientSession.json(params))
  }

  /// Makes a request; its line goes to the server.
  /// - Parameter deadline: when it is given up; nil: never.
  public mutating func request(
    _ params: some MethodParams, until deadline: Duration?
  ) throws(ClientFailure) -> (id: Int64, line: [UInt8]) {
    try request(type(of: params).method.rawValue, try ClientSession.json(params), until: deadline)
  }

  /// The same with parameters as JSON.
  public mutating func request(
    _ method: String, _ params: [UInt8], until deadline: Duration?
  ) throws(ClientFailure) -> (id: Int64, line: [UInt8]) {
    guard state != .ended else { throw .closed }
    guard open.count < limits.openRequests else { throw .full }
    let id = nextID
    nextID += 1
    open.updateValue(deadline, forKey: id)
    return (id, line(id, method, params))
  }

  private static func json(_ params: some Encodable) throws(ClientFailure) -> [UInt8] {
    do {
      return try ContractJSON.encode(params)
    } catch {
      throw .malformed("parameters that are no JSON")
    }
  }

  private func line(_ id: Int64, _ method: String, _ params: [UInt8]) -> [UInt8] {
    var buffer = JSONBuffer(capacity: params.count + 96)
    buffer.append(text: #"{"jsonrpc":"2.0","id":"#)
    buffer.append(integer: id)
    if let actsIn {
      buffer.append(text: #","as":"#)
      buffer.append(quoted: actsIn.text)
    }
    buffer.append(text: #","method":"#)
    buffer.append(quoted: method)
    buffer.append(text: #","params":"#)
    buffer.append(contentsOf: params)
    buffer.append(text: "}\n")
    return buffer.octets
  }

  // MARK: Octets in

  /// Takes whole lines off the front of `octets`, which begin where the last call ended; says how many octets it took.
  public mutating func received(_ octets: UnsafeRawBufferPointer, into events: inout [Event]) -> Int {
    var taken = 0
    while state != .ended {
      let rest = UnsafeRawBufferPointer(rebasing: octets[taken...])
      guard let length = lineLength(in: rest) else {
        if rest.count > limits.maximumLine {
          end(.malformed("a line longer than \(limits.maximumLine) octets"), into: &events)
        }
        break
      }
      taken += length + 1
      take(line: UnsafeRawBufferPointer(rebasing: rest[..<length]), into: &events)
    }
    return taken
  }

  /// Octets before the first line feed of what was read and not taken; nil while there is none.
  mutating func lineLength(in octets: UnsafeRawBufferPointer) -> Int? { scanner.lineLength(in: octets) }

  /// Takes one line.
  mutating func take(line: UnsafeRawBufferPointer, into events: inout [Event]) {
    guard state != .ended else { return }
    if FeedNotification.isOne(line) {
      events.append(.notified([UInt8](line)))
      return
    }
    do throws(ClientFailure) {
      try take(Answer(line: [UInt8](line)), into: &events)
    } catch {
      end(error, into: &events)
    }
  }

  private mutating func take(_ answer: Answer, into events: inout [Event]) throws(ClientFailure) {
    guard let id = answer.id else {
      // About a line the server could not read, or about the connection: nobody else's.
      throw answer.error.map { .refused($0) } ?? .malformed("an answer to nobody")
    }
    if id == ClientSession.helloID, case .greeting = state {
      if let error = answer.error { throw .refused(error) }
      guard let hello = try? answer.result(of: Hello.self) else {
        throw .malformed("a greeting that is none")
      }
      state = .open
      events.append(.greeted(hello))
    } else if open.removeValue(forKey: id) != nil {
      events.append(.completed(id, .answered(answer)))
    } else if id >= nextID {
      throw .malformed("an answer to what was not asked")
    }
    // Else it was given up: too late.
  }

  // MARK: Time

  /// When ``tick(at:into:)`` has something to do.
  public var nextDeadline: Duration? {
    let next = open.values.compactMap(\.self).min()
    guard case .greeting(let until) = state else { return next }
    return next.map { min($0, until) } ?? until
  }

  /// Gives up what was not answered in time. A request's late answer is passed over; without a greeting the session ends.
  public mutating func tick(at now: Duration, into events: inout [Event]) {
    if case .greeting(let until) = state, now >= until {
      end(.timedOut, into: &events)
      return
    }
    for id in open.filter({ $0.value.map { $0 <= now } ?? false }).keys.sorted() {
      open.removeValue(forKey: id)
      events.append(.completed(id, .failed(.timedOut)))
    }
  }

  // MARK: The end

  /// The connection is lost or of no more use: every request without an answer ends, in order, and then the session.
  public mutating func end(_ failure: ClientFailure, into events: inout [Event]) {
    guard state != .ended else { return }
    state = .ended
    for id in open.keys.sorted() { events.append(.completed(id, .failed(failure))) }
    open = [:]
    events.append(.ended(failure))
  }
}

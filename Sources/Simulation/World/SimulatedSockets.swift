import NetIO

/// The network as one process of the gateway sees it: ``Wire``s instead of sockets.
package final class SimulatedSockets: Sockets {
  /// A connection, or an address where carriers call.
  private struct Place {
    var token: EventLoop.Token
    var interest: EventLoop.Interest
    var kind: Kind

    enum Kind {
      case wire(Wire)
      case door(SocketAddress, waiting: [(Wire, SocketAddress)])
    }

    /// What its owner is told of it now; nil: nothing.
    var event: EventLoop.Event? {
      switch kind {
      case .wire(let wire):
        let isHangup = wire.isHangup
        let isReadable = isHangup || wire.isReadable && interest.contains(.readable)
        let isWritable = wire.isWritable && interest.contains(.writable)
        guard isReadable || isWritable else { return nil }
        return .init(token: token, isReadable: isReadable, isWritable: isWritable, isHangup: isHangup)
      case .door(_, let waiting):
        guard !waiting.isEmpty, interest.contains(.readable) else { return nil }
        return .init(token: token, isReadable: true, isWritable: false, isHangup: false)
      }
    }
  }

  package let waker = Waker()
  /// In the order of their coming, so that events come in one.
  private var places: [Place] = []
  private var answers: [Resolver.Answer] = []
  private var nextSlot: UInt32 = 0
  /// Makes the other end of a connection that the gateway asks for; nil: nobody listens there.
  var onConnect: (SocketAddress) -> Wire? = { _ in nil }

  /// Nothing sleeps here: the simulation gives the loop its turns.
  package func wait(until deadline: Duration?, into events: inout [EventLoop.Event]) { ready(into: &events) }

  /// What is ready now.
  func ready(into events: inout [EventLoop.Event]) {
    events.removeAll(keepingCapacity: true)
    for place in places { if let event = place.event { events.append(event) } }
  }

  var isReady: Bool { !answers.isEmpty || places.contains { $0.event != nil } }

  // MARK: Connections

  package func connect(to address: SocketAddress) throws(SystemError) -> Connection {
    guard let wire = onConnect(address) else {
      let refused = Wire(number: 0, room: 0)
      refused.refuse()
      return Connection(refused)
    }
    return Connection(wire)
  }

  package func listen(on address: SocketAddress, dualStack: Bool) throws(SystemError) -> EventLoop.Token {
    let token = nextToken()
    places.append(Place(token: token, interest: .readable, kind: .door(address, waiting: [])))
    return token
  }

  package func accept(at listener: EventLoop.Token) -> Listener.Accepted {
    guard let index = places.firstIndex(where: { $0.token == listener }),
      case .door(let address, var waiting) = places[index].kind, !waiting.isEmpty
    else { return .wouldBlock }
    let (wire, from) = waiting.removeFirst()
    places[index].kind = .door(address, waiting: waiting)
    return .connection(Connection(wire), from: from)
  }

  package func close(listener: EventLoop.Token) { remove(listener) }

  /// A carrier calls; false if nobody listens there.
  func call(_ address: SocketAddress, by wire: Wire, from: SocketAddress) -> Bool {
    for index in places.indices {
      guard case .door(address, var waiting) = places[index].kind else { continue }
      waiting.append((wire, from))
      places[index].kind = .door(address, waiting: waiting)
      return true
    }
    return false
  }

  package func add(
    _ connection: borrowing Connection, _ interest: EventLoop.Interest
  ) throws(SystemError) -> EventLoop.Token {
    let token = nextToken()
    if let wire = connection.stream as? Wire {
      places.append(Place(token: token, interest: interest, kind: .wire(wire)))
    }
    return token
  }

  package func modify(_ token: EventLoop.Token, _ interest: EventLoop.Interest) {
    if let index = places.firstIndex(where: { $0.token == token }) { places[index].interest = interest }
  }

  package func remove(_ token: EventLoop.Token) { places.removeAll { $0.token == token } }

  private func nextToken() -> EventLoop.Token {
    nextSlot += 1
    return EventLoop.Token(slot: nextSlot, generation: 1)
  }

  // MARK: Names

  package func resolve(_ endpoint: Endpoint, token: UInt64) -> Bool {
    let found = Resolver.lookUp(endpoint)
    answers.append(Resolver.Answer(token: token, endpoint: endpoint, result: found))
    return true
  }

  package func resolved(into found: inout [Resolver.Answer]) {
    found += answers
    answers.removeAll()
  }

  package func close() {}
}

import NetIO

/// The network as one process of the gateway sees it: ``Wire``s instead of sockets.
package final class SimulatedSockets: Sockets {
  private struct Watched {
    var wire: Wire
    var interest: EventLoop.Interest
  }

  private struct Door {
    var address: SocketAddress
    var interest: EventLoop.Interest = .readable
    var waiting: [(Wire, SocketAddress)] = []
  }

  package let waker = Waker()
  private var watched: [EventLoop.Token: Watched] = [:]
  private var doors: [EventLoop.Token: Door] = [:]
  /// Registrations in their order, so that events come in one.
  private var order: [EventLoop.Token] = []
  private var answers: [Resolver.Answer] = []
  private var nextSlot: UInt32 = 0
  /// Makes the other end of a connection that the gateway asks for; nil: nobody listens there.
  var onConnect: (SocketAddress) -> Wire? = { _ in nil }

  /// Nothing sleeps here: the simulation gives the loop its turns.
  package func wait(until deadline: Duration?, into events: inout [EventLoop.Event]) { ready(into: &events) }

  /// What is ready now.
  func ready(into events: inout [EventLoop.Event]) {
    events.removeAll(keepingCapacity: true)
    for token in order {
      if let watched = watched[token] {
        let isReadable =
          watched.wire.isReadable && (watched.interest.contains(.readable) || watched.wire.isHangup)
        let isWritable = watched.wire.isWritable && watched.interest.contains(.writable)
        guard isReadable || isWritable || watched.wire.isHangup else { continue }
        events.append(
          .init(
            token: token, isReadable: isReadable || watched.wire.isHangup, isWritable: isWritable,
            isHangup: watched.wire.isHangup))
      } else if let door = doors[token], !door.waiting.isEmpty, door.interest.contains(.readable) {
        events.append(.init(token: token, isReadable: true, isWritable: false, isHangup: false))
      }
    }
  }

  var isReady: Bool {
    if !answers.isEmpty { return true }
    for token in order {
      if let watched = watched[token] {
        if watched.wire.isHangup { return true }
        if watched.wire.isReadable, watched.interest.contains(.readable) { return true }
        if watched.wire.isWritable, watched.interest.contains(.writable) { return true }
      } else if let door = doors[token], !door.waiting.isEmpty, door.interest.contains(.readable) {
        return true
      }
    }
    return false
  }

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
    doors[token] = Door(address: address)
    order.append(token)
    return token
  }

  package func accept(at listener: EventLoop.Token) -> Listener.Accepted {
    guard var door = doors[listener], !door.waiting.isEmpty else { return .wouldBlock }
    let (wire, from) = door.waiting.removeFirst()
    doors[listener] = door
    return .connection(Connection(wire), from: from)
  }

  package func close(listener: EventLoop.Token) {
    doors[listener] = nil
    order.removeAll { $0 == listener }
  }

  /// A carrier calls; false if nobody listens there.
  func call(_ address: SocketAddress, by wire: Wire, from: SocketAddress) -> Bool {
    guard let token = order.first(where: { doors[$0]?.address == address }) else { return false }
    doors[token]?.waiting.append((wire, from))
    return true
  }

  package func add(
    _ connection: borrowing Connection, _ interest: EventLoop.Interest
  ) throws(SystemError) -> EventLoop.Token {
    let token = nextToken()
    if let wire = connection.stream as? Wire { watched[token] = Watched(wire: wire, interest: interest) }
    order.append(token)
    return token
  }

  package func modify(_ token: EventLoop.Token, _ interest: EventLoop.Interest) {
    if watched[token] != nil { watched[token]?.interest = interest }
    if doors[token] != nil { doors[token]?.interest = interest }
  }

  package func remove(_ token: EventLoop.Token) {
    watched[token] = nil
    order.removeAll { $0 == token }
  }

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

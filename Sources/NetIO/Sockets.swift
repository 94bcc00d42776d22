/// Connections, readiness and name look-up, as a loop over sessions needs them: the kernel's (``KernelSockets``), or those
/// of a program that plays the world. Belongs to one thread, but for `waker`.
public protocol Sockets: AnyObject {
  /// Ends the present or the next `wait`, from any thread.
  var waker: Waker { get }

  /// Sleeps until something is ready, a wake or the deadline, and replaces `events` with what came.
  func wait(until deadline: Duration?, into events: inout [EventLoop.Event])

  /// Starts connecting; registered for `.writable`, the event of which says that `connectError()` has the outcome.
  func connect(to address: SocketAddress) throws(SystemError) -> Connection
  /// Listens, and watches for connections. `dualStack` lets "::" take IPv4 too.
  func listen(on address: SocketAddress, dualStack: Bool) throws(SystemError) -> EventLoop.Token
  /// The next connection that waits at a listener.
  func accept(at listener: EventLoop.Token) -> Listener.Accepted
  /// Stops listening.
  func close(listener: EventLoop.Token)

  func add(
    _ connection: borrowing Connection, _ interest: EventLoop.Interest
  ) throws(SystemError) -> EventLoop.Token
  /// Changes what is waited for, of a connection or a listener. A token that is gone is ignored.
  func modify(_ token: EventLoop.Token, _ interest: EventLoop.Interest)
  /// Forgets a connection: before it is closed.
  func remove(_ token: EventLoop.Token)

  /// Asks for the addresses of a name; false if too many questions are open.
  func resolve(_ endpoint: Endpoint, token: UInt64) -> Bool
  /// Moves the answers that came to the end of `answers`.
  func resolved(into answers: inout [Resolver.Answer])
  /// No name is looked up any more.
  func close()
}

/// The kernel's: epoll, TCP, and getaddrinfo on a thread of its own.
public final class KernelSockets: Sockets {
  private let loop: EventLoop
  private let resolver: Resolver
  private var listeners: [Bound] = []

  /// A listener and its registration; a class, since what cannot be copied cannot be in an array.
  private final class Bound {
    let token: EventLoop.Token
    var listener: Listener

    init(_ token: EventLoop.Token, _ listener: consuming Listener) {
      self.token = token
      self.listener = listener
    }
  }

  public init() throws(SystemError) {
    loop = try EventLoop()
    resolver = try Resolver(waker: loop.waker)
  }

  public var waker: Waker { loop.waker }

  public func wait(until deadline: Duration?, into events: inout [EventLoop.Event]) {
    loop.wait(until: deadline, into: &events)
  }

  public func connect(to address: SocketAddress) throws(SystemError) -> Connection {
    try TCP.connect(to: address)
  }

  public func listen(on address: SocketAddress, dualStack: Bool) throws(SystemError) -> EventLoop.Token {
    let listener = try TCP.listen(on: address, dualStack: dualStack)
    let token = try loop.add(listener)
    listeners.append(Bound(token, listener))
    return token
  }

  public func accept(at listener: EventLoop.Token) -> Listener.Accepted {
    guard let bound = listeners.first(where: { $0.token == listener }) else { return .wouldBlock }
    return bound.listener.accept()
  }

  public func close(listener: EventLoop.Token) {
    loop.remove(listener)
    listeners.removeAll { $0.token == listener }
  }

  public func add(
    _ connection: borrowing Connection, _ interest: EventLoop.Interest
  ) throws(SystemError) -> EventLoop.Token {
    try loop.add(connection, interest)
  }

  public func modify(_ token: EventLoop.Token, _ interest: EventLoop.Interest) {
    loop.modify(token, interest)
  }

  public func remove(_ token: EventLoop.Token) { loop.remove(token) }

  public func resolve(_ endpoint: Endpoint, token: UInt64) -> Bool {
    resolver.resolve(endpoint, token: token)
  }

  public func resolved(into answers: inout [Resolver.Answer]) { resolver.answers.drain(into: &answers) }

  public func close() { resolver.close() }
}

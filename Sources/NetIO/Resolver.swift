import Glibc

/// Name resolution that does not block a loop: getaddrinfo(3) on a thread of its own, answers in a mailbox.
/// Questions for the same endpoint that are open at once are asked once.
public final class Resolver: Sendable {
  /// Why there is no address.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// getaddrinfo's own code: EAI_NONAME, EAI_AGAIN, ...
    case lookup(code: Int32)
    /// The name has no address of a family used here.
    case noAddress

    public var description: String {
      switch self {
      case .lookup(let code): String(cString: gai_strerror(code))
      case .noAddress: "no address"
      }
    }
  }

  public struct Answer: Sendable {
    /// The asker's own mark.
    public let token: UInt64
    public let endpoint: Endpoint
    /// In the order of RFC 6724; at least one.
    public let result: Result<[SocketAddress], Failure>

    public init(token: UInt64, endpoint: Endpoint, result: Result<[SocketAddress], Failure>) {
      self.token = token
      self.endpoint = endpoint
      self.result = result
    }
  }

  /// Questions that may be open at once; `resolve` refuses beyond.
  public static let maximumOpen = 256
  /// Addresses kept of one answer.
  public static let maximumAddresses = 16

  private struct State {
    /// In the order asked; the first is being looked up. A few entries, so scanned.
    var open: [(endpoint: Endpoint, tokens: [UInt64])] = []
    var count = 0
    var isClosed = false
  }

  /// What the thread holds, so that it can outlive the resolver while the system's lookup hangs.
  private final class Shared: Sendable {
    let state = Lock(State())
    let bell = Waker()
  }

  private let shared = Shared()
  /// Answers, one per question; the owner drains it after each wake.
  public let answers: Mailbox<Answer>

  /// - Parameter waker: of the loop or thread that drains `answers`.
  public init(waker: Waker) throws(SystemError) {
    answers = Mailbox("resolver answers", capacity: Resolver.maximumOpen, waker: waker)
    let (shared, answers) = (shared, answers)
    _ = try Worker.start(name: "resolver", stackSize: 512 << 10) { Resolver.run(shared, answers) }
  }

  deinit { close() }

  /// Asks. False if too many questions are open or the resolver is closed.
  public func resolve(_ endpoint: Endpoint, token: UInt64) -> Bool {
    let accepted = shared.state.withLock { state in
      guard !state.isClosed, state.count < Resolver.maximumOpen else { return false }
      state.count += 1
      if let index = state.open.firstIndex(where: { $0.endpoint == endpoint }) {
        state.open[index].tokens.append(token)
      } else {
        state.open.append((endpoint, [token]))
      }
      return true
    }
    if accepted { shared.bell.wake() }
    return accepted
  }

  /// Answers nothing any more. The thread ends when the lookup in hand returns.
  public func close() {
    shared.state.withLock { state in
      state.isClosed = true
      state.open.removeAll()
    }
    answers.close()
    shared.bell.wake()
  }

  private static func run(_ shared: Shared, _ answers: Mailbox<Answer>) {
    while true {
      let (next, isClosed) = shared.state.withLock { ($0.open.first?.endpoint, $0.isClosed) }
      if isClosed { return }
      guard let endpoint = next else {
        shared.bell.park(until: nil)
        continue
      }
      let result = lookUp(endpoint)
      let tokens = shared.state.withLock { state -> [UInt64] in
        guard !state.open.isEmpty, !state.isClosed else { return [] }
        let tokens = state.open.removeFirst().tokens
        state.count -= tokens.count
        return tokens
      }
      answers.post(contentsOf: tokens.map { Answer(token: $0, endpoint: endpoint, result: result) })
    }
  }

  /// Looks up now, on the calling thread: for tools without a loop.
  public static func lookUp(_ endpoint: Endpoint) -> Result<[SocketAddress], Failure> {
    if let numeric = SocketAddress(host: endpoint.host, port: endpoint.port) { return .success([numeric]) }
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var first: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(endpoint.host, String(endpoint.port), &hints, &first)
    guard code == 0 else { return .failure(.lookup(code: code)) }
    defer { freeaddrinfo(first) }
    var addresses: [SocketAddress] = []
    var entry = first
    while let info = entry?.pointee, addresses.count < maximumAddresses {
      if let pointer = info.ai_addr {
        let address = SocketAddress(UnsafeRawBufferPointer(start: pointer, count: Int(info.ai_addrlen)))
        if !addresses.contains(address) { addresses.append(address) }
      }
      entry = info.ai_next
    }
    return addresses.isEmpty ? .failure(.noAddress) : .success(addresses)
  }
}

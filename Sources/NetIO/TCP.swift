import Glibc

/// TCP, IPv4 and IPv6: connecting and listening. Every connection has TCP_NODELAY (an SMPP window must not wait for
/// Nagle) and SO_KEEPALIVE.
public enum TCP {
  /// Starts connecting. Register it for `.writable`; on that event `connectError()` returns the outcome.
  /// - Parameter local: the address to connect from, where a carrier knows us by it.
  public static func connect(
    to address: SocketAddress, from local: SocketAddress? = nil
  ) throws(SystemError) -> Connection {
    let descriptor = try Descriptor.streamSocket(family: address.family)
    if let local { try descriptor.bind(to: local) }
    let connection = Connection(owning: descriptor)
    tune(connection)
    try connection.descriptor.connect(to: address)
    return connection
  }

  /// Listens. An IPv6 address takes IPv6 only, so that "0.0.0.0" and "::" can stand side by side;
  /// `dualStack` lets "::" take IPv4 too.
  public static func listen(
    on address: SocketAddress, backlog: Int32 = Listener.defaultBacklog, dualStack: Bool = false
  ) throws(SystemError) -> Listener {
    let descriptor = try Descriptor.streamSocket(family: address.family)
    try descriptor.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
    if address.family == AF_INET6 {
      try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, dualStack ? 0 : 1)
    }
    try descriptor.bind(to: address)
    try check("listen", Glibc.listen(descriptor.rawValue, backlog))
    return Listener(descriptor, ownedPath: nil)
  }

  /// A socket without these still works: failures are not errors.
  static func tune(_ connection: borrowing Connection) {
    try? connection.descriptor.setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    try? connection.descriptor.setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
  }
}

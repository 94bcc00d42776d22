import NetIO

/// An address where carriers connect to us, and the accounts that may bind there. Belongs to the network thread.
final class CarrierListener {
  let address: SocketAddress
  /// The listening socket; nil once the socket is closed.
  var token: EventLoop.Token?
  var accounts = ListenerAccounts()
  /// When to accept again after descriptors ran short.
  var opensAt: Duration?
  /// The shortest bind time-out of the carriers that share this address.
  var bindTimeout: Duration

  init(address: SocketAddress, bindTimeout: Duration) {
    self.address = address
    self.bindTimeout = bindTimeout
  }
}

import NetIO

/// An address where carriers connect to us, and who may. Belongs to the network thread.
final class Door {
  let address: SocketAddress
  /// Its listener; nil once it is closed.
  var token: EventLoop.Token?
  var book = AccountBook()
  /// Nobody is accepted until somebody without a bind leaves.
  var isFull = false
  /// Descriptors were short: tried again then.
  var opensAt: Duration?
  /// The shortest time to bind of its carriers.
  var bindTimeout: Duration

  init(address: SocketAddress, bindTimeout: Duration) {
    self.address = address
    self.bindTimeout = bindTimeout
  }
}

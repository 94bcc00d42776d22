import NetIO

/// The server's end of a pair of sockets, played by the test: what it says is there to be read at once.
final class FakeServer {
  private var connection: Connection?
  private var input = InputBuffer(limit: 8 << 20)

  static let greeting =
    #"{"jsonrpc":"2.0","id":0,"result":{"max_line":262144,"newest":"cur_9","oldest":"cur_0","protocol":1,"role":"admin","server":"tollgate/test","store":"test"}}"#

  init(_ connection: consuming Connection) { self.connection = consume connection }

  /// A server, and the client's end given to `body`.
  static func paired<Client>(_ body: (consuming Connection) throws -> Client) throws -> (
    client: Client, server: FakeServer
  ) {
    let pair = try UnixSocket.pair()
    let server = FakeServer(pair.second)
    return (try body(pair.first), server)
  }

  func say(_ lines: String...) {
    for line in lines { _ = connection?.write(line + "\n") }
  }

  /// Whole lines that came.
  func lines() -> [String] {
    read()
    return input.withUnread { unread in
      String(decoding: unread, as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }

  /// Whether the client has closed its end.
  var sawTheEnd: Bool { read() == .closed }

  @discardableResult
  private func read() -> IOResult? {
    while connection != nil {
      let result = fill()
      guard case .count = result else { return result }
    }
    return nil
  }

  private func fill() -> IOResult {
    guard let connection = connection.take() else { return .closed }
    let result = input.fill(from: connection)
    self.connection = consume connection
    return result
  }

  func close() { connection = nil }
}

extension Connection {
  fileprivate borrowing func write(_ text: String) -> IOResult {
    Array(text.utf8).withUnsafeBytes { write($0) }
  }
}

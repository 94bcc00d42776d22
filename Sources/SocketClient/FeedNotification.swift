public import Contract

/// What the server sends unasked.
public enum FeedNotification: Equatable, Sendable {
  case event(FeedEventParams)
  case skipped(FeedSkippedParams)
  case heartbeat(FeedHeartbeatParams)
  case fenced(FeedFencedParams)
  case expired(FeedExpiredParams)
  /// One of a later version.
  case unknown(method: String)

  /// Reads a line that is a notification.
  public init(line: [UInt8]) throws(ClientFailure) {
    do {
      switch try ContractJSON.decode(Head.self, from: line).method {
      case "feed.event": self = .event(try FeedNotification.params(line))
      case "feed.skipped": self = .skipped(try FeedNotification.params(line))
      case "feed.heartbeat": self = .heartbeat(try FeedNotification.params(line))
      case "feed.fenced": self = .fenced(try FeedNotification.params(line))
      case "feed.expired": self = .expired(try FeedNotification.params(line))
      case let other: self = .unknown(method: other)
      }
    } catch {
      throw .malformed("a notification that cannot be read")
    }
  }

  /// Whether a line from the server is a notification: they begin with their method, answers with their id.
  static func isOne(_ line: UnsafeRawBufferPointer) -> Bool { line.starts(with: beginning) }

  private static let beginning = Array(#"{"jsonrpc":"2.0","method":"#.utf8)

  private static func params<Params: Decodable>(_ line: [UInt8]) throws -> Params {
    try ContractJSON.decode(Line<Params>.self, from: line).params
  }

  private struct Head: Decodable { let method: String }
  private struct Line<Params: Decodable>: Decodable { let params: Params }
}

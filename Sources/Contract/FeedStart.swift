/// Where a subscription starts: `"acked"`, `"oldest"`, `"newest"`, `{"cursor":…}` or `{"time":…}`.
///
/// Anything but `acked` moves the consumer's durable position there, backwards too: that is how one replays.
public enum FeedStart: Equatable, Sendable {
  /// After the last event acknowledged.
  case acked
  /// At the oldest event kept.
  case oldest
  /// Only what comes from now on.
  case newest
  /// After this cursor.
  case cursor(Cursor)
  /// At the first event of this time or later.
  case time(Timestamp)
}

extension FeedStart: Codable {
  private enum CodingKeys: String, CodingKey { case cursor, time }

  public init(from decoder: any Decoder) throws {
    let expected = "expected \"acked\", \"oldest\", \"newest\", {\"cursor\":…} or {\"time\":…}"
    if let container = try? decoder.singleValueContainer(), let word = try? container.decode(String.self) {
      switch word {
      case "acked": self = .acked
      case "oldest": self = .oldest
      case "newest": self = .newest
      default: throw DecodingError.dataCorruptedError(in: container, debugDescription: expected)
      }
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let cursor = try container.decodeIfPresent(Cursor.self, forKey: .cursor)
    let time = try container.decodeIfPresent(Timestamp.self, forKey: .time)
    switch (cursor, time) {
    case (let cursor?, nil): self = .cursor(cursor)
    case (nil, let time?): self = .time(time)
    default:
      throw DecodingError.dataCorrupted(
        .init(codingPath: container.codingPath, debugDescription: expected))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .acked: try encoder.encodeText("acked")
    case .oldest: try encoder.encodeText("oldest")
    case .newest: try encoder.encodeText("newest")
    case .cursor(let cursor):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(cursor, forKey: .cursor)
    case .time(let time):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(time, forKey: .time)
    }
  }
}

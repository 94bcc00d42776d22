import Contract

// How a client makes and reads lines.

extension APIClient {
  /// One request line. `params` is JSON.
  public static func line(id: Int64, method: String, params: [UInt8]) -> [UInt8] {
    var buffer = JSONBuffer(capacity: params.count + 96)
    buffer.append(text: #"{"jsonrpc":"2.0","id":"#)
    buffer.append(integer: id)
    buffer.append(text: #","method":"#)
    buffer.append(quoted: method)
    buffer.append(text: #","params":"#)
    buffer.append(contentsOf: params)
    buffer.append(text: "}\n")
    return buffer.octets
  }

  /// Whether a line from the server is a notification: they begin with their method, answers with their id.
  static func isNotification(_ line: [UInt8]) -> Bool {
    line.starts(with: Array(#"{"jsonrpc":"2.0","method":"#.utf8))
  }

  static func parse(reply line: [UInt8]) throws -> RawReply {
    guard let value = try? ContractJSON.decode(JSONValue.self, from: line), value["jsonrpc"] == .string("2.0")
    else { throw Failure.malformed("a line that is no answer") }
    let id = value["id"]?.integer
    if let result = value["result"] { return RawReply(id: id, outcome: .success(result), line: line) }
    guard let error = value["error"].flatMap(APIError.init(json:)) else {
      throw Failure.malformed("an answer with neither result nor error")
    }
    return RawReply(id: id, outcome: .failure(error), line: line)
  }

  public static func parse(notification line: [UInt8]) throws -> Notification {
    do {
      switch try ContractJSON.decode(NotificationHead.self, from: line).method {
      case "feed.event": return .event(try params(line))
      case "feed.skipped": return .skipped(try params(line))
      case "feed.heartbeat": return .heartbeat(try params(line))
      case "feed.fenced": return .fenced(try params(line))
      case "feed.expired": return .expired(try params(line))
      case let other: return .unknown(method: other)
      }
    } catch {
      throw Failure.malformed("a notification that cannot be read")
    }
  }

  private static func params<Params: Decodable>(_ line: [UInt8]) throws -> Params {
    try ContractJSON.decode(NotificationLine<Params>.self, from: line).params
  }

  private struct NotificationHead: Decodable { let method: String }
  private struct NotificationLine<Params: Decodable>: Decodable { let params: Params }
}

extension APIClient.RawReply {
  /// The error, where it is one.
  public var error: APIError? {
    guard case .failure(let error) = outcome else { return nil }
    return error
  }
}

extension APIError {
  /// Reads an error object of an answer; a code of a later version is taken as an internal error.
  public init?(json: JSONValue) {
    guard let number = json["code"]?.integer, let message = json["message"]?.string else { return nil }
    var items: [Item] = []
    if case .object(let data)? = json["data"] {
      for (key, value) in data.sorted(by: { $0.key < $1.key }) {
        switch value {
        case .string(let text): items.append(Item(key, .text(text)))
        case .integer(let number): items.append(Item(key, .integer(number)))
        default: break
        }
      }
    }
    self.init(ErrorCode(rawValue: Int(number)) ?? .internalError, message, data: items)
  }
}

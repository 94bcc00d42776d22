/// The error codes of the local socket: JSON-RPC 2.0 section 5.1, then our own.
public enum ErrorCode: Int, Hashable, Sendable, CaseIterable {
  /// The line is not JSON.
  case parseError = -32700
  /// It is JSON and not a request; or `hello` has not been said; or the line is too long.
  case invalidRequest = -32600
  /// There is no such method.
  case methodNotFound = -32601
  /// A parameter is missing, unknown, or of the wrong type; `data.path` names it.
  case invalidParams = -32602
  /// The gateway failed; nothing was changed.
  case internalError = -32603
  /// The peer's role may not do this.
  case forbidden = -32001
  /// What was named does not exist.
  case notFound = -32002
  /// A limit is reached, named in `data.limit_name`; try again later.
  case busy = -32003
  /// The request acts in no open session.
  case noSession = -32004
  /// The answer would be too long, or takes too long; `data.limit_name` names the limit. The same call may fail again.
  case tooLarge = -32005
  /// The cursor is older than what is kept; `data.oldest` is the oldest one.
  case cursorExpired = -32010
  /// Another connection is this consumer.
  case consumerBusy = -32011
  /// The cursor was given after the backup this store was restored from; `data.kept` is the newest event that is still known,
  /// `data.next` where the feed goes on. What was told between them is unknown to this store.
  case cursorLost = -32012
  /// The key was used with other parameters.
  case idempotencyConflict = -32020
  /// The rules forbid it; `data.reason` says which.
  case refused = -32030
}

/// One value of an error's `data`.
public enum ErrorValue: Equatable, Sendable {
  case text(String)
  case integer(Int64)
}

/// An error as it goes over the socket. `message` is for people and carries no message text; programs read `code` and `data`.
public struct APIError: Error, Equatable, Sendable {
  public var code: ErrorCode
  public var message: String
  /// In the order they are written.
  public var data: [Item]

  /// A named value of `data`.
  public struct Item: Equatable, Sendable {
    public var key: String
    public var value: ErrorValue

    public init(_ key: String, _ value: ErrorValue) {
      self.key = key
      self.value = value
    }
  }

  public init(_ code: ErrorCode, _ message: String, data: [Item] = []) {
    self.code = code
    self.message = message
    self.data = data
  }

  /// The rules forbid it. `field` names the parameter or merge field, `detail` is for a person.
  public static func refused(_ reason: Refusal, _ message: String? = nil, field: String? = nil) -> APIError {
    var data = [Item("reason", .text(reason.rawValue))]
    if let field { data.append(Item("field", .text(field))) }
    return APIError(
      .refused, message ?? reason.rawValue.split(separator: "_").joined(separator: " "), data: data)
  }

  /// There may be no more of something: `limitReached("tags", 50)`.
  public static func limitReached(_ limit: String, _ most: Int, field: String? = nil) -> APIError {
    var error = refused(
      .limitReached, "at most \(most) \(limit.split(separator: "_").joined(separator: " "))", field: field)
    error.data.append(Item("limit_name", .text(limit)))
    return error
  }

  /// What was named does not exist: `notFound("rep", id)`.
  public static func notFound(_ kind: String, _ id: some CustomStringConvertible) -> APIError {
    APIError(
      .notFound, "no such \(kind)",
      data: [Item("object_kind", .text(kind)), Item("id", .text(id.description))])
  }

  /// A named limit is reached.
  public static func busy(_ limit: String, _ message: String = "busy, try again") -> APIError {
    APIError(.busy, message, data: [Item("limit_name", .text(limit))])
  }

  /// A query took longer than a query may.
  public static let overTime = tooLarge("query_time", "the answer took too long: ask for less")

  /// The answer is more than may be answered at once.
  public static func tooLarge(_ limit: String, _ message: String) -> APIError {
    APIError(.tooLarge, message, data: [Item("limit_name", .text(limit))])
  }

  /// A parameter cannot be used: `invalid("limit", "1 to 200")`.
  public static func invalid(_ path: String, _ expected: String) -> APIError {
    APIError(.invalidParams, "\(path): \(expected)", data: [Item("path", .text(path))])
  }

  public static func cursorExpired(oldest: Cursor) -> APIError {
    APIError(
      .cursorExpired, "the cursor is older than what is kept",
      data: [Item("oldest", .text(oldest.description))])
  }

  public static func cursorLost(kept: Cursor, resumed: Cursor) -> APIError {
    APIError(
      .cursorLost, "the cursor was given after the backup this store was restored from",
      data: [Item("kept", .text(kept.description)), Item("resumed", .text(resumed.description))])
  }

  public static func forbidden(_ method: Method) -> APIError {
    APIError(.forbidden, "this role may not call \(method.rawValue)")
  }

  public static let noSession = APIError(.noSession, "no open session: sign in")

  public static let idempotencyConflict = APIError(
    .idempotencyConflict, "the idempotency key was used with other parameters")

  public static let internalError = APIError(.internalError, "the gateway failed; nothing was changed")

  /// `data.reason`, where the rules refused.
  public var refusal: Refusal? {
    guard case .text(let reason)? = data.first(where: { $0.key == "reason" })?.value else { return nil }
    return Refusal(rawValue: reason)
  }
}

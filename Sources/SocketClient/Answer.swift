public import Contract

/// The answer to a request, as it came.
public struct Answer: Equatable, Sendable {
  /// The request's id; nil where the server could not read it.
  public let id: Int64?
  public let outcome: Result<JSONValue, APIError>
  /// The whole line, without its line feed.
  public let line: [UInt8]

  init(line: [UInt8]) throws(ClientFailure) {
    guard let value = try? ContractJSON.decode(JSONValue.self, from: line), value["jsonrpc"] == .string("2.0")
    else { throw .malformed("a line that is no answer") }
    self.line = line
    id = value["id"]?.integer
    if let result = value["result"] {
      outcome = .success(result)
    } else if let error = value["error"].flatMap(APIError.init(json:)) {
      outcome = .failure(error)
    } else {
      throw .malformed("an answer with neither result nor error")
    }
  }

  /// The error, where it is one.
  public var error: APIError? {
    guard case .failure(let error) = outcome else { return nil }
    return error
  }

  /// The result of a method's call. Throws the server's `APIError`, or ``ClientFailure``.
  public func result<Params: MethodParams>(of method: Params.Type) throws -> Params.Result {
    let value = try outcome.get()
    do {
      return try ContractJSON.decode(Params.Result.self, from: ContractJSON.encode(value))
    } catch {
      throw ClientFailure.malformed("a result that is not one of \(Params.method.rawValue)")
    }
  }
}

extension APIError {
  /// Reads an error object of an answer; a code of a later version is taken as an internal error.
  init?(json: JSONValue) {
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
    self.init(ErrorCode(rawValue: Int(clamping: number)) ?? .internalError, message, data: items)
  }
}

import FoundationEssentials

/// A request's `id`, echoed with its answer.
public enum RequestID: Hashable, Sendable {
  /// Most octets of a string id.
  public static let maximumLength = 128

  case number(Int64)
  case string(String)
  /// The request had none that can be echoed.
  case null
}

/// A decoded request line.
public struct Request: Sendable {
  /// Echoed with the answer.
  public let id: RequestID
  /// The method, where it is a known one: a decoded call may still be wrong.
  public let method: Method?
  /// The session that it acts in: `as`.
  public let session: SecretToken?
  /// The call, or what is wrong with it.
  public let call: Result<Call, APIError>

  /// Decodes one line. Never fails: what is wrong becomes the error to answer with.
  public static func decode(line: UnsafeRawBufferPointer) -> Request {
    // SAFETY: the decoder reads the octets only while `decode` runs, and keeps no part of them.
    guard let base = line.baseAddress else {
      return Request(failed: APIError(.parseError, "not JSON"))
    }
    let data = Data(
      bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: line.count, deallocator: .none)
    do {
      return try JSONDecoder().decode(RequestLine.self, from: data).request
    } catch DecodingError.typeMismatch {
      return Request(failed: APIError(.invalidRequest, "a request is one JSON object"))
    } catch {
      return Request(failed: APIError(.parseError, "not JSON"))
    }
  }

  fileprivate init(
    id: RequestID, method: Method?, session: SecretToken?, call: Result<Call, APIError>
  ) {
    self.id = id
    self.method = method
    self.session = session
    self.call = call
  }

  fileprivate init(_ id: RequestID = .null, failed error: APIError) {
    self.init(id: id, method: nil, session: nil, call: .failure(error))
  }
}

/// Decodes envelope and parameters in one pass.
private struct RequestLine: Decodable {
  let request: Request

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: RequestKeys.self)
    func invalid(_ id: RequestID, _ message: String) -> Request {
      Request(id, failed: APIError(.invalidRequest, message))
    }
    let id: RequestID
    if let number = try? container.decode(Int64.self, forKey: .id) {
      id = .number(number)
    } else if let string = try? container.decode(String.self, forKey: .id),
      string.utf8.count <= RequestID.maximumLength
    {
      id = .string(string)
    } else {
      request = invalid(
        .null, "id: an integer, or a string of at most \(RequestID.maximumLength) octets, is required")
      return
    }
    guard (try? container.decode(String.self, forKey: .jsonrpc)) == "2.0" else {
      request = invalid(id, "jsonrpc: \"2.0\" is required")
      return
    }
    guard let name = try? container.decode(String.self, forKey: .method) else {
      request = invalid(id, "method: a string is required")
      return
    }
    guard let row = MethodDescription.named[name] else {
      request = Request(id, failed: APIError(.methodNotFound, "no such method"))
      return
    }
    let session: SecretToken?
    do {
      session = try container.decodeIfPresent(SecretToken.self, forKey: .session)
    } catch {
      // A token that cannot be one is no open session.
      request = Request(id, failed: .noSession)
      return
    }
    let call: Result<Call, APIError>
    do {
      call = .success(try row.decode(container))
    } catch let error as APIError {
      call = .failure(error)
    } catch let error as DecodingError {
      call = .failure(APIError(error))
    } catch {
      call = .failure(.invalid("params", "the parameters cannot be read"))
    }
    request = Request(id: id, method: row.method, session: session, call: call)
  }
}

extension APIError {
  /// A parameter error that names the place and what was expected, and repeats nothing of what was sent.
  init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self = .invalid(APIError.path(context.codingPath, key), "required")
    case .typeMismatch(let type, let context):
      self = .invalid(APIError.path(context.codingPath), "expected \(APIError.jsonName(of: type))")
    case .valueNotFound(let type, let context):
      self = .invalid(APIError.path(context.codingPath), "expected \(APIError.jsonName(of: type)), not null")
    case .dataCorrupted(let context):
      let told = context.debugDescription
      self = .invalid(
        APIError.path(context.codingPath), told.hasPrefix("expected ") ? told : "not a value it can have")
    @unknown default:
      self = .invalid("params", "the parameters cannot be read")
    }
  }

  /// Where a value stands in the parameters: `contacts[1].phones`.
  static func path(_ keys: [any CodingKey], _ last: (any CodingKey)? = nil) -> String {
    var text = ""
    let all = keys + (last.map { [$0] } ?? [])
    for key in all.drop(while: { $0.stringValue == RequestKeys.params.rawValue }) {
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + String(key.stringValue.prefix(64))
      }
    }
    return text.isEmpty ? "params" : text
  }

  private static func jsonName(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any FixedWidthInteger.Type: "an integer"
    // Of an object the decoder names a dictionary, which is a collection too.
    case is any Collection.Type where !String(describing: type).hasPrefix("Dictionary<"): "an array"
    default: "an object"
    }
  }
}

/// Writes the answers' envelopes.
public enum ReplyLine {
  /// Appends `{"jsonrpc":"2.0","id":…,"result":…}` and a line feed. `result` is JSON.
  public static func append(result: some Collection<UInt8>, id: RequestID, to buffer: inout JSONBuffer) {
    start(id, &buffer)
    buffer.append(text: #","result":"#)
    buffer.append(contentsOf: result)
    buffer.append(text: "}\n")
  }

  /// Appends `{"jsonrpc":"2.0","id":…,"error":{…}}` and a line feed.
  public static func append(error: APIError, id: RequestID, to buffer: inout JSONBuffer) {
    start(id, &buffer)
    buffer.append(text: #","error":{"code":"#)
    buffer.append(integer: Int64(error.code.rawValue))
    buffer.append(text: #","message":"#)
    buffer.append(quoted: error.message)
    if !error.data.isEmpty {
      buffer.append(text: #","data":{"#)
      var first = true
      for item in error.data {
        if !first { buffer.append(UInt8(ascii: ",")) }
        first = false
        buffer.append(quoted: item.key)
        buffer.append(UInt8(ascii: ":"))
        switch item.value {
        case .text(let text): buffer.append(quoted: text)
        case .integer(let value): buffer.append(integer: value)
        }
      }
      buffer.append(UInt8(ascii: "}"))
    }
    buffer.append(text: "}}\n")
  }

  private static func start(_ id: RequestID, _ buffer: inout JSONBuffer) {
    buffer.append(text: #"{"jsonrpc":"2.0","id":"#)
    switch id {
    case .number(let number): buffer.append(integer: number)
    case .string(let string): buffer.append(quoted: string)
    case .null: buffer.append(text: "null")
    }
  }
}

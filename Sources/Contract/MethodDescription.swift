import FoundationEssentials

/// Parameters of one method.
public protocol MethodParams: Codable, Equatable, Sendable {
  /// What the method answers.
  associatedtype Result: Codable, Equatable, Sendable
  /// The method they belong to.
  static var method: Method { get }
}

/// Parameters of a list: one page of it is answered.
public protocol ListParams<Item>: MethodParams where Result == Page<Item> {
  associatedtype Item: Codable, Equatable, Sendable
  /// Only what changed at this time or later.
  var since: Timestamp? { get set }
  var cursor: PageCursor? { get set }
  var limit: Int? { get set }
}

/// Parameters of a method that changes state.
public protocol CommandParams: MethodParams {
  /// The caller's `idempotency_key`: a repeat of (role, method, key) gets the first result again.
  var repeatKey: String? { get }
}

extension CommandParams {
  public var repeatKey: String? { nil }
}

/// Parameters of a method that changes state, and that a caller may give a key.
public protocol RepeatableParams: CommandParams {
  var idempotencyKey: String? { get }
}

extension RepeatableParams {
  public var repeatKey: String? { idempotencyKey }
}

/// Where a method is answered.
public enum MethodKind: Sendable {
  /// By the connection itself.
  case session
  /// By the writer, in a transaction; the answer follows the commit.
  case command
  /// From a read-only view.
  case query
}

/// A decoded call.
public enum Call: Equatable, Sendable {
  case session(SessionCall)
  case command(Command)
  case query(Query)
}

/// One row of the table of methods: dispatch, roles, schemas and help derive from it.
public struct MethodDescription: Sendable {
  /// The method.
  public let method: Method
  /// Where it is answered.
  public let kind: MethodKind
  /// Name of the parameters' definition in the schemas.
  public var paramsSchema: String { method.rawValue + ".params" }
  /// Name of the result's definition in the schemas.
  public var resultSchema: String { method.rawValue + ".result" }
  /// Decodes `params` of a request line that is being decoded.
  let decode: @Sendable (KeyedDecodingContainer<RequestKeys>) throws -> Call

  private init<Params: MethodParams>(_ kind: MethodKind, call: @escaping @Sendable (Params) -> Call) {
    method = Params.method
    self.kind = kind
    let rules = ParamRules(Schemas.definitions[Params.method.rawValue + ".params"] ?? .null)
    decode = { container in
      guard container.contains(.params) else {
        return call(try ContractJSON.decode(Params.self, from: Array("{}".utf8)))
      }
      try rules.check(container.nestedContainer(keyedBy: AnyKey.self, forKey: .params))
      return call(try container.decode(Params.self, forKey: .params))
    }
  }

  static func session<P: MethodParams>(_ make: @escaping @Sendable (P) -> SessionCall) -> Self {
    Self(.session) { .session(make($0)) }
  }

  static func command<P: CommandParams>(_ make: @escaping @Sendable (P) -> Command) -> Self {
    Self(.command) { .command(make($0)) }
  }

  static func query<P: MethodParams>(_ make: @escaping @Sendable (P) -> Query) -> Self {
    Self(.query) { .query(make($0)) }
  }

  /// Every row, by the method's name.
  static let named: [String: Self] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.method.rawValue, $0) })
}

extension Method {
  /// Whether a pattern names it: `*`, `feed.*` or `message.send`.
  public func fits(_ pattern: String) -> Bool {
    pattern == "*" || pattern == rawValue
      || (pattern.hasSuffix(".*") && rawValue.hasPrefix(pattern.dropLast()))
  }

  /// The method's row of the table.
  public var description: MethodDescription {
    guard let row = MethodDescription.named[rawValue] else { preconditionFailure("\(rawValue) has no row") }
    return row
  }
}

/// The keys of a request line.
enum RequestKeys: String, CodingKey {
  case jsonrpc, id, method, params
  case session = "as"
}

/// Any key of an object. One type for the keys of all objects: an enumeration for each would be a fifth of the contract's code.
struct AnyKey: CodingKey, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init(stringLiteral: String) { stringValue = stringLiteral }
  init?(intValue: Int) { nil }
}

/// The one way values of the contract become JSON and back.
public enum ContractJSON {
  /// Compact JSON with sorted keys: the same value always gives the same octets.
  public static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value))
  }

  public static func decode<Value: Decodable>(_ type: Value.Type, from octets: some Collection<UInt8>) throws
    -> Value
  {
    try JSONDecoder().decode(Value.self, from: Data(octets))
  }

  /// What two calls with one idempotency key are compared by: the parameters as decoded, so that spacing and the order
  /// of keys do not matter.
  public static func fingerprint(_ command: Command) throws -> [UInt8] {
    func encoded(_ params: some CommandParams) throws -> [UInt8] { try encode(params) }
    return try encoded(command.params)
  }

  /// A stored result as it is answered to a repeat: the same object with `"replayed":true`.
  public static func markReplayed(_ result: [UInt8]) -> [UInt8] {
    guard result.first == UInt8(ascii: "{"), result.count >= 2 else { return result }
    var marked = Array(#"{"replayed":true"#.utf8)
    if result[1] != UInt8(ascii: "}") { marked.append(UInt8(ascii: ",")) }
    marked.append(contentsOf: result.dropFirst())
    return marked
  }
}

// The whole contract as two documents that generators of clients and documentation read.

extension Schemas {
  /// What the documents are about.
  private static func info(_ what: String, _ description: String, _ version: String) -> JSONValue {
    .object([
      "title": .string("Tollgate \(what)"), "version": .string(version), "description": .string(description),
    ])
  }

  private static let socket = "/run/tollgate/tollgate.sock"

  /// The methods as an OpenRPC 1.3 document. Both sides of each method are components too, as `message_send_params` and
  /// `message_send_result`, so that a generator makes a type of each.
  public static func openRPC(version: String) -> JSONValue {
    .object([
      "openrpc": .string("1.3.2"),
      "info": info(
        "methods",
        "JSON-RPC 2.0 over a Unix stream socket: one compact JSON object a line, LF, no batches; hello comes first. "
          + "The events of the feed are in the AsyncAPI document: tollgate schema --bundle events.", version),
      "servers": .array([.object(["name": .string("local"), "url": .string("unix:\(socket)")])]),
      "methods": .array(Method.allCases.map(openRPC)),
      "components": .object([
        "schemas": components(published), "errors": .object(errors.mapValues(components)),
      ]),
    ])
  }

  private static func openRPC(_ method: Method) -> JSONValue {
    let row = method.description
    let params = definitions[row.paramsSchema]
    let required = Set((params?["required"]?.array ?? []).compactMap(\.string))
    var errors = [
      "invalid_request", "invalid_params", "internal_error", "forbidden", "not_found", "no_session", "busy",
      "too_large",
    ]
    if row.kind == .command || method == .messageEstimate { errors += ["refused"] }
    if params?["properties"]?["idempotency_key"] != nil { errors += ["idempotency_conflict"] }
    if method == .feedSubscribe { errors += ["cursor_expired"] }
    if [.feedSubscribe, .feedAck].contains(method) { errors += ["cursor_lost", "consumer_busy"] }
    let fields = (params?["properties"]?.object ?? [:]).sorted { a, b in
      required.contains(a.key) == required.contains(b.key) ? a.key < b.key : required.contains(a.key)
    }
    return .object([
      "name": .string(method.rawValue), "summary": .string(summary(of: method)),
      "paramStructure": .string("by-name"),
      "params": .array(
        fields.map { name, schema in
          let told = schema["description"] ?? referred(by: schema)?.schema["description"] ?? .string("")
          return .object([
            "name": .string(name), "required": .bool(required.contains(name)), "summary": told,
            "schema": components(schema),
          ])
        }),
      "result": .object(["name": .string("result"), "schema": component(row.resultSchema)]),
      "errors": .array(errors.compactMap { Schemas.errors[$0] }.map(components)),
    ])
  }

  /// The feed as an AsyncAPI 3.0 document: what a subscriber is sent.
  public static func asyncAPI(version: String) -> JSONValue {
    let notifications = ["feed.skipped", "feed.heartbeat", "feed.fenced", "feed.expired"]
    var messages: [String: JSONValue] = [:]
    var schemas: [String: JSONValue] = [:]
    func add(_ name: String, _ schema: JSONValue, about definition: String) {
      schemas[name] = schema
      messages[identifier(name)] = .object([
        "name": .string(name), "contentType": .string("application/json"),
        "summary": definitions[definition]?["description"] ?? .string(""), "payload": component(name),
      ])
    }
    for type in EventType.allCases.map(\.description) {
      // The data has the event's own name; what is sent is the notification around it.
      let event = JSONValue.object([
        "allOf": .array([
          reference("event"),
          .object([
            "properties": .object(["type": .object(["const": .string(type)]), "data": reference(type)])
          ]),
        ])
      ])
      add("feed.event." + type, notification("feed.event", around: ["event": event]), about: type)
    }
    for name in notifications { add("notification." + name, notification(name, around: [:]), about: name) }
    for (name, definition) in Self.used(by: Array(schemas.values), in: published) {
      schemas[name] = definition
    }
    return .object([
      "asyncapi": .string("3.0.0"),
      "info": info(
        "feed",
        "What a connection is sent after feed.subscribe: JSON-RPC notifications, one a line. Events are CloudEvents "
          + "1.0 objects, in order for each partitionkey and at least once; feed.ack acknowledges up to a cursor. "
          + "The methods are in the OpenRPC document: tollgate schema --bundle.", version),
      "defaultContentType": .string("application/json"),
      "servers": .object([
        "local": .object([
          "host": .string("localhost"), "pathname": .string(socket), "protocol": .string("unix"),
        ])
      ]),
      "channels": .object([
        "feed": .object([
          "address": .string("feed"),
          "messages": .object(
            messages.keys.reduce(into: [:]) {
              $0[$1] = .object(["$ref": .string("#/components/messages/" + $1)])
            }),
        ])
      ]),
      "operations": .object([
        "deliver": .object([
          "action": .string("send"), "channel": .object(["$ref": .string("#/channels/feed")]),
          "summary": .string("Every event of the consumer's filter, and how the feed stands."),
        ])
      ]),
      "components": .object(["messages": .object(messages), "schemas": components(schemas)]),
    ])
  }

  /// A notification's whole line; `fields` take the place of its parameters' own.
  private static func notification(_ method: String, around fields: [String: JSONValue]) -> JSONValue {
    let own = reference(method)
    let params: JSONValue =
      fields.isEmpty
      ? own : .object(["allOf": .array([own, .object(["properties": .object(fields)])])])
    return .object([
      "type": .string("object"),
      "properties": .object([
        "jsonrpc": .object(["const": .string("2.0")]), "method": .object(["const": .string(method)]),
        "params": params,
      ]),
      "required": .array(["jsonrpc", "method", "params"].map(JSONValue.string)),
    ])
  }

  private static func component(_ name: String) -> JSONValue {
    .object(["$ref": .string("#/components/schemas/" + identifier(name))])
  }

  private static func components(_ schemas: [String: JSONValue]) -> JSONValue {
    .object(schemas.reduce(into: [:]) { $0[identifier($1.key)] = components($1.value) })
  }

  /// A component's name, as generators make types of: they take a dot for a module's.
  private static func identifier(_ name: String) -> String {
    String(name.map { $0 == "." ? "_" : $0 })
  }

  /// Turns `#/$defs/phone` into `#/components/schemas/phone`.
  private static func components(_ value: JSONValue) -> JSONValue {
    replacingReferences(in: value) { component(String($0.dropFirst("#/$defs/".count)))["$ref"]?.string ?? $0 }
  }
}

/// Writes what the schemas say as Swift: a structure for each object, an enumeration for each list of words, the table of
/// methods, and the schemas themselves.
struct Generator {
  /// What a definition is called in Swift where the code has a type of its own for it.
  private static let handWritten: [String: String] = [
    "phone": "E164", "typed_phone": "TypedPhone", "address": "PhoneNumber", "rep_id": "RepID",
    "contact_id": "ContactID", "member_id": "MemberID", "session_id": "SessionID",
    "secret_token": "SecretToken", "login": "String", "salt": "String", "proof": "String", "device": "String",
    "own_device": "Bool", "member_roles": "[MemberRole]",
    "message_id": "MessageID", "conversation_id": "ConversationID", "campaign_id": "CampaignID",
    "group_id": "GroupID", "queue_id": "QueueID", "episode_id": "EpisodeID",
    "disposition_id": "DispositionID", "note_id": "NoteID",
    "template_id": "TemplateID", "lead_id": "LeadID", "absence_id": "AbsenceID", "email_id": "EmailID",
    "keyword_id": "KeywordID", "link_token": "LinkToken", "email_address": "EmailAddress",
    "answer_within_s": "Int", "capacity": "Int", "disposition_required": "Bool", "disposition_key": "String",
    "dispositions": "[DispositionChoice]", "cursor": "Cursor", "page_cursor": "PageCursor",
    "timestamp": "Timestamp",
    "sender": "Sender", "recipient": "Recipient", "group_ref": "GroupRef", "feed_start": "FeedStart",
    "event_type": "EventType", "page_limit": "Int", "idempotency_key": "String", "replayed": "Bool",
    "done": "Done", "changed": "Changed", "verify_cursor": "VerifyCursor",
  ]

  private struct Method {
    var name: String
    var type: String
    var kind: String
  }

  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  private(set) var code = "// Written by ContractGenerator from the schemas. Changes are lost.\n"
  private var methods: [Method] = []
  private var schemas = ""

  /// A schema file: its text, and what it says. The text is kept as a literal: of all resources it is the one that compiles at once.
  mutating func add(_ text: String, _ document: OrderedJSON) throws(Problem) {
    schemas += "    #\"\"\"\n\(text)\n\"\"\"#,\n"
    // The lines of the socket themselves are read and written by hand.
    guard document["$id"]?.text != "urn:tollgate:schema:envelope" else { return }
    for (name, definition) in document["$defs"]?.members ?? [] where Generator.handWritten[name] == nil {
      if definition["enum"] != nil {
        addWords(Names.type(name), definition)
      } else if definition["type"]?.text == "object", !name.contains(".") || name.hasPrefix("sms.") {
        try addStructure(Names.type(name), definition, conforming: "Codable, Equatable, Sendable")
      }
    }
    for (name, method) in document["methods"]?.members ?? [] { try add(method: name, method) }
  }

  // MARK: Types

  private mutating func addWords(_ type: String, _ definition: OrderedJSON) {
    add(comment: definition["description"]?.text, "")
    code += "public enum \(type): String, Codable, Sendable, CaseIterable {\n"
    for word in definition["enum"]?.items.compactMap(\.text) ?? [] {
      add(comment: definition["x-words"]?[word]?.text, "  ")
      let name = Names.property(word)
      code += "  case \(Names.escaped(name))\(name == word ? "" : " = \"\(word)\"")\n"
    }
    code += "}\n\n"
  }

  private mutating func addStructure(
    _ type: String, _ definition: OrderedJSON, conforming: String, head: String = ""
  ) throws(Problem) {
    let required = Set(definition["required"]?.items.compactMap(\.text) ?? [])
    var fields: [(key: String, name: String, type: String, isOptional: Bool)] = []
    for (key, schema) in definition["properties"]?.members ?? [] {
      let isOptional = !required.contains(key) || Generator.nullable(schema) != nil
      fields.append(
        (key, Names.property(key), try Generator.swiftType(of: schema, at: "\(type).\(key)"), isOptional))
    }
    add(comment: definition["description"]?.text, "")
    code += "public struct \(type): \(conforming) {\n\(head)"
    for (index, field) in fields.enumerated() {
      add(comment: definition["properties"]?.members[index].value["description"]?.text, "  ")
      code += "  public var \(Names.escaped(field.name)): \(field.type)\(field.isOptional ? "?" : "")\n"
    }
    let parameters = fields.map { "\($0.name): \($0.type)\($0.isOptional ? "? = nil" : "")" }
    code += "\n  public init(\(parameters.joined(separator: ", "))) {\n"
    for field in fields { code += "    self.\(field.name) = \(Names.escaped(field.name))\n" }
    code += "  }\n"
    code += "\n  public init(from decoder: any Decoder) throws {\n"
    if !fields.isEmpty { code += "    let fields = try decoder.container(keyedBy: AnyKey.self)\n" }
    for field in fields {
      let decode = field.isOptional ? "decodeIfPresent" : "decode"
      code += "    self.\(field.name) = try fields.\(decode)(\(field.type).self, forKey: \"\(field.key)\")\n"
    }
    code += "  }\n\n  public func encode(to encoder: any Encoder) throws {\n"
    code += "    \(fields.isEmpty ? "_" : "var fields") = encoder.container(keyedBy: AnyKey.self)\n"
    for field in fields {
      let encode = field.isOptional ? "encodeIfPresent" : "encode"
      code += "    try fields.\(encode)(self.\(field.name), forKey: \"\(field.key)\")\n"
    }
    code += "  }\n"
    code += "}\n\n"
  }

  private static func swiftType(of schema: OrderedJSON, at place: String) throws(Problem) -> String {
    if let reference = schema["$ref"]?.text {
      let name = reference.split(separator: "/").last.map(String.init) ?? ""
      return handWritten[name] ?? Names.type(name)
    }
    if let value = nullable(schema) { return try swiftType(of: value, at: place) }
    switch schema["type"]?.text {
    case nil: return "JSONValue"
    case "string": return "String"
    case "boolean": return "Bool"
    case "number": return "Double"
    case "integer": return schema["format"]?.text == "int64" ? "Int64" : "Int"
    case "array":
      guard let items = schema["items"] else { break }
      return "[\(try swiftType(of: items, at: place))]"
    case "object":
      guard schema["properties"] == nil else { break }
      guard let values = schema["additionalProperties"], case .object = values else {
        return "[String: JSONValue]"
      }
      return "[String: \(try swiftType(of: values, at: place))]"
    default: break
    }
    throw Problem(description: "\(place): no Swift type for its schema")
  }

  /// What a value that may be null is otherwise; nil for a schema without null.
  private static func nullable(_ schema: OrderedJSON) -> OrderedJSON? {
    let options = schema["anyOf"]?.items ?? []
    guard options.contains(where: { $0["type"]?.text == "null" }) else { return nil }
    return options.first { $0["type"]?.text != "null" }
  }

  private mutating func add(comment: String?, _ indent: String) {
    for line in comment?.split(separator: "\n") ?? [] { code += "\(indent)/// \(line)\n" }
  }

  // MARK: Methods

  private mutating func add(method name: String, _ method: OrderedJSON) throws(Problem) {
    guard let kind = method["kind"]?.text, let params = method["params"] else {
      throw Problem(description: "\(name): needs kind and params")
    }
    let type = Names.type(name)
    var head = ""
    var conforming = kind == "command" ? "CommandParams" : "MethodParams"
    if let item = method["page"] {
      let item = try Generator.swiftType(of: item, at: name)
      if params["properties"]?["cursor"] == nil {
        head = "  public typealias Result = Page<\(item)>\n"
      } else {
        head = "  public typealias Item = \(item)\n"
        conforming = "ListParams"
      }
    } else if let result = method["result"] {
      let isNamed = result["$ref"] != nil
      let named = isNamed ? try Generator.swiftType(of: result, at: name) : type + "Result"
      if !isNamed {
        let isRepeatable = params["properties"]?["idempotency_key"] != nil
        try addStructure(
          named, isRepeatable ? Generator.repeatable(result) : result,
          conforming: "Codable, Equatable, Sendable")
      }
      head = "  public typealias Result = \(named)\n"
    }
    if kind == "command", params["properties"]?["idempotency_key"] != nil { conforming = "RepeatableParams" }
    head += "  public static let method = Method.\(Names.property(name))\n\n"
    var documented = params.members
    documented.append(("description", method["summary"] ?? .text("")))
    try addStructure(type, .object(documented), conforming: conforming, head: head)
    methods.append(Method(name: name, type: type, kind: kind))
  }

  /// The result of a call with a key may be that of an earlier one, and says so.
  private static func repeatable(_ result: OrderedJSON) -> OrderedJSON {
    let replayed = OrderedJSON.object([("$ref", .text("common.json#/$defs/replayed"))])
    return .object(
      result.members.map { key, value in
        key == "properties" ? (key, .object(value.members + [("replayed", replayed)])) : (key, value)
      })
  }

  mutating func finish() {
    code += "/// Every method of the local socket, by its name on the wire.\n"
    code += "public enum Method: String, CaseIterable, Sendable {\n"
    for method in methods {
      let name = Names.property(method.name)
      code += "  case \(name)\(name == method.name ? "" : " = \"\(method.name)\"")\n"
    }
    code += "}\n\n"
    addCalls("Command", "command", "A call that changes state; the writer runs it in a transaction.")
    addCalls("Query", "query", "A call that reads; answered from a read-only view.")
    addCalls("SessionCall", "session", "A call about the connection itself; answered where the socket is.")
    addParams("Command", "command", "CommandParams")
    addParams("Query", "query", "MethodParams")
    code += "extension MethodDescription {\n  /// Every row of the table of methods.\n"
    code += "  static let all: [MethodDescription] = [\n"
    let enumerations = ["command": "Command", "query": "Query", "session": "SessionCall"]
    for method in methods {
      code += "    .\(method.kind)(\(enumerations[method.kind] ?? "").\(Names.property(method.name))),\n"
    }
    code +=
      "  ]\n}\n\nextension Schemas {\n  /// The schema files.\n  static let files: [String] = [\n\(schemas)  ]\n}\n"
  }

  private mutating func addParams(_ name: String, _ kind: String, _ type: String) {
    code += "extension \(name) {\n  /// The parameters, without their type.\n"
    code += "  public var params: any \(type) {\n    switch self {\n"
    for method in methods where method.kind == kind {
      code += "    case .\(Names.property(method.name))(let params): params\n"
    }
    code += "    }\n  }\n}\n\n"
  }

  private mutating func addCalls(_ name: String, _ kind: String, _ comment: String) {
    code += "/// \(comment)\npublic enum \(name): Equatable, Sendable {\n"
    for method in methods where method.kind == kind {
      code += "  case \(Names.property(method.name))(\(method.type))\n"
    }
    code += "}\n\n"
  }
}

import Contract

/// Values made from a schema: what a caller could send, every field filled.
public enum SchemaSample {
  /// What fits a definition whose strings have a form of their own.
  private static let words: [String: String] = [
    "phone": "+12025550143", "address": "+18885550101", "rep_id": "rep_1", "contact_id": "con_1",
    "member_id": "mem_1", "session_id": "ses_1", "queue_id": "q_1", "episode_id": "ep_1",
    "disposition_id": "disp_1", "note_id": "note_1", "template_id": "tpl_1", "lead_id": "lead_1",
    "absence_id": "abs_1", "keyword_id": "kw_1", "email_id": "eml_1", "link_token": "0123456789abcdef",
    "email_address": "rosa@acme.example",
    "secret_token": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    "message_id": "msg_1", "conversation_id": "conv_1", "campaign_id": "camp_1", "group_id": "grp_1",
    "cursor": "cur_1", "page_cursor": "pg_1.0", "verify_cursor": "vf_1",
    "timestamp": "2026-11-22T17:03:11.412Z", "sender": "rep_1", "recipient": "con_1",
  ]

  /// One value with every field of the schema.
  public static func full(_ definition: String) -> JSONValue {
    full(Schemas.definitions[definition] ?? .null)
  }

  public static func full(_ schema: JSONValue) -> JSONValue {
    if let reference = schema["$ref"]?.string {
      let name = String(reference.dropFirst("#/$defs/".count))
      return words[name].map(JSONValue.string) ?? full(Schemas.definitions[name] ?? .null)
    }
    if let parts = schema["allOf"]?.array {
      return .object(parts.map(full).compactMap(\.object).reduce(into: [:]) { $0.merge($1) { $1 } })
    }
    if let constant = schema["const"] { return constant }
    if let first = schema["enum"]?.array?.first { return first }
    if let options = schema["anyOf"]?.array {
      return full(options.last { $0["type"] != .string("null") } ?? .null)
    }
    switch schema["type"]?.string {
    case "object":
      if case .object(let properties)? = schema["properties"] { return .object(properties.mapValues(full)) }
      return schema["additionalProperties"].map { .object(["first_name": full($0)]) } ?? .object([:])
    case "array": return .array([full(schema["items"] ?? .null)])
    case "integer": return .integer(schema["minimum"]?.integer ?? 1)
    case "boolean": return .bool(true)
    case "string": return .string(String(repeating: "x", count: Int(schema["minLength"]?.integer ?? 1)))
    default: return .null
    }
  }

  /// The same value with one more field, once for each object in it that is not a map of the caller's own names; and
  /// the path of that field.
  public static func misspelt(_ value: JSONValue, _ schema: JSONValue, path: String = "") -> [(
    JSONValue, String
  )] {
    if let reference = schema["$ref"]?.string {
      let name = String(reference.dropFirst("#/$defs/".count))
      return misspelt(value, Schemas.definitions[name] ?? .null, path: path)
    }
    if let options = schema["anyOf"]?.array {
      return options.last.map { misspelt(value, $0, path: path) } ?? []
    }
    switch value {
    case .object(let object):
      guard case .object(let properties)? = schema["properties"] else { return [] }
      let dot = path.isEmpty ? "" : path + "."
      var found: [(JSONValue, String)] = [
        (.object(object.merging(["misspelt": .bool(true)]) { $1 }), dot + "misspelt")
      ]
      for (name, inner) in object {
        for (changed, at) in misspelt(inner, properties[name] ?? .null, path: dot + name) {
          found.append((.object(object.merging([name: changed]) { $1 }), at))
        }
      }
      return found
    case .array(let items):
      return misspelt(items.first ?? .null, schema["items"] ?? .null, path: path + "[0]").map {
        (.array([$0.0]), $0.1)
      }
    default: return []
    }
  }
}

// Values at the edges of what a schema allows, and beyond.
extension SchemaSample {
  /// Every parameter of a method at its extremes, one at a time, the others as in `base`: the parameters, and what they are.
  public static func extremes(of method: Method, base: JSONValue? = nil) -> [(
    params: JSONValue, what: String
  )] {
    let schema = Schemas.definitions[method.description.paramsSchema] ?? .null
    return extremes(base ?? full(schema), schema, path: method.rawValue)
  }

  private static let ofAnyType: [JSONValue] = [
    .null, .bool(true), .integer(.min), .integer(.max), .integer(0), .integer(-1), .number(1.5),
    .number(1e300),
    .string(""), .string("x"), .string("\u{0}\u{202E}\u{FFFF}"), .array([]), .object([:]),
    .array(Array(repeating: .integer(1), count: 20_000)), .string(String(repeating: "é", count: 100_000)),
  ]

  private static func extremes(_ base: JSONValue, _ schema: JSONValue, path: String) -> [(JSONValue, String)]
  {
    if let (name, target) = Schemas.referred(by: schema) {
      return ofWord(name).map { (.string($0), path) } + extremes(base, target, path: path)
    }
    if let options = schema["anyOf"]?.array {
      return options.flatMap { extremes(full($0), $0, path: path) }
    }
    if case .object(let properties)? = schema["properties"] {
      let object = base.object ?? [:]
      var found: [(JSONValue, String)] = []
      for (name, inner) in properties.sorted(by: { $0.key < $1.key }) {
        var without = object
        without[name] = nil
        found.append((.object(without), "\(path) without \(name)"))
        for (value, place) in extremes(object[name] ?? full(inner), inner, path: "\(path).\(name)") {
          found.append((.object(object.merging([name: value]) { $1 }), place))
        }
      }
      return found + ofAnyType.map { ($0, path) }
    }
    return (ofAnyType + ofKind(base, schema)).map { ($0, path) }
      + inner(base, schema, path: path)
  }

  private static func inner(_ base: JSONValue, _ schema: JSONValue, path: String) -> [(JSONValue, String)] {
    if let items = schema["items"] {
      return extremes(base.array?.first ?? full(items), items, path: path + "[0]").map {
        (.array([$0.0]), $0.1)
      }
    }
    if let value = schema["additionalProperties"], case .object = value {
      return extremes(full(value), value, path: path + ".*").map { (.object(["first_name": $0.0]), $0.1) }
    }
    return []
  }

  private static func ofKind(_ base: JSONValue, _ schema: JSONValue) -> [JSONValue] {
    func bounds(_ least: String, _ most: String) -> [Int] {
      let bounds = [schema[least]?.integer, schema[most]?.integer].compactMap { $0.map { Int($0) } }
      return Set(bounds.flatMap { [$0 &- 1, $0, $0 &+ 1] }).filter { $0 >= 0 }.sorted()
    }
    switch schema["type"]?.string {
    case "integer":
      return [schema["minimum"]?.integer, schema["maximum"]?.integer].compactMap { $0 }
        .flatMap { [$0 &- 1, $0, $0 &+ 1] }.map { .integer($0) }
    case "string":
      let words = schema["enum"]?.array ?? []
      return words + bounds("minLength", "maxLength").map { .string(String(repeating: "ö", count: $0)) }
    case "array":
      let items = schema["items"] ?? .null
      return bounds("minItems", "maxItems").map { .array(Array(repeating: full(items), count: $0)) }
    case "object":
      let value = full(schema["additionalProperties"] ?? .null)
      var found = bounds("minProperties", "maxProperties").map { count in
        JSONValue.object((0..<count).reduce(into: [:]) { $0["field\($1)"] = value })
      }
      if let longest = schema["propertyNames"]?["maxLength"]?.integer {
        found += [longest, longest + 1].map { .object([String(repeating: "n", count: Int($0)): value]) }
      }
      return found
    default: return []
    }
  }

  /// The extremes of values with a form of their own.
  private static func ofWord(_ name: String) -> [String] {
    let (least, most) = (String(Int64.min, radix: 36), String(Int64.max, radix: 36))
    switch name {
    case "page_cursor":
      return [
        "pg_\(least).\(least)", "pg_\(most).\(most)", "pg_\(least).\(most)", "pg_0.0", "pg_-1.-1", "pg_",
      ]
    case "verify_cursor":
      let extremes = [least, most, "0", "-1", "1"].flatMap { value in
        [1, 2, 3, 5, 12, 40, 41].map { Array(repeating: value, count: $0).joined(separator: ".") }
      }
      // A part of the store first, then anything.
      let parts = (0..<30).flatMap { part in
        [least, most, "-1"].flatMap { value in
          [2, 8, 20].map {
            String(part, radix: 36) + "." + Array(repeating: value, count: $0).joined(separator: ".")
          }
        }
      }
      return (extremes + parts).map { "vf_" + $0 }
    case "timestamp":
      return [
        "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:60-23:59",
        "0000-01-01T00:00:00+23:59",
      ]
    case "phone", "address", "sender", "recipient":
      return [
        "+1000000", "+999999999999999", "+9999999999999999", "000", "99999999", "con_999999999999999999",
      ]
        + ["rep_999999999999999999", "rep_0"]
    case "group_ref": return ["grp_999999999999999999", "grp_0"]
    default:
      guard let word = words[name], let underscore = word.firstIndex(of: "_") else { return [] }
      let prefix = word[...underscore]
      return ["0", "1", "999999999999999999", "9999999999999999999", "-1", ""].map { prefix + $0 }
    }
  }
}

extension Call {
  /// The parameters, without their type.
  public var params: (any MethodParams)? {
    let call: Any =
      switch self {
      case .session(let call): call
      case .command(let command): command
      case .query(let query): query
      }
    return Mirror(reflecting: call).children.first?.value as? any MethodParams
  }
}

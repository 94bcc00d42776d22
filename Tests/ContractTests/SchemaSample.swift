import Testing

@testable import Contract

/// Values made from a schema: what a caller could send, every field filled.
enum SchemaSample {
  /// What fits a definition whose strings have a form of their own.
  private static let words: [String: String] = [
    "phone": "+12025550143", "address": "+18885550101", "rep_id": "rep_1", "contact_id": "con_1",
    "message_id": "msg_1", "conversation_id": "conv_1", "campaign_id": "camp_1", "group_id": "grp_1",
    "cursor": "cur_1", "page_cursor": "pg_1.0", "verify_cursor": "vf_1",
    "timestamp": "2026-11-22T17:03:11.412Z", "sender": "rep_1", "recipient": "con_1",
  ]

  /// One value with every field of the schema.
  static func full(_ definition: String) throws -> JSONValue {
    full(try #require(Schemas.definitions[definition], "\(definition)"))
  }

  static func full(_ schema: JSONValue) -> JSONValue {
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
    case "string": return .string("x")
    default: return .null
    }
  }

  /// The same value with one more field, once for each object in it that is not a map of the caller's own names; and
  /// the path of that field.
  static func misspelt(_ value: JSONValue, _ schema: JSONValue, path: String = "") -> [(JSONValue, String)] {
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

extension Call {
  /// The parameters, without their type.
  var params: (any MethodParams)? {
    let call: Any =
      switch self {
      case .session(let call): call
      case .command(let command): command
      case .query(let query): query
      }
    return Mirror(reflecting: call).children.first?.value as? any MethodParams
  }
}

import Contract
import FoundationEssentials

/// Holds a JSON value against a definition of ``Schemas``: the keywords these schemas use, and no others. Stricter than a
/// validator in one thing: results and events are open to readers, so that they may grow, and closed here.
///
/// `pattern` is checked by the small set of forms that occur; `format` only for `date-time`.
public enum SchemaChecker {
  /// What is wrong, each with the place in the value; empty when the value is as the schema says.
  public static func problems(_ value: JSONValue, against definition: String) -> [String] {
    guard let schema = Schemas.definitions[definition] else { return ["no schema \(definition)"] }
    var found: [String] = []
    check(value, schema, "$", &found)
    return found
  }

  /// The same for a value that is still JSON.
  public static func problems(json: some Collection<UInt8>, against definition: String) -> [String] {
    guard let value = try? ContractJSON.decode(JSONValue.self, from: json) else { return ["not JSON"] }
    return problems(value, against: definition)
  }

  /// What is wrong with an error: data that its code is not documented to have, or lacks.
  public static func problems(_ error: APIError) -> [String] {
    guard
      let known = Schemas.errors.values.first(where: { $0["code"]?.integer == Int64(error.code.rawValue) })
    else { return ["the code \(error.code.rawValue) is not documented"] }
    let data: [String: JSONValue] = error.data.reduce(into: [:]) { data, item in
      switch item.value {
      case .text(let text): data[item.key] = .string(text)
      case .integer(let value): data[item.key] = .integer(value)
      }
    }
    var found: [String] = []
    check(.object(data), known["data"] ?? .object(["properties": .object([:])]), "$.data", &found)
    return found
  }

  /// Keywords that say something to people only.
  private static let annotations: Set<String> = [
    "description", "$schema", "$id", "$defs", "x-words", "x-refused-alone", "unevaluatedProperties",
  ]

  /// `isPart`: other schemas say more of the same value, so a field that this one does not name may be theirs.
  private static func check(
    _ value: JSONValue, _ schema: JSONValue, _ path: String, _ found: inout [String], isPart: Bool = false
  ) {
    guard case .object(let keywords) = schema else {
      found.append("\(path): the schema is no object")
      return
    }
    if !isPart, case .object(let members) = value, let fields = fields(schema) {
      for name in members.keys.sorted() where !fields.contains(name) {
        found.append("\(path).\(name): not in the schema")
      }
    }
    for (keyword, wanted) in keywords.sorted(by: { $0.key < $1.key }) where !annotations.contains(keyword) {
      switch keyword {
      case "$ref":
        check(value, Schemas.referred(by: schema)?.schema ?? .null, path, &found, isPart: true)
      case "allOf":
        for part in wanted.array ?? [] { check(value, part, path, &found, isPart: true) }
      case "type":
        let names = wanted.array?.compactMap(\.string) ?? [wanted.string ?? ""]
        if !names.contains(where: { has(value, type: $0) }) {
          found.append("\(path): not \(names.joined(separator: " or "))")
        }
      case "const": if value != wanted { found.append("\(path): not the constant") }
      case "enum":
        if !(wanted.array ?? []).contains(value) { found.append("\(path): not one of the listed values") }
      case "anyOf":
        let fits = (wanted.array ?? []).contains { option in
          var inner: [String] = []
          check(value, option, path, &inner)
          return inner.isEmpty
        }
        if !fits { found.append("\(path): fits none of anyOf") }
      case "properties":
        for (name, property) in wanted.object ?? [:] {
          if let member = value[name] { check(member, property, "\(path).\(name)", &found) }
        }
      case "required":
        guard case .object(let members) = value else { break }
        for name in (wanted.array ?? []).compactMap(\.string) where members[name] == nil {
          found.append("\(path).\(name): missing")
        }
      case "additionalProperties":
        guard case .object(let members) = value, case .object = wanted else { break }
        for (name, member) in members { check(member, wanted, "\(path).\(name)", &found) }
      case "propertyNames":
        guard case .object(let members) = value else { break }
        for name in members.keys { check(.string(name), wanted, "\(path).\(name)", &found) }
      case "items":
        for (index, item) in (value.array ?? []).enumerated() {
          check(item, wanted, "\(path)[\(index)]", &found)
        }
      default: checkBound(value, keyword, wanted, path, &found)
      }
    }
  }

  /// The fields an object may have; nil where their names are the caller's, or it says nothing of them.
  private static func fields(_ schema: JSONValue) -> Set<String>? {
    if let (_, target) = Schemas.referred(by: schema) { return fields(target) }
    if let parts = schema["allOf"]?.array { return Set(parts.compactMap(fields).joined()) }
    return schema["properties"]?.object.map { Set($0.keys) }
  }

  private static func checkBound(
    _ value: JSONValue, _ keyword: String, _ wanted: JSONValue, _ path: String, _ found: inout [String]
  ) {
    let bound = wanted.integer ?? 0
    let fails: Bool =
      switch (keyword, value) {
      case ("minimum", .integer(let number)): number < bound
      case ("maximum", .integer(let number)): number > bound
      case ("minLength", .string(let text)): text.unicodeScalars.count < bound
      case ("maxLength", .string(let text)): text.unicodeScalars.count > bound
      case ("minItems", .array(let items)): items.count < bound
      case ("maxItems", .array(let items)): items.count > bound
      case ("minProperties", .object(let members)): members.count < bound
      case ("maxProperties", .object(let members)): members.count > bound
      case ("format", .string(let text)): wanted.string == "date-time" && Timestamp(text) == nil
      case ("pattern", .string(let text)): !fits(text, pattern: wanted.string ?? "")
      case ("minimum", _), ("maximum", _), ("minLength", _), ("maxLength", _), ("minItems", _),
        ("maxItems", _), ("minProperties", _), ("maxProperties", _), ("format", _), ("pattern", _):
        false
      default: true
      }
    if fails { found.append("\(path): fails \(keyword)") }
  }

  private static func has(_ value: JSONValue, type: String) -> Bool {
    switch (type, value) {
    case ("null", .null), ("boolean", .bool), ("integer", .integer), ("number", .integer),
      ("number", .number),
      ("string", .string), ("array", .array), ("object", .object):
      true
    default: false
    }
  }

  private static func fits(_ text: String, pattern: String) -> Bool {
    guard let expression = try? Regex(pattern) else { return false }
    return (try? expression.wholeMatch(in: text)) ?? nil != nil
  }
}
